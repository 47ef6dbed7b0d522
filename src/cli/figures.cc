#include "cli/figures.h"

#include <fmt/format.h>

#include "base/text.h"

namespace hasten::cli {
namespace {

struct Scaled {
  double value;
  std::string_view prefix;
};

Scaled Scale(double n) {
  constexpr std::string_view kPrefixes[] = {"", "K", "M", "G", "T", "P", "E"};
  size_t i = 0;
  for (; n >= 999.5 && i + 1 < std::size(kPrefixes); ++i) n /= 1000;
  return {n, kPrefixes[i]};
}

std::string ThreeDigits(double v) { return fmt::format("{:.{}f}", v, v < 9.995 ? 2 : v < 99.95 ? 1 : 0); }

}  // namespace

std::string HumanCount(int64_t n) {
  std::string digits = std::to_string(n);
  for (int64_t at = static_cast<int64_t>(digits.size()) - 3; at > (n < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string HumanBytes(int64_t bytes) {
  const Scaled s = Scale(static_cast<double>(bytes));
  return s.prefix.empty() ? Str(bytes, " bytes") : Str(ThreeDigits(s.value), " ", s.prefix, "B");
}

std::string HumanScaled(double n) {
  const Scaled s = Scale(n);
  return s.prefix.empty() ? fmt::format("{:.0f}", n) : Str(ThreeDigits(s.value), " ", s.prefix);
}

std::string HumanMilliseconds(double ms) {
  if (ms >= 1000) return Str(ThreeDigits(ms / 1000), " s");
  return ms < 1 ? fmt::format("{:.3f} ms", ms) : Str(ThreeDigits(ms), " ms");
}

}  // namespace hasten::cli
