#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/nearest.h"
#include "cli/page.h"

namespace hasten::cli {
namespace {

std::function<Status()> Define(CLI::App* app) {
  const auto name = std::make_shared<std::string>();
  const auto known = [](const std::string& typed) -> std::string {
    if (FindCommand(typed)) return "";
    std::vector<std::string> names;
    for (const Command* c : Commands()) names.emplace_back(c->name);
    const std::string nearest = Nearest(typed, names);
    return Str("there is no command '", typed, "'", nearest.empty() ? "" : Str("; did you mean '", nearest, "'?"));
  };
  app->add_option("COMMAND", *name, "The command to explain")->type_name("")->check(CLI::Validator(known, ""));
  return [name]() -> Status {
    fmt::print("{}", name->empty() ? Overview() : TerminalText(PageOf(*FindCommand(*name))));
    return {};
  };
}

constexpr Example kExamples[] = {
    {"What there is.", "hasten help"},
    {"All about one command; so does 'hasten run --help'.", "hasten help run"},
};

}  // namespace

extern const Command kHelp = {
    .name = "help",
    .summary = "explain the commands",
    .doc = "",
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
