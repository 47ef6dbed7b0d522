// Copies of blocks of elements between any two orders of their axes: what ops that move data are made of.
#pragma once
#include "kernels/tactic.h"

namespace hasten::cpu {

// One copy, taken apart into units that may run in any order and at the same time.  Plain data.
class StridedCopy {
 public:
  // The element at (i0, i1, ...) of `dims` goes from from_at + sum of i * from to to_at + sum of i * to; all count
  // elements of `size` bytes.  No two places of `to` are one.
  static StridedCopy Of(int64_t size, std::span<const int64_t> dims, std::span<const int64_t> from,
                        std::span<const int64_t> to, int64_t from_at = 0, int64_t to_at = 0);
  int64_t units() const { return outer_ * parts_; }
  int64_t bytes() const { return bytes_; }
  // How many chunks are worth while.
  int64_t chunks() const { return std::clamp<int64_t>(bytes_ / 32768, units() > 0 ? 1 : 0, units()); }
  void Run(int64_t first, int64_t last, const std::byte* from, std::byte* to) const;
  void RunChunk(int64_t chunk, int64_t chunks, const std::byte* from, std::byte* to) const {
    Run(units() * chunk / chunks, units() * (chunk + 1) / chunks, from, to);
  }

 private:
  static constexpr int kMaxLoops = 2 * Dims::kMaxRank;
  enum class Kind : uint8_t { kRuns, kTranspose, kSpread };
  void Choose();
  void Inner(int64_t part, const std::byte* from, std::byte* to) const;

  Kind kind_ = Kind::kRuns;
  int rank_ = 0;   // loops
  int inner_ = 0;  // the last of them, which a kernel runs
  int64_t size_ = 1, bytes_ = 0, from_at_ = 0, to_at_ = 0;
  int64_t outer_ = 0, parts_ = 1, part_ = 0;  // the first inner loop is cut into parts
  int64_t dims_[kMaxLoops] = {}, from_[kMaxLoops] = {}, to_[kMaxLoops] = {};
};

// Bind of kernels whose chunks share the bytes of the outputs evenly; work that no output shows stays one chunk.
Status BindByBytes(const BoundShapes& s, Binding* binding);
// Whether elements have a whole number of bytes and no more than bytes.
bool MovesByBytes(DType dtype);
// Dims in the order in which they lie in memory, and where a logical axis is among them.
Dims PhysicalDims(const Dims& dims, Layout layout);
int PhysicalAxis(int axis, int rank, Layout layout);
// Strides per logical axis.
Dims LogicalStrides(const Dims& dims, Layout layout);

}  // namespace hasten::cpu
