// Tables for people: columns as wide as they need be.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/report.h"

namespace hasten::cli {

// Column heads; one that begins with '>' is written to the right (numbers).
class Table {
 public:
  explicit Table(std::vector<std::string_view> heads);
  void Add(std::vector<std::string> row);  // as many as heads
  bool empty() const { return rows_.empty(); }
  // A line each, the heads first.  Cells beyond `widest` characters end in "...".
  void Print(const Report& report, size_t widest = 60) const;

 private:
  std::vector<std::string> heads_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace hasten::cli
