// A command of the binary: `hasten NAME ...`, one record per file of this folder.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace CLI {
class App;
}

namespace hasten::cli {

struct Example {
  std::string_view what;
  std::string_view command;  // as typed
};

// Help, man page, docs/commands.md and completion are made from this and from the options that `define` adds.
struct Command {
  std::string_view name;
  std::string_view summary;  // one line
  std::string_view doc;      // paragraphs, separated by an empty line
  std::span<const Example> examples;
  // Adds the command's options to `app`.  What it returns does the work once they are parsed, and owns their values.
  // Its error is printed by the caller, as "hasten: error: ...", and makes the exit status 1.
  std::function<Status()> (*define)(CLI::App* app);
  bool hidden = false;  // for our own tools: runs and has --help, but no list or page names it
};

// In the order of their names, without the hidden ones.
std::span<const Command* const> Commands();
const Command* FindCommand(std::string_view name);  // hidden ones too; null if there is none

std::string_view Version();  // "0.1.0"

// The whole binary.  `args` without the program's name.
// 0: done; 1: the input is bad or a check failed; 2: wrong usage; 3: a limit of memory or time was reached.
int Main(std::span<const std::string> args);

}  // namespace hasten::cli
