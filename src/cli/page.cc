#include "cli/page.h"

#include <CLI/CLI.hpp>

namespace hasten::cli {
namespace {

Flag FlagOf(const CLI::Option& option) {
  Flag flag;
  for (const std::string& name : option.get_snames()) flag.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flag.names.push_back("--" + name);
  if (flag.names.empty()) flag.names.push_back(option.get_single_name());
  if (option.get_items_expected_max() > 0) flag.value = option.get_type_name();
  flag.doc = option.get_description();
  if (!flag.value.empty() && !option.get_default_str().empty())
    flag.doc += Str(" (default: ", option.get_default_str(), ")");
  flag.required = option.get_required();
  flag.repeated = option.get_items_expected_max() > 1;
  return flag;
}

}  // namespace

std::vector<std::string> Flag::Choices() const {
  if (value.find('|') == std::string::npos || value.find('/') != std::string::npos) return {};  // "X|A/B" is a form
  return CLI::detail::split(value, '|');
}

void PrepareApp(const Command& command, CLI::App* app) {
  app->name(Str("hasten ", command.name));
  app->set_help_flag("-h,--help", "Print this help")->group("Other");
}

Page PageOf(const Command& command) {
  CLI::App app;
  PrepareApp(command, &app);
  const std::function<Status()> work = command.define(&app);
  Page page{&command, Str("hasten ", command.name), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    const Flag flag = FlagOf(*option);
    if (option->get_positional()) {
      const std::string dots = flag.repeated ? "..." : "";
      page.synopsis += flag.required ? Str(" ", flag.names[0], dots) : Str(" [", flag.names[0], dots, "]");
      page.positionals.push_back(flag);
      continue;
    }
    auto group = std::find_if(page.groups.begin(), page.groups.end(),
                              [&](const FlagGroup& g) { return g.title == option->get_group(); });
    if (group == page.groups.end()) group = page.groups.insert(page.groups.end(), FlagGroup{option->get_group(), {}});
    group->flags.push_back(flag);
  }
  std::stable_partition(page.groups.begin(), page.groups.end(), [](const FlagGroup& g) { return g.title != "Other"; });
  page.synopsis += " [OPTION]...";
  return page;
}

std::vector<std::string> Paragraphs(std::string_view doc) {
  std::vector<std::string> out;
  bool begins = true;
  while (!doc.empty()) {
    const std::string_view line = doc.substr(0, doc.find('\n'));
    doc.remove_prefix(std::min(line.size() + 1, doc.size()));
    if (!line.empty() && begins)
      out.emplace_back(line);
    else if (!line.empty())
      out.back() += Str(" ", line);
    begins = line.empty();
  }
  return out;
}

std::string Overview() {
  std::string out =
      "Hasten runs trained models: an ONNX file goes in, the fastest correct way to run it on this machine comes out.\n"
      "\nUsage: hasten COMMAND [ARGUMENT]...\n\nCommands:\n";
  for (const Command* c : Commands()) {
    std::string name(c->name);
    name.resize(std::max<size_t>(name.size(), 12), ' ');
    out += Str("  ", name, " ", c->summary, "\n");
  }
  out += "\n'hasten COMMAND --help' teaches a command; 'hasten --version' prints the version.\n";
  return out;
}

}  // namespace hasten::cli
