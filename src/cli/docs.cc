#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/mapped_file.h"
#include "cli/command.h"
#include "cli/flag_checks.h"
#include "cli/op_pages.h"
#include "cli/page.h"
#include "cli/zoo_page.h"

namespace hasten::cli {
namespace {

struct DocsFlags {
  std::string kind, dir;
};

Status WriteManPages(const std::string& dir) {
  const std::filesystem::path folder(dir);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Status(Code::kInvalidArgument, Str(dir, ": ", error.message()));
  HASTEN_TRY(WriteFile(folder / "hasten.1", ManOverview()));
  for (const Command* c : Commands())
    HASTEN_TRY(WriteFile(folder / Str("hasten-", c->name, ".1"), ManText(PageOf(*c))));
  return {};
}

void PrintCommands() {
  fmt::print(
      "# Commands\n\nWritten by `hasten docs commands` from the records in `src/cli`; `hasten COMMAND --help` says the "
      "same.\n");
  for (const Command* c : Commands()) fmt::print("\n{}", MarkdownText(PageOf(*c)));
}

Status WriteDocs(const DocsFlags& f) {
  const bool man = f.kind == "man";
  if (man != !f.dir.empty())
    return Status(Code::kInvalidArgument, man ? "'hasten docs man' must be given a folder to write to"
                                              : Str("'hasten docs ", f.kind, "' prints and takes no folder"));
  if (man) return WriteManPages(f.dir);
  if (f.kind == "commands") {
    PrintCommands();
  } else if (f.kind == "zoo") {
    HASTEN_ASSIGN(const std::string page, ZooMarkdown());
    fmt::print("{}", page);
  } else {
    fmt::print("{}", OpsMarkdown(Catalog::BuiltIn()));
  }
  return {};
}

std::function<Status()> Define(CLI::App* app) {
  const auto f = std::make_shared<DocsFlags>();
  OneOf(app->add_option("KIND", f->kind, "What to write")->required(), {"man", "commands", "ops", "zoo"});
  app->add_option("DIR", f->dir, "Folder of the man pages, which is made if need be")->type_name("");
  return [f] { return WriteDocs(*f); };
}

constexpr Example kExamples[] = {
    {"A man page for each command.", "hasten docs man ~/.local/share/man/man1"},
    {"The commands, as Markdown.", "hasten docs commands > docs/commands.md"},
    {"The ops with their attributes and versions, as Markdown.", "hasten docs ops > docs/ops.md"},
    {"The zoo, as Markdown.", "hasten docs zoo > docs/zoo.md"},
};

}  // namespace

extern const Command kDocs = {
    .name = "docs",
    .summary = "write man pages, or Markdown about commands, ops and the zoo",
    .doc = "All of it comes from the records of this binary, so it describes exactly this binary.",
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli
