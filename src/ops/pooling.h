// What the pools share: attributes and shapes.
#pragma once
#include "ops/window.h"

namespace hasten {

struct PoolAttrs : WindowAttrs {
  bool ceil_mode = false;
};

struct MaxPoolAttrs : PoolAttrs {
  int64_t storage_order = 0;
};

struct AveragePoolAttrs : PoolAttrs {
  bool count_include_pad = false;
};

// Output 0: [N, C, o...] for input 0 [N, C, d...].
Status InferPool(InferCall& c, const PoolAttrs& a);
// The window of a call whose output 0 is bound.
Window PoolWindow(const KernelCall& c, const PoolAttrs& a);
// One operation per element of the window and output element.
double PoolFlops(const CostCall& c, const PoolAttrs& a);
// Elements of input 0's spatial axes; of output 0's.
struct PlaneSizes {
  int64_t in, out;
};
PlaneSizes PlanesOf(const KernelCall& c);

// Kernel positions of output `o` in [low, high) of the axis.
int64_t PositionsWithin(const WindowAxis& a, int64_t o, int64_t low, int64_t high);
// Mean of every window of every plane of x, over its elements inside x, or with `padding` those inside the padding too.
Status AverageWindows(const KernelCall& c, const Window& w, bool padding, PlaneSizes size, std::span<const double> x,
                      std::span<double> y);

// Elements of a concrete type.
double ElementsOf(const Type& t);

// Output 0 of the global pools: [N, C, 1...].
Status InferGlobalPool(InferCall& c);

// Output 0 from f(elements of one plane of input 0).
template <class F>
Status EvalGlobalPool(KernelCall& c, F f) {
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto out, c.Scratch<double>(y.elements()));
  const auto size = static_cast<size_t>(PlanesOf(c).in);
  for (size_t p = 0; p < out.size(); ++p) out[p] = f(std::span<const double>(x.subspan(p * size, size)));
  WriteDoubles(&y, 0, out);
  return {};
}

// `p` of the Lp pools was a float in version 1.
Status FloatPToInt(OnnxNode& n);
Status IntPToFloat(OnnxNode& n);

}  // namespace hasten
