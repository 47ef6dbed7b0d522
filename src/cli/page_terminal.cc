#include "cli/page.h"

namespace hasten::cli {
namespace {

constexpr size_t kColumns = 100, kIndent = 26;

// Words of `text` from column `at` on, broken before kColumns; later lines begin at column `indent`.
void Wrap(std::string* out, std::string_view text, size_t at, size_t indent) {
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (at > indent && at + 1 + word.size() > kColumns) {
      *out += Str("\n", std::string(indent, ' '));
      at = indent;
    } else if (at > indent) {
      *out += ' ';
      ++at;
    }
    *out += word;
    at += word.size();
  }
  *out += '\n';
}

void AppendFlag(std::string* out, const Flag& flag) {
  std::string left = "  ";
  if (flag.names.size() == 1 && flag.names[0].starts_with("--")) left += "    ";
  left += Join(flag.names, ", ");
  if (!flag.value.empty()) left += Str(" ", flag.value);
  *out += left;
  size_t at = left.size();
  if (at + 2 > kIndent) {
    *out += "\n";
    at = 0;
  }
  *out += std::string(kIndent - at, ' ');
  Wrap(out, flag.doc, kIndent, kIndent);
}

}  // namespace

std::string TerminalText(const Page& page) {
  const Command& c = *page.command;
  std::string out = Str("hasten ", c.name, ": ", c.summary, "\n\nUsage: ", page.synopsis, "\n");
  if (!c.examples.empty()) out += "\nExamples:\n";
  for (const Example& e : c.examples) out += Str("  ", e.command, "\n      ", e.what, "\n");
  if (!page.positionals.empty()) out += "\nArguments:\n";
  for (const Flag& flag : page.positionals) AppendFlag(&out, flag);
  for (const FlagGroup& group : page.groups) {
    out += Str("\n", group.title, ":\n");
    for (const Flag& flag : group.flags) AppendFlag(&out, flag);
  }
  for (const std::string& paragraph : Paragraphs(c.doc)) {
    out += "\n";
    Wrap(&out, paragraph, 0, 0);
  }
  return out;
}

}  // namespace hasten::cli
