#include "ops/pooling.h"

namespace hasten::ops {
namespace {

struct LpPoolAttrs : PoolAttrs {
  int64_t p = 2;
};

constexpr AttrField kFields[] = {
    Field<&LpPoolAttrs::auto_pad>("auto_pad"),
    Field<&LpPoolAttrs::ceil_mode>("ceil_mode"),
    Field<&LpPoolAttrs::dilations>("dilations"),
    Field<&LpPoolAttrs::kernel_shape>("kernel_shape"),
    Field<&LpPoolAttrs::p>("p"),
    Field<&LpPoolAttrs::pads>("pads"),
    Field<&LpPoolAttrs::strides>("strides"),
};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<LpPoolAttrs>();
  HASTEN_REQUIRE(a.p >= 1, "p must be at least 1, is ", a.p);
  return InferPool(c, a);
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<LpPoolAttrs>();
  const auto p = static_cast<double>(a.p);
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  const PlaneSizes size = PlanesOf(c);
  HASTEN_ASSIGN(const auto runs, WindowRuns(c, PoolWindow(c, a)));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(size.out));
  for (double& v : x) v = std::pow(std::abs(v), p);
  for (int64_t plane = 0; plane < y.dims[0] * y.dims[1]; ++plane) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    std::fill(sum.begin(), sum.end(), 0.0);
    for (const WindowRun& r : runs)
      for (int64_t i = 0; i < r.count; ++i) sum[r.out + i] += x[plane * size.in + r.in + i * r.step];
    for (double& v : sum) v = std::pow(v, 1 / p);
    WriteDoubles(&y, plane * size.out, sum);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, FloatPToInt, IntPToFloat},
                                     {2},
                                     {11, nullptr,
                                      [](OnnxNode& n) {
                                        return AbsentBefore(n, 18, {"ceil_mode", "dilations"});
                                      }},
                                     {18},
                                     {22}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 7, 5}};
  const NamedAttr k{"kernel_shape", Ints{3, 2}}, s{"strides", Ints{2, 3}};
  return {{"p = 2", {x}, {k}},
          {"p = 1", {x}, {k, {"p", int64_t{1}}}},
          {"p = 3", {x}, {k, {"p", int64_t{3}}}},
          {"strides", {x}, {k, s}},
          {"pads differ by side", {x}, {k, {"pads", Ints{1, 0, 2, 1}}}},
          {"dilations", {x}, {k, {"dilations", Ints{2, 3}}}},
          {"ceil", {{DType::kF32, {1, 1, 8, 8}}}, {k, s, {"ceil_mode", int64_t{1}}}},
          {"same lower", {x}, {k, s, {"auto_pad", std::string("SAME_LOWER")}}},
          {"1-D", {{DType::kF32, {1, 3, 11}}}, {{"kernel_shape", Ints{3}}}},
          {"no batch", {{DType::kF32, {0, 3, 7, 5}}}, {k}},
          {"f16", {{DType::kF16, {1, 2, 5, 5}}}, {k}}};
}

}  // namespace

extern const OpDef kLpPool = {
    .name = "LpPool",
    .doc = "p-norm of each window: (sum |x|^p)^(1/p), padding being 0. x: float [N, C, d...]; y: [N, C, o...].",
    .attrs = SchemaOf<LpPoolAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "LpPool", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return PoolFlops(c, c.attrs<LpPoolAttrs>()); },
    .samples = Samples,
};

}  // namespace hasten::ops
