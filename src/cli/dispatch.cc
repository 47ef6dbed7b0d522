#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <new>
#include <system_error>

#include "base/mapped_file.h"
#include "base/nearest.h"
#include "base/version.h"
#include "catalog/commands.inc"
#include "cli/command.h"
#include "cli/page.h"
#include "kernels/max_isa.h"

namespace hasten::cli {
namespace {

constexpr int kDone = 0, kFailed = 1, kWrongUsage = 2, kLimitReached = 3;

bool NobodyReads(const std::exception& error) {
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  return system != nullptr && system->code().value() == EPIPE;
}

int Complain(int status, std::string_view message, std::string_view hint = "") {
  std::fflush(stdout);
  std::string text = Str("hasten: error: ", message, "\n");
  if (!hint.empty()) text += Str(hint, "\n");
  std::fputs(text.c_str(), stderr);  // if nobody reads it, the status still tells
  return status;
}

std::string DidYouMean(std::string_view typed, std::span<const std::string> names) {
  const std::string nearest = Nearest(typed, names);
  return nearest.empty() ? "" : Str("; did you mean '", nearest, "'?");
}

int UnknownCommand(const std::string& name) {
  std::vector<std::string> names;
  for (const Command* c : Commands()) names.emplace_back(c->name);
  const std::string_view kind = name.starts_with("-") ? "option" : "command";
  return Complain(kWrongUsage, Str("unknown ", kind, " '", name, "'", DidYouMean(name, names)),
                  "'hasten help' lists the commands.");
}

// CLI11's message, or a better one where something was not expected at all.
int WrongUsage(const Command& command, const CLI::App& app, const CLI::ParseError& error) {
  const std::string hint = Str("'hasten ", command.name, " --help' teaches its use.");
  const std::vector<std::string> left = app.remaining();
  for (const std::string& arg : left) {
    if (!arg.starts_with("-")) continue;
    std::vector<std::string> names;
    for (const CLI::Option* o : app.get_options())
      for (const std::string& name : o->get_lnames()) names.push_back("--" + name);
    return Complain(kWrongUsage, Str("unknown option '", arg, "'", DidYouMean(arg.substr(0, arg.find('=')), names)),
                    hint);
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !left.empty())
    return Complain(kWrongUsage, Str("'", left[0], "' is one argument too many"), hint);
  return Complain(kWrongUsage, error.what(), hint);
}

int RunCommand(const Command& command, std::span<const std::string> args) {
  CLI::App app;
  PrepareApp(command, &app);
  const std::function<Status()> work = command.define(&app);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes them from the back
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", TerminalText(PageOf(command)));
    return kDone;
  } catch (const CLI::Success&) {
    return kDone;
  } catch (const CLI::ParseError& error) {
    return WrongUsage(command, app, error);
  }
  Status status = work();
  if (status.ok()) status = MappedFile::Whole();
  if (status.ok()) return kDone;
  const bool limit = status.code() == Code::kOutOfMemory || status.code() == Code::kDeadlineExceeded;
  return Complain(limit ? kLimitReached : kFailed, status.message());
}

int Dispatch(std::span<const std::string> args) {
  if (args.empty()) {
    fmt::print(stderr, "{}", Overview());
    return kWrongUsage;
  }
  if (args[0] == "--version" || args[0] == "-V") {
    fmt::print("hasten {}\n", Version());
    return kDone;
  }
  const bool wants_help = args[0] == "--help" || args[0] == "-h";
  const Command* command = FindCommand(wants_help ? "help" : args[0]);
  return command ? RunCommand(*command, args.subspan(1)) : UnknownCommand(args[0]);
}

}  // namespace

std::span<const Command* const> Commands() {
  static const auto shown = [] {
    std::vector<const Command*> all(kCatalog.begin(), kCatalog.end());
    std::erase_if(all, [](const Command* c) { return c->hidden; });
    return all;
  }();
  return shown;
}

std::string_view Version() { return LibraryVersion(); }

const Command* FindCommand(std::string_view name) {
  for (const Command* c : kCatalog)
    if (c->name == name) return c;
  return nullptr;
}

int Main(std::span<const std::string> args) {
  try {
    if (const auto isa = MaxIsa(); !isa.ok()) return Complain(kWrongUsage, isa.message());
    const int status = Dispatch(args);
    // A reader that has seen enough, as in "| head", is no failure.
    return std::fflush(stdout) == 0 || errno == EPIPE ? status : Complain(kFailed, "standard output cannot be written");
  } catch (const std::bad_alloc&) {
    return Complain(kLimitReached, "out of memory");
  } catch (const std::exception& error) {  // of standard output, or of a library's
    return NobodyReads(error) ? kDone : Complain(kFailed, error.what());
  }
}

}  // namespace hasten::cli
