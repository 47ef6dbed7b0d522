#include "cli/completion_script.h"

namespace hasten::cli {
namespace {

std::vector<Flag> FlagsOf(const Page& page) {
  std::vector<Flag> all;
  for (const FlagGroup& group : page.groups) all.insert(all.end(), group.flags.begin(), group.flags.end());
  return all;
}

std::string CommandNames(const std::vector<Page>& pages) {
  std::vector<std::string_view> names;
  for (const Page& page : pages) names.push_back(page.command->name);
  return Join(names, " ");
}

// The words that the first positional argument of a command may be; empty: files.
std::string PositionalWords(const Page& page, const std::vector<Page>& pages) {
  if (page.positionals.empty()) return "";
  if (page.positionals[0].names[0] == "COMMAND") return CommandNames(pages);
  return Join(page.positionals[0].Choices(), " ");
}

std::string Escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// In single quotes, for bash and zsh.
std::string Single(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string BashCompletion(const std::vector<Page>& pages) {
  std::string out =
      "# bash completion of hasten; load it with: source <(hasten completion bash)\n"
      "_hasten() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
      "  COMPREPLY=()\n";
  out += Str("  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W \"", CommandNames(pages),
             " --help --version\" -- \"$word\"))\n    return\n  fi\n  case ${COMP_WORDS[1]} in\n");
  for (const Page& page : pages) {
    std::vector<std::string> names;
    std::string choices, values;
    for (const Flag& flag : FlagsOf(page)) {
      names.insert(names.end(), flag.names.begin(), flag.names.end());
      if (const auto words = flag.Choices(); !words.empty())
        choices += Str("        ", Join(flag.names, "|"), ") words=\"", Join(words, " "), "\" ;;\n");
      else if (!flag.value.empty())
        values += Str(values.empty() ? "" : "|", Join(flag.names, "|"));
    }
    out += Str("    ", page.command->name, ")\n      case $before in\n", choices);
    if (!values.empty()) out += Str("        ", values, ") return ;;\n");
    out += Str("        *) if [[ $word == -* ]]; then words=\"", Join(names, " "), "\"; else words=\"",
               PositionalWords(page, pages), "\"; fi ;;\n      esac\n      ;;\n");
  }
  return out +
         "  esac\n"
         "  [[ -n $words ]] && COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _hasten hasten\n";
}

std::string ZshCompletion(const std::vector<Page>& pages) {
  std::string out =
      "#compdef hasten\n"
      "# zsh completion of hasten; save it as _hasten in a folder of $fpath\n"
      "_hasten() {\n  local -a commands=(\n";
  for (const Page& page : pages)
    out += Str("    ", Single(Str(page.command->name, ":", Escaped(page.command->summary, ":"))), "\n");
  out +=
      "  )\n"
      "  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n  ((CURRENT--))\n"
      "  case $command in\n";
  for (const Page& page : pages) {
    out += Str("    ", page.command->name, ")\n      _arguments");
    for (const Flag& flag : FlagsOf(page)) {
      const std::string words = Join(flag.Choices(), " ");
      const std::string action =
          flag.value.empty() ? ""
                             : Str(":", Escaped(flag.value, ":"), ":", words.empty() ? "_files" : Str("(", words, ")"));
      for (const std::string& name : flag.names)
        out += Str(" \\\n        ",
                   Single(Str(flag.repeated ? "*" : "", name, "[", Escaped(flag.doc, "[]:"), "]", action)));
    }
    const std::string words = PositionalWords(page, pages);
    if (!page.positionals.empty())
      out += Str(" \\\n        ",
                 Single(Str("*:", page.positionals[0].names[0], ":", words.empty() ? "_files" : Str("(", words, ")"))));
    out += "\n      ;;\n";
  }
  return out + "  esac\n}\n_hasten \"$@\"\n";
}

std::string FishCompletion(const std::vector<Page>& pages) {
  const auto quoted = [](std::string_view text) { return Str("'", Escaped(text, "'\\"), "'"); };
  std::string out = "# fish completion of hasten; load it with: hasten completion fish | source\n";
  for (const Page& page : pages)
    out += Str("complete -c hasten -n __fish_use_subcommand -f -a ", page.command->name, " -d ",
               quoted(page.command->summary), "\n");
  for (const Page& page : pages) {
    const std::string begin = Str("complete -c hasten -n '__fish_seen_subcommand_from ", page.command->name, "'");
    if (const std::string words = PositionalWords(page, pages); !words.empty())
      out += Str(begin, " -f -a ", quoted(words), "\n");
    for (const Flag& flag : FlagsOf(page)) {
      out += begin;
      for (const std::string& name : flag.names)
        out += name.starts_with("--") ? Str(" -l ", name.substr(2)) : Str(" -s ", name.substr(1));
      const std::string words = Join(flag.Choices(), " ");
      if (!words.empty())
        out += Str(" -x -a ", quoted(words));
      else if (!flag.value.empty())
        out += " -r";
      out += Str(" -d ", quoted(flag.doc), "\n");
    }
  }
  return out;
}

}  // namespace hasten::cli
