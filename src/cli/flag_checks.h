// What CLI11 checks while it reads the command line: a value that cannot be right is wrong usage.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "base/nearest.h"
#include "base/status.h"

namespace hasten::cli {

// Accepts what `parse` accepts, a function from text to a Result.
template <class Parse>
CLI::Validator Parses(Parse parse) {
  return CLI::Validator(
      [parse](const std::string& text) {
        const auto result = parse(text);
        return result.ok() ? std::string() : std::string(result.message());
      },
      "");
}

// Integers or numbers in [low, high].
template <class T>
CLI::Validator Within(T low, T high) {
  return CLI::Range(low, high).description("");
}

// What a value must be, and the nearest to what was typed.
struct IsOneOf {
  std::vector<std::string> choices;
  std::string operator()(const std::string& text) const {
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return "";
    const std::vector<std::string> first(choices.begin(), choices.end() - 1);
    const std::string nearest = Nearest(text, choices);
    return Str("must be ", Join(first, ", "), first.empty() ? "" : " or ", choices.back(), ", is '", text, "'",
               nearest.empty() ? "" : Str("; did you mean '", nearest, "'?"));
  }
};

// An option whose value is one of these.  The type name is what help shows: "npy|pb".
inline CLI::Option* OneOf(CLI::Option* option, const std::vector<std::string>& choices) {
  return option->type_name(Join(choices, "|"))->check(CLI::Validator(IsOneOf{choices}, ""));
}

}  // namespace hasten::cli
