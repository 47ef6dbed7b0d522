// What a command tells: lines for people, or facts for one JSON object at its end.
#pragma once
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/json.h"

namespace hasten::cli {

// Lines go to standard output at once; with `json` they are dropped, and Print() writes the facts instead.
// Notes (what is good to know and no result) go to standard error, unless `quiet`.
class Report {
 public:
  // `data_on_output`: standard output carries something else, and lines go where notes do.
  Report(bool json, bool quiet, bool data_on_output = false)
      : json_(json), quiet_(quiet), lines_to_(data_on_output ? stderr : stdout) {}
  bool json() const { return json_; }

  void Line(std::string_view text) const;
  void Note(std::string_view text) const;
  // The first few; how many there are besides is said.
  void Notes(std::span<const std::string> notes) const;
  // `write` adds fields to the JSON object.
  void Fact(std::function<void(JsonWriter*)> write) { facts_.push_back(std::move(write)); }
  // Once, at the end of the command; nothing without `json`.
  void Print() const;

 private:
  bool json_, quiet_;
  std::FILE* lines_to_;
  std::vector<std::function<void(JsonWriter*)>> facts_;
};

}  // namespace hasten::cli
