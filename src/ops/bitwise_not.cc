#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kInteger));
  return InferSameAsInput(c);
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.integer = [](int64_t x) { return ~x; }});
}

constexpr OnnxVersion kVersions[] = {{18}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kI32, {3, 5}, -9, 9}}},
          {"u8", {{DType::kU8, {7}, 0, 255}}},
          {"u4", {{DType::kU4, {3}, 0, 15}}},
          {"u64", {{DType::kU64, {}, 0, 9}}},
          {"zero-size", {{DType::kI8, {0}, 0, 1}}}};
}

}  // namespace

extern const OpDef kBitwiseNot = {
    .name = "BitwiseNot",
    .doc = "y = x with every bit flipped, elementwise. x, y: integer [d...].",
    .arity = {1, 1},
    .onnx = {"", "BitwiseNot", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
