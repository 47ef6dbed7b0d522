#include "ops/pooling.h"

namespace hasten::ops {
namespace {

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

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<AveragePoolAttrs>();
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto mean, c.Scratch<double>(y.elements()));
  HASTEN_TRY(AverageWindows(c, PoolWindow(c, a), a.count_include_pad, PlanesOf(c), x, mean));
  WriteDoubles(&y, 0, mean);
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
        "Mean of each window: over its elements inside x, or with count_include_pad over those inside the padding "
        "too, which are 0. x: float [N, C, d...]; y: [N, C, o...].",
    .attrs = SchemaOf<AveragePoolAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "AveragePool", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return PoolFlops(c, c.attrs<AveragePoolAttrs>()); },
    .samples = Samples,
};

}  // namespace hasten::ops
