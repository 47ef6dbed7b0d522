#include "cli/run_limits.h"

#include <charconv>
#include <filesystem>
#include <limits>

#include "base/memory.h"

namespace hasten::cli {
Result<int64_t> ParseBytes(std::string_view text) {
  constexpr std::string_view kUnits = "kmgt";
  const auto wrong = [&] {
    return Status(Code::kInvalidArgument,
                  Str("'", text, "' must be a number of bytes, as in 1000000, 512k, 64m or 2g"));
  };
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return wrong();
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (unit.empty()) return number;
  const size_t power = kUnits.find(static_cast<char>(std::tolower(static_cast<uint8_t>(unit[0]))));
  if (unit.size() != 1 || power == std::string_view::npos) return wrong();
  const int shift = 10 * (static_cast<int>(power) + 1);
  if (number > std::numeric_limits<int64_t>::max() >> shift) return wrong();
  return number << shift;
}

Status LimitMemory(std::optional<int64_t> limit, const std::string& path) {
  if (!limit) return {};
  SetMemoryLimit(*limit);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size <= static_cast<uintmax_t>(*limit)) return {};
  return Status(Code::kOutOfMemory, Str(path, ": --max-memory ", *limit, ": the file alone has ", size, " bytes"));
}

std::optional<std::chrono::steady_clock::time_point> DeadlineIn(std::optional<double> seconds) {
  if (!seconds) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  return now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(*seconds));
}

}  // namespace hasten::cli
