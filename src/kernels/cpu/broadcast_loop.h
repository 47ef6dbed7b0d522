// Elementwise kernels: operands broadcast to the output, seen as a few nested loops in memory order.
#pragma once
#include <algorithm>
#include <array>

#include "kernels/tactic.h"

namespace hasten::cpu {

inline constexpr int kMaxLoopOperands = 16;

// Plain data, made when shapes are bound.  Along the innermost axis an operand advances by one element or stays.  Only
// the first `count` operands and the first `rank` axes are filled: clearing the rest would cost at every binding.
struct BroadcastLoop {
  struct Operand {
    enum class Kind : uint8_t { kFull, kScalar, kOther } kind;  // kFull: lies as the output does
    std::array<int64_t, Dims::kMaxRank> strides;
  };
  int rank = 1, count = 0;
  int64_t total = 0;                               // elements of the output
  std::array<int64_t, Dims::kMaxRank> dims;        // outermost first
  std::array<Operand, kMaxLoopOperands> operands;  // last, so that KeepBound may leave out the empty ones
  size_t unfilled() const { return sizeof(Operand) * static_cast<size_t>(kMaxLoopOperands - count); }  // bytes

  int64_t inner() const { return dims[static_cast<size_t>(rank - 1)]; }
  int64_t step(int operand) const {
    return operands[static_cast<size_t>(operand)].strides[static_cast<size_t>(rank - 1)];
  }
  // Elements per chunk so that a chunk is work enough; whole inner rows where these are short.
  int64_t ChunkSize(int64_t elements) const;

  // Calls f(at, n, offsets) for runs of the innermost axis that make up elements [begin, end) of the output in memory
  // order; offsets[k] is operand k's element of the run's first.
  template <class F>
  void ForRuns(int64_t begin, int64_t end, F f) const;
};

// `operands` broadcast to `output`; precondition: at most kMaxLoopOperands.
BroadcastLoop MakeBroadcastLoop(const Dims& output, std::span<const Dims> operands, Layout layout);
// The dims of types that are bound.
std::vector<Dims> DimsOf(std::span<const Type> types);
// Whether an operand of this type lies, channels last or plain as the tactic contract has it, as MakeBroadcastLoop
// takes it to: of another rank than the output's, it must be indifferent to the order of its axes.
bool FollowsOutput(const Type& operand, const Type& output, Layout layout);

template <class F>
void BroadcastLoop::ForRuns(int64_t begin, int64_t end, F f) const {
  if (begin >= end) return;
  const auto last = static_cast<size_t>(rank - 1);
  std::array<int64_t, Dims::kMaxRank> at = {};
  std::array<int64_t, kMaxLoopOperands> offsets = {};
  int64_t rest = begin;
  for (size_t i = last + 1; i-- > 0;) {
    at[i] = rest % dims[i];
    rest /= dims[i];
  }
  for (int k = 0; k < count; ++k)
    for (size_t i = 0; i <= last; ++i)
      offsets[static_cast<size_t>(k)] += at[i] * operands[static_cast<size_t>(k)].strides[i];
  while (begin < end) {
    const int64_t n = std::min(dims[last] - at[last], end - begin);
    f(begin, n, offsets.data());
    begin += n;
    if (begin >= end) return;
    // The row ended: back to its start and one on along the axes around it.
    for (int k = 0; k < count; ++k)
      offsets[static_cast<size_t>(k)] -= at[last] * operands[static_cast<size_t>(k)].strides[last];
    at[last] = 0;
    for (size_t i = last; i-- > 0;) {
      const bool carry = ++at[i] == dims[i];
      for (int k = 0; k < count; ++k) {
        const int64_t stride = operands[static_cast<size_t>(k)].strides[i];
        offsets[static_cast<size_t>(k)] += carry ? -stride * (dims[i] - 1) : stride;
      }
      if (!carry) break;
      at[i] = 0;
    }
  }
}

}  // namespace hasten::cpu
