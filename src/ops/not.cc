#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kBool));
  PropagateInts(c, [](const Dim& x) { return 1 - x; });
  return InferSameAsInput(c);
}

Status Eval(KernelCall& c) {
  return EvalUnary(c, {.integer = [](int64_t x) { return x ^ 1; }});
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kBool, {3, 5}, 0, 1}}},
          {"prime, beyond one tile", {{DType::kBool, {1033}, 0, 1}}},
          {"scalar", {{DType::kBool, {}, 0, 1}}},
          {"zero-size", {{DType::kBool, {0}, 0, 1}}}};
}

}  // namespace

extern const OpDef kNot = {
    .name = "Not",
    .doc = "y = not x, elementwise. x, y: bool [d...].",
    .arity = {1, 1},
    .onnx = {"", "Not", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
