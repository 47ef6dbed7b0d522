// What ops that move elements without changing them share: strided copies, and pieces of their inference.
#pragma once
#include "ops/op.h"

namespace hasten {

// Known contents above this count are not carried through inference.
inline constexpr int64_t kMaxKnownInts = 4096;

// --- Inference ---

// Inputs [0, n) must be there and be tensors.
Status RequireTensors(const InferCall& c, int n);
// Input i, if there, must hold integers in at most one axis.
Status RequireIndices(const InferCall& c, int i);
// Input i, if there, must hold one element.
Status RequireOneElement(const InferCall& c, int i);
// InferCall::Out that refuses ranks above Dims::kMaxRank and negative dims.
Status OutShape(InferCall& c, int i, DType dtype, Shape shape);
// One dim that both must be: the constant one, if either is.
Result<Dim> SameDim(const Dim& a, const Dim& b, std::string_view what);
// True if d is known to be at least zero.
inline bool IsNonNegative(const Dim& d) { return Max(d, 0) == d; }
// Each axis made non-negative; an axis given twice is an error.
Result<Dims> NormalizeAxes(std::span<const int64_t> axes, int rank);
// The one integer that input i holds, if known.
std::optional<int64_t> KnownInt(const InferCall& c, int i);
// Carries the known contents of input 0 to output 0, whose shape is set: `move` is run on the numbers of the elements,
// so that what it writes tells where each element of the output comes from.
void MoveInts(InferCall& c, const std::function<Status(const Tensor& x, Tensor* y)>& move);

// --- Evaluation ---

// Output i as inference bound it; an error where its dims are beyond what can be counted.
Result<Tensor*> BoundOutput(const KernelCall& c, int i);
// An index of an axis with `dim` entries, negative ones counting from the end.
Result<int64_t> NormalizeIndex(int64_t index, int64_t dim);

// Walks `dims` in row-major order, giving the offset of each place under `strides`.
class StridedWalk {
 public:
  StridedWalk(const Dims& dims, const Dims& strides)
      : dims_(dims), strides_(strides), at_(Dims::Filled(dims.rank(), 0)) {}
  int64_t offset() const { return offset_; }
  int64_t at(int axis) const { return at_[static_cast<size_t>(axis)]; }
  void Next();

 private:
  Dims dims_, strides_, at_;
  int64_t offset_ = 0;
};

// Copies a block of elements: the one at (i0, i1, ...) of `dims` from from_at + sum of i * from_strides to to_at + sum
// of i * to_strides.  Strides count elements; those of `from` may be zero or negative.  At most 2 * Dims::kMaxRank
// axes.
void CopyStrided(const Tensor& from, int64_t from_at, std::span<const int64_t> from_strides, Tensor* to, int64_t to_at,
                 std::span<const int64_t> to_strides, std::span<const int64_t> dims);
// to[i0, i1, ...] = from[tables[0][i0] + tables[1][i1] + ...]: a table per axis of `to`, of offsets in elements.
void CopyByTables(const Tensor& from, std::span<const std::span<const int64_t>> tables, Tensor* to);
// Every element becomes zero, false, or the empty string.
void FillZero(Tensor* t);
// Every element becomes element `at` of `value`, of the same dtype.
void Fill(const Tensor& value, int64_t at, Tensor* t);

// --- Samples ---

// An i64 input with these contents: rank 1, or rank 0.
SampleInput IntList(std::vector<double> v);
SampleInput IntScalar(double v);

}  // namespace hasten
