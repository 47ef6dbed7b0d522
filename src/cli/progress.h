// A line on the terminal that says how far a long job is.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/interruption.h"

namespace hasten::cli {

// Shows itself on standard error, only if that is a terminal and only once the job has lasted two seconds.
class Progress {
 public:
  // `total` in any unit of about equal duration.
  Progress(std::string what, double total);
  ~Progress();  // clears the line
  Progress(const Progress&) = delete;

  bool possible() const { return terminal_; }  // false: At() does nothing
  void At(double done);

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  double total_;
  bool terminal_;
  std::optional<ProgressLineShown> line_;  // once there is one
  Clock::time_point start_, last_;
};

}  // namespace hasten::cli
