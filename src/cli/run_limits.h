// --max-memory and --timeout.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace hasten::cli {

// "1000000", "512k", "64m", "2g": powers of 1024.
Result<int64_t> ParseBytes(std::string_view text);

// From now on weights, inputs, values between nodes, scratch and outputs together take at most so much.  A file that is
// larger is not begun with.
Status LimitMemory(std::optional<int64_t> limit, const std::string& path);

// A time so many seconds from now.
std::optional<std::chrono::steady_clock::time_point> DeadlineIn(std::optional<double> seconds);

}  // namespace hasten::cli
