#include "ops/quantized.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireZeroPoint(c, 2, 0));
  HASTEN_TRY(RequireZeroPoint(c, 3, 1));
  HASTEN_TRY(InferMatMul(c, 0, 1, DType::kI32));
  HASTEN_TRY(RequirePerLine(c, 2, c.shape(0), false));
  return RequirePerLine(c, 3, c.shape(1), true);
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  HASTEN_TRY(MultiplyQuantized(c, c.input(0), c.has(2) ? &c.input(2) : nullptr, c.input(1),
                               c.has(3) ? &c.input(3) : nullptr, sum));
  WriteDoubles(&y, 0, sum);
  return {};
}

constexpr OnnxVersion kVersions[] = {{10}};

std::vector<Sample> Samples() {
  constexpr DType kU = DType::kU8, kI = DType::kI8;
  const SampleInput a{kU, {3, 7}, 0, 255}, b{kI, {7, 5}, -128, 127};
  return {{"no zero points", {a, b}},
          {"scalars", {a, b, {kU, {}, 0, 0, {131}}, {kI, {}, 0, 0, {-5}}}},
          {"per row", {a, b, {kU, {3}, 0, 255}}},
          {"per column", {a, b, {DType::kNone}, {kI, {5}, -9, 9}}},
          {"batches", {{kU, {2, 3, 7}, 0, 255}, {kI, {7, 5}, -128, 127}, {kU, {2, 3, 1}, 0, 255}, {kI, {}, 0, 0, {3}}}},
          {"vector left", {{kI, {7}, -128, 127}, b}},
          {"no rows", {{kU, {0, 7}}, b}}};
}

}  // namespace

extern const OpDef kMatMulInteger = {
    .name = "MatMulInteger",
    .doc =
        "MatMul of (a - a_zero_point) and (b - b_zero_point) in 32-bit integers that wrap. a: i8 or u8 [..., M, K]; "
        "b: i8 or u8 [..., K, N]; a_zero_point: [], [M] or [..., M, 1]; b_zero_point: [], [N] or [..., 1, N]; y: i32 "
        "[..., M, N].",
    .arity = {2, 4},
    .onnx = {"", "MatMulInteger", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return MatMulFlops(c, 0, 1); },
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
