#include "ops/convolution.h"
#include "ops/quantized.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireZeroPoint(c, 2, 0));
  HASTEN_TRY(RequireZeroPoint(c, 3, 1));
  HASTEN_TRY(InferConvolution(c, 0, 1, kNoInput, DType::kI32));
  if (c.shape(1).ranked()) HASTEN_TRY(RequireScalarOr(c, 3, c.shape(1)[0], "filters"));
  return {};
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto w, c.Doubles(1));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  if (c.has(2)) SubtractScalar(c.input(2), x);
  if (c.has(3)) SubtractPerRow(c.input(3), c.input(1).dims[0], w);
  HASTEN_TRY(Convolve(c, c.attrs<ConvAttrs>(), c.input(0).dims, c.input(1).dims, y.dims, x, w, sum));
  WriteDoubles(&y, 0, sum);
  return {};
}

constexpr OnnxVersion kVersions[] = {{10}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kU8, {2, 4, 5, 5}, 0, 255}, w{DType::kI8, {6, 4, 3, 3}, -128, 127};
  const SampleInput x_zero{DType::kU8, {}, 0, 0, {131}};
  const NamedAttr pads{"pads", Ints{1, 0, 2, 1}};
  return {{"no zero points", {x, w}},
          {"padding is the zero point", {x, w, x_zero}, {pads}},
          {"zero point of the weight", {x, w, x_zero, {DType::kI8, {}, 0, 0, {-5}}}, {pads}},
          {"zero point per filter", {x, w, x_zero, {DType::kI8, {6}, -9, 9}}, {pads, {"strides", Ints{2, 1}}}},
          {"group", {x, {DType::kU8, {6, 2, 3, 3}, 0, 255}}, {{"group", int64_t{2}}}},
          {"no batch", {{DType::kU8, {0, 4, 5, 5}}, w}}};
}

}  // namespace

extern const OpDef kConvInteger = {
    .name = "ConvInteger",
    .doc =
        "Conv of (x - x_zero_point) and (w - w_zero_point), in 32-bit integers that wrap; padding is 0 after the "
        "subtraction. x: i8 or u8 [N, C, d...]; w: i8 or u8 [M, C / group, k...]; x_zero_point: []; w_zero_point: [] "
        "or [M]; y: i32 [N, M, o...].",
    .attrs = SchemaOf<ConvAttrs>(kConvFields),
    .arity = {2, 4},
    .onnx = {"", "ConvInteger", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return ConvolutionFlops(c, 1); },
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
