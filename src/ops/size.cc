#include "ops/movement.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  if (c.shape(0).ranked()) c.OutInts(0, {Dims{}, {c.shape(0).elements()}});
  c.Out(0, DType::kI64, Shape(std::vector<Dim>{}));
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  y->SetInt(0, c.input(0).elements());
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {13}, {19}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  return {{"rank 3", {{DType::kF32, {2, 3, 5}}}},
          {"scalar", {{DType::kI8, {}, -9, 9}}},
          {"empty", {{DType::kF32, {3, 0}}}}};
}

}  // namespace

extern const OpDef kSize = {
    .name = "Size",
    .doc = "The number of elements of x as an i64 scalar. Any dtype.",
    .arity = {1, 1},
    .onnx = {"", "Size", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
