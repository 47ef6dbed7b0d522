// How a value's elements lie in memory.  The logical dims (and so inference) never change with it.
#pragma once
#include <cstdint>
#include <string_view>

namespace hasten {

enum class Layout : uint8_t {
  kPlain,         // row-major in the order of the dims
  kChannelsLast,  // [N, C, d...] stored as [N, d..., C]: rank 3 and more only
  kPacked,        // a constant as one tactic wants it; nobody else reads it
};

constexpr std::string_view Name(Layout layout) {
  switch (layout) {
    case Layout::kPlain: return "plain";
    case Layout::kChannelsLast: return "channels last";
    case Layout::kPacked: return "packed";
  }
  return "?";
}

}  // namespace hasten
