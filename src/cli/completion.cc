#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/completion_script.h"
#include "cli/flag_checks.h"

namespace hasten::cli {
namespace {

Status PrintScript(const std::string& shell) {
  std::vector<Page> pages;
  for (const Command* c : Commands()) pages.push_back(PageOf(*c));
  fmt::print("{}", shell == "bash"  ? BashCompletion(pages)
                   : shell == "zsh" ? ZshCompletion(pages)
                                    : FishCompletion(pages));
  return {};
}

std::function<Status()> Define(CLI::App* app) {
  const auto shell = std::make_shared<std::string>();
  OneOf(app->add_option("SHELL", *shell, "The shell")->required(), {"bash", "zsh", "fish"});
  return [shell] { return PrintScript(*shell); };
}

constexpr Example kExamples[] = {
    {"In ~/.bashrc.", "source <(hasten completion bash)"},
    {"In a folder of zsh's $fpath.", "hasten completion zsh > _hasten"},
    {"In fish's configuration.", "hasten completion fish | source"},
};

}  // namespace

extern const Command kCompletion = {
    .name = "completion",
    .summary = "print a script that completes command lines in a shell",
    .doc = "",
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
