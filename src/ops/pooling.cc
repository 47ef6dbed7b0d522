#include "ops/pooling.h"

namespace hasten {
Status InferPool(InferCall& c, const PoolAttrs& a) {
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_REQUIRE(!a.kernel_shape.empty(), "kernel_shape must be given");
  HASTEN_REQUIRE(a.kernel_shape.size() + 2 <= Dims::kMaxRank, "kernel_shape must have at most ", Dims::kMaxRank - 2,
                 " entries, has ", a.kernel_shape.size());
  const int rank = static_cast<int>(a.kernel_shape.size()) + 2;
  HASTEN_TRY(c.RequireRank(0, rank));
  HASTEN_TRY(CheckWindow(a, rank - 2));
  const Shape x = c.shape(0).ranked() ? c.shape(0) : Shape::Fresh(rank);
  const std::vector<Dim> kernel(a.kernel_shape.begin(), a.kernel_shape.end());
  HASTEN_ASSIGN(auto out, WindowOutputs(a, a.ceil_mode, std::span(x.dims()).subspan(2), kernel));
  out.insert(out.begin(), {x[0], x[1]});
  c.Out(0, c.dtype(0), Shape(std::move(out)));
  return {};
}

Window PoolWindow(const KernelCall& c, const PoolAttrs& a) {
  return MakeWindow(a, c.input(0).dims.span().subspan(2), a.kernel_shape, c.output(0).dims.span().subspan(2));
}

double PoolFlops(const CostCall& c, const PoolAttrs& a) {
  const auto y = c.out[0].shape.Concrete();
  double flops = y ? static_cast<double>(y->elements()) : 0;
  for (int64_t k : a.kernel_shape) flops *= static_cast<double>(k);
  return flops;
}

PlaneSizes PlanesOf(const KernelCall& c) {
  const Dims &x = c.input(0).dims, &y = c.output(0).dims;
  return {x.Product(2, x.rank()), y.Product(2, y.rank())};
}

int64_t PositionsWithin(const WindowAxis& a, int64_t o, int64_t low, int64_t high) {
  const int64_t first = o * a.stride - a.pad_begin;
  const auto below = [&](int64_t limit) {  // positions before it
    return first >= limit ? 0 : std::min(a.kernel, (limit - first + a.dilation - 1) / a.dilation);
  };
  return below(high) - below(low);
}

namespace {

// Elements each window averages.  What ceil_mode adds past the padding never counts.
void CountElements(const Window& w, bool padding, std::span<double> counts) {
  std::fill(counts.begin(), counts.end(), 1.0);
  auto inner = static_cast<int64_t>(counts.size());
  for (const WindowAxis& a : w.span()) {
    if (inner == 0) return;
    inner /= a.out;
    for (size_t i = 0; i < counts.size(); ++i)
      counts[i] *= static_cast<double>(PositionsWithin(a, static_cast<int64_t>(i) / inner % a.out,
                                                       padding ? -a.pad_begin : 0, padding ? a.in + a.pad_end : a.in));
  }
}

}  // namespace

Status AverageWindows(const KernelCall& c, const Window& w, bool padding, PlaneSizes size, std::span<const double> x,
                      std::span<double> y) {
  HASTEN_ASSIGN(const auto runs, WindowRuns(c, w));
  HASTEN_ASSIGN(const auto counts, c.Scratch<double>(size.out));
  CountElements(w, padding, counts);
  std::fill(y.begin(), y.end(), 0.0);
  const int64_t planes = size.out == 0 ? 0 : static_cast<int64_t>(y.size()) / size.out;
  for (int64_t p = 0; p < planes; ++p) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    double* mean = y.data() + p * size.out;
    for (const WindowRun& r : runs)
      for (int64_t i = 0; i < r.count; ++i) mean[r.out + i] += x[p * size.in + r.in + i * r.step];
    for (int64_t i = 0; i < size.out; ++i) mean[i] /= counts[i];
  }
  return {};
}

double ElementsOf(const Type& t) {
  const auto dims = t.shape.Concrete();
  return dims ? static_cast<double>(dims->elements()) : 0;
}

Status InferGlobalPool(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  Shape y = c.shape(0);
  if (y.ranked()) {
    HASTEN_REQUIRE(y.rank() >= 2, "input 0 must have rank 2 at least, has shape ", y);
    for (int i = 2; i < y.rank(); ++i) y[i] = 1;
  }
  c.Out(0, c.dtype(0), std::move(y));
  return {};
}

Status FloatPToInt(OnnxNode& n) {
  const float* p = n.Get<float>("p");
  if (!p) return {};
  if (!(*p >= 1 && *p <= 0x1p30f && std::floor(*p) == *p))
    return Status(Code::kUnsupported, Str("p must be a whole number from 1, is ", *p));
  n.Set("p", static_cast<int64_t>(*p));
  return {};
}

Status IntPToFloat(OnnxNode& n) {
  if (const int64_t* p = n.Get<int64_t>("p")) n.Set("p", static_cast<float>(*p));
  return {};
}

}  // namespace hasten
