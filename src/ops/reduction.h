// What reductions share: which axes go, shapes, and folding over lanes.
#pragma once
#include "ops/op.h"

namespace hasten {

struct ReduceAttrs {
  bool keepdims = true;
  bool noop_with_empty_axes = false;
};

inline constexpr AttrField kReduceFields[] = {Field<&ReduceAttrs::keepdims>("keepdims"),
                                              Field<&ReduceAttrs::noop_with_empty_axes>("noop_with_empty_axes")};

// Output 0: input 0 without the axes that input 1 names.
Status InferReduction(InferCall& c);
// Carries symbolic contents that reduce to one element through; `empty` is the result of no elements, if there is one.
void PropagateReduction(InferCall& c, Dim (*fold)(const Dim&, const Dim&), std::optional<Dim> empty = {});

// result = finish(fold of all elements from `start`), per output element.
struct RealFold {
  double start = 0;
  double (*fold)(double, double) = nullptr;
  double (*finish)(double total, double count) = nullptr;  // null: the total
};
struct IntegerFold {
  int64_t start = 0;
  int64_t (*fold)(int64_t, int64_t) = nullptr;        // wraps
  uint64_t (*natural)(uint64_t, uint64_t) = nullptr;  // unsigned and bool; null: `fold` on the same bits
};
// Integers use `integers` if it has a fold; they take `reals.finish` too, truncated.  Without one they are computed in
// double.
Status EvalReduction(KernelCall& c, const RealFold& reals, const IntegerFold& integers = {});

inline int64_t WrapAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t WrapMul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

// dims with 1 for every axis that goes; the axes are those of the call.
Result<Dims> KeptDims(const KernelCall& c);
// total[kept element] = fold(total, x) for all x of `dims`, in order.
void FoldInto(std::span<const double> x, const Dims& dims, const Dims& kept, double (*fold)(double, double),
              std::span<double> total);

double ReductionFlops(const CostCall& c);

// The axes became an input in version 18 (ReduceSum: 13).
inline Status AxesToInput(OnnxNode& n) { return AttrIntsToInput(n, "axes", 1); }
Status AxesToAttribute(OnnxNode& n);

// The samples of them all, on values in [low, high].
std::vector<Sample> ReductionSamples(double low, double high);

}  // namespace hasten
