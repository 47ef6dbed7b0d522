#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  if (y.data != x.data) CopyElements(x, 0, &y, 0, x.elements());
  return {};
}

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}}}}, {"scalar", {{DType::kF32, {}}}}, {"zero-size", {{DType::kF32, {0, 3}}}}};
}

}  // namespace

extern const OpDef kPointwise = {
    .name = "Pointwise",
    .doc =
        "y = program(x, operands...), elementwise: the node's epilogue is the program, its operands broadcast to x. "
        "x, y: float [d...]. Made by passes from chains of elementwise ops; has no form in ONNX.",
    .arity = {1, 1},
    .infer = InferFloats,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
