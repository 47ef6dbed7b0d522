#include "cli/page.h"

namespace hasten::cli {
namespace {

void AppendFlags(std::string* out, std::string_view title, const std::vector<Flag>& flags) {
  if (flags.empty()) return;
  *out += Str("\n", title, ":\n\n");
  for (const Flag& flag : flags)
    *out +=
        Str("- `", Join(flag.names, ", "), flag.value.empty() ? "" : " ", flag.value, "`: ", Markdown(flag.doc), "\n");
}

}  // namespace

std::string Markdown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("<*\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string MarkdownText(const Page& page) {
  const Command& c = *page.command;
  std::string out = Str("## hasten ", c.name, "\n\nTo ", c.summary, ".\n\n    ", page.synopsis, "\n");
  if (!c.examples.empty()) out += "\nExamples:\n";
  for (const Example& e : c.examples) out += Str("\n- ", Markdown(e.what), "\n\n      ", e.command, "\n");
  AppendFlags(&out, "Arguments", page.positionals);
  for (const FlagGroup& group : page.groups) AppendFlags(&out, group.title, group.flags);
  for (const std::string& paragraph : Paragraphs(c.doc)) out += Str("\n", Markdown(paragraph), "\n");
  return out;
}

}  // namespace hasten::cli
