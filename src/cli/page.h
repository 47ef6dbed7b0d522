// What help, man pages, docs/commands.md and completion say about a command, gathered from its record and its options.
#pragma once
#include <string>
#include <vector>

#include "cli/command.h"

namespace hasten::cli {

struct Flag {
  std::vector<std::string> names;  // "-q", "--quiet"; of a positional argument: "MODEL"
  std::string value;               // "FILE", "npy|pb"; empty: a switch
  std::string doc;                 // with its default, if it has one
  bool required = false, repeated = false;

  // "npy|pb" as its parts; empty where the value is no choice.
  std::vector<std::string> Choices() const;
};

struct FlagGroup {
  std::string title;  // "Input"
  std::vector<Flag> flags;
};

struct Page {
  const Command* command;
  std::string synopsis;  // "hasten run MODEL [options]"
  std::vector<Flag> positionals;
  std::vector<FlagGroup> groups;
};

Page PageOf(const Command& command);
// A record's doc as paragraphs of one line each.
std::vector<std::string> Paragraphs(std::string_view doc);
// The settings that every command's parser shares.
void PrepareApp(const Command& command, CLI::App* app);

// What `hasten help` and `hasten COMMAND --help` print.
std::string Overview();
std::string TerminalText(const Page& page);
// A page of section 1, roff.
std::string ManText(const Page& page);
std::string ManOverview();  // hasten.1
// Plain text with what would be taken for markup escaped.
std::string Markdown(std::string_view text);
// A chapter of docs/commands.md.
std::string MarkdownText(const Page& page);

}  // namespace hasten::cli
