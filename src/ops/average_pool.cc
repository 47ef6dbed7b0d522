#include "ops/pooling.h"

namespace hasten::ops {
namespace {

struct AveragePoolAttrs : PoolAttrs {
  bool count_include_pad = false;
};

constexpr AttrField kFields[] = {
    Field<&AveragePoolAttrs::auto_pad>("auto_pad"),
    Field<&AveragePoolAttrs::ceil_mode>("ceil_mode"),
    Field<&AveragePoolAttrs::count_include_pad>("count_include_pad"),
    Field<&AveragePoolAttrs::dilations>("dilations"),
    Field<&AveragePoolAttrs::kernel_shape>("kernel_shape"),
    Field<&AveragePoolAttrs::pads>("pads"),
    Field<&AveragePoolAttrs::strides>("strides"),
};

Status Infer(InferCall& c) { return InferPool(c, c.attrs<AveragePoolAttrs>()); }

// Kernel positions of output o in [low, high) of the axis.
int64_t Covered(const WindowAxis& a, int64_t o, int64_t low, int64_t high) {
  const int64_t first = o * a.stride - a.pad_begin;
  const auto below = [&](int64_t limit) {  // positions before it
    return first >= limit ? 0 : std::min(a.kernel, (limit - first + a.dilation - 1) / a.dilation);
  };
  return below(high) - below(low);
}

// Elements each window averages.  What ceil_mode adds past the padding never counts.
void CountElements(const Window& w, bool padding, std::span<double> counts) {
  std::fill(counts.begin(), counts.end(), 1.0);
  auto inner = static_cast<int64_t>(counts.size());
  for (const WindowAxis& a : w.span()) {
    if (inner == 0) return;
    inner /= a.out;
    for (size_t i = 0; i < counts.size(); ++i)
      counts[i] *= static_cast<double>(Covered(a, static_cast<int64_t>(i) / inner % a.out, padding ? -a.pad_begin : 0,
                                               padding ? a.in + a.pad_end : a.in));
  }
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<AveragePoolAttrs>();
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  const PlaneSizes size = PlanesOf(c);
  const Window window = PoolWindow(c, a);
  HASTEN_ASSIGN(const auto runs, WindowRuns(c, window));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto counts, c.Scratch<double>(size.out));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(size.out));
  CountElements(window, a.count_include_pad, counts);
  for (int64_t p = 0; p < y.dims[0] * y.dims[1]; ++p) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    std::fill(sum.begin(), sum.end(), 0.0);
    for (const WindowRun& r : runs)
      for (int64_t i = 0; i < r.count; ++i) sum[r.out + i] += x[p * size.in + r.in + i * r.step];
    for (int64_t i = 0; i < size.out; ++i) sum[i] /= counts[i];
    WriteDoubles(&y, p * size.out, sum);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {
    {1, nullptr, [](OnnxNode& n) { return AbsentBefore(n, 7, {"count_include_pad"}); }},
    {7, nullptr, [](OnnxNode& n) { return AbsentBefore(n, 10, {"ceil_mode"}); }},
    {10},
    {11, nullptr, [](OnnxNode& n) { return AbsentBefore(n, 19, {"dilations"}); }},
    {19},
    {22}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 7, 5}};
  const NamedAttr k{"kernel_shape", Ints{3, 2}}, s{"strides", Ints{2, 3}}, p{"pads", Ints{1, 0, 2, 1}};
  const NamedAttr count{"count_include_pad", int64_t{1}}, ceil{"ceil_mode", int64_t{1}};
  return {{"plain", {x}, {k}},
          {"strides", {x}, {k, s}},
          {"pads differ by side", {x}, {k, p}},
          {"pads count", {x}, {k, p, count}},
          {"dilations", {x}, {k, {"dilations", Ints{2, 3}}}},
          {"dilations, pads count", {x}, {k, p, count, {"dilations", Ints{2, 3}}}},
          {"ceil", {{DType::kF32, {1, 1, 8, 8}}}, {k, s, ceil}},
          {"ceil, pads count", {{DType::kF32, {1, 1, 8, 8}}}, {k, s, p, ceil, count}},
          {"same upper", {x}, {k, s, {"auto_pad", std::string("SAME_UPPER")}}},
          {"same lower, pads count", {x}, {k, s, count, {"auto_pad", std::string("SAME_LOWER")}}},
          {"1-D", {{DType::kF32, {1, 3, 11}}}, {{"kernel_shape", Ints{3}}}},
          {"3-D", {{DType::kF32, {1, 2, 4, 3, 5}}}, {{"kernel_shape", Ints{2, 1, 3}}}},
          {"no batch", {{DType::kF32, {0, 3, 7, 5}}}, {k}},
          {"f16", {{DType::kF16, {1, 2, 5, 5}}}, {k}}};
}

}  // namespace

extern const OpDef kAveragePool = {
    .name = "AveragePool",
    .doc =
        "Mean of each window: over its elements inside x, or with count_include_pad over those inside the padding too, "
        "which "
        "are 0. x: float [N, C, d...]; y: [N, C, o...].",
    .attrs = SchemaOf<AveragePoolAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "AveragePool", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return PoolFlops(c, c.attrs<AveragePoolAttrs>()); },
    .samples = Samples,
};

}  // namespace hasten::ops
