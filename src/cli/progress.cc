#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

namespace hasten::cli {
namespace {

constexpr double kQuietSeconds = 2, kPauseSeconds = 0.1;

double Seconds(std::chrono::steady_clock::duration d) { return std::chrono::duration<double>(d).count(); }

std::string Remaining(double seconds) {
  const auto s = static_cast<int64_t>(std::ceil(seconds));
  return s < 60     ? fmt::format("{} s", s)
         : s < 3600 ? fmt::format("{} min {:02} s", s / 60, s % 60)
                    : fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

}  // namespace

Progress::Progress(std::string what, double total)
    : what_(std::move(what)),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (line_) std::fputs("\r\033[K", stderr);
}

void Progress::At(double done) {
  if (!terminal_) return;
  const Clock::time_point now = Clock::now();
  const double elapsed = Seconds(now - start_);
  if (elapsed < kQuietSeconds || Seconds(now - last_) < kPauseSeconds || done <= 0) return;
  const double part = std::min(done / total_, 1.0);
  if (!line_) line_.emplace();
  const std::string text =
      fmt::format("\r\033[K{}: {:.0f} %, {} left", what_, 100 * part, Remaining(elapsed / part - elapsed));
  std::fputs(text.c_str(), stderr);
  last_ = now;
}

}  // namespace hasten::cli
