#include "cli/page.h"

namespace hasten::cli {
namespace {

// Text as roff takes it; a line that would begin with a dot or quote is protected.
std::string Roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'' && out.empty())
      out += "\\&'";
    else if (c == '.' && out.empty())
      out += "\\&.";
    else
      out += c;
  }
  return out;
}

std::string Upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

void AppendFlag(std::string* out, const Flag& flag) {
  *out += Str(".TP\n.B ", Roff(Join(flag.names, ", ")), "\n");
  if (!flag.value.empty()) {
    out->pop_back();
    *out += Str(" \\fI", Roff(flag.value), "\\fR\n");
  }
  *out += Str(Roff(flag.doc), "\n");
}

}  // namespace

std::string ManText(const Page& page) {
  const Command& c = *page.command;
  std::string out = Str(".TH HASTEN\\-", Roff(Upper(c.name)), " 1 \"\" \"hasten ", Version(), "\"\n");
  out += Str(".SH NAME\nhasten\\-", Roff(c.name), " \\- ", Roff(c.summary), "\n");
  out += Str(".SH SYNOPSIS\n.B ", Roff(page.synopsis), "\n");
  if (!c.doc.empty()) out += ".SH DESCRIPTION\n";
  for (const std::string& paragraph : Paragraphs(c.doc)) out += Str(".PP\n", Roff(paragraph), "\n");
  if (!page.positionals.empty()) out += ".SH ARGUMENTS\n";
  for (const Flag& flag : page.positionals) AppendFlag(&out, flag);
  out += ".SH OPTIONS\n";
  for (const FlagGroup& group : page.groups) {
    if (page.groups.size() > 1) out += Str(".SS ", Roff(group.title), "\n");
    for (const Flag& flag : group.flags) AppendFlag(&out, flag);
  }
  if (!c.examples.empty()) out += ".SH EXAMPLES\n";
  for (const Example& e : c.examples)
    out += Str(".PP\n", Roff(e.what), "\n.PP\n.nf\n.RS\n", Roff(e.command), "\n.RE\n.fi\n");
  return out + ".SH SEE ALSO\n.BR hasten (1)\n";
}

std::string ManOverview() {
  std::string out = Str(".TH HASTEN 1 \"\" \"hasten ", Version(), "\"\n.SH NAME\nhasten \\- run trained models\n");
  out += ".SH SYNOPSIS\n.B hasten\n\\fICOMMAND\\fR [\\fIARGUMENT\\fR]...\n.SH COMMANDS\n";
  for (const Command* c : Commands()) out += Str(".TP\n.BR hasten\\-", Roff(c->name), " (1)\n", Roff(c->summary), "\n");
  return out + ".SH EXIT STATUS\n0: done; 1: bad input, or a check that failed; 2: wrong usage.\n";
}

}  // namespace hasten::cli
