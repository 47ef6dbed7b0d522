#include "ops/convolution.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  return InferConvolution(c, 0, 1, 2, c.dtype(0));
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto w, c.Doubles(1));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  HASTEN_TRY(Convolve(c, c.attrs<ConvAttrs>(), c.input(0).dims, c.input(1).dims, y.dims, x, w, sum));
  if (c.has(2)) {
    HASTEN_ASSIGN(const auto bias, c.Doubles(2));
    const int64_t filters = y.dims[1], size = y.dims.Product(2, y.dims.rank());
    for (int64_t i = 0; i < y.elements(); ++i) sum[i] += bias[i / size % filters];
  }
  WriteDoubles(&y, 0, sum);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {22}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 6, 7, 5}}, w{DType::kF32, {4, 6, 3, 3}};
  return {{"plain", {x, w}},
          {"bias", {x, w, {DType::kF32, {4}}}},
          {"pads differ by side", {x, w}, {{"pads", Ints{0, 1, 2, 3}}}},
          {"strides", {x, w}, {{"strides", Ints{2, 3}}}},
          {"dilations", {x, w}, {{"dilations", Ints{2, 1}}, {"pads", Ints{1, 1, 1, 1}}}},
          {"group", {x, {DType::kF32, {4, 3, 3, 3}}}, {{"group", int64_t{2}}}},
          {"depthwise with two filters each", {x, {DType::kF32, {12, 1, 3, 3}}}, {{"group", int64_t{6}}}},
          {"same upper", {x, {DType::kF32, {4, 6, 2, 2}}}, {{"auto_pad", std::string("SAME_UPPER")}}},
          {"same lower", {x, {DType::kF32, {4, 6, 2, 2}}}, {{"auto_pad", std::string("SAME_LOWER")}}},
          {"valid ignores pads", {x, w}, {{"auto_pad", std::string("VALID")}, {"pads", Ints{1, 1, 1, 1}}}},
          {"pointwise", {x, {DType::kF32, {3, 6, 1, 1}}}},
          {"1-D", {{DType::kF32, {1, 3, 11}}, {DType::kF32, {2, 3, 5}}}, {{"pads", Ints{2, 2}}}},
          {"3-D", {{DType::kF32, {1, 2, 4, 3, 5}}, {DType::kF32, {3, 2, 2, 3, 1}}}, {{"strides", Ints{1, 2, 2}}}},
          {"no batch", {{DType::kF32, {0, 6, 7, 5}}, w}},
          {"one pixel", {{DType::kF32, {1, 1, 1, 1}}, {DType::kF32, {1, 1, 1, 1}}}},
          {"f16", {{DType::kF16, {1, 3, 5, 5}}, {DType::kF16, {2, 3, 3, 3}}}},
          {"f64", {{DType::kF64, {1, 3, 5, 5}}, {DType::kF64, {2, 3, 3, 3}}}}};
}

}  // namespace

extern const OpDef kConv = {
    .name = "Conv",
    .doc =
        "Convolution (cross-correlation): y[n, m, o] = bias[m] + sum over c, k of w[m, c, k] * x[n, g * C / group + "
        "c, o * stride - pad + k * dilation], g = m / (M / group), x read as 0 where padded. x: float [N, C, d...]; "
        "w: [M, C / group, k...]; bias: [M]; y: [N, M, o...].",
    .attrs = SchemaOf<ConvAttrs>(kConvFields),
    .arity = {2, 3},
    .onnx = {"", "Conv", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return ConvolutionFlops(c, 1); },
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
