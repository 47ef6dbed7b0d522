#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  c.Out(0, c.type(0));
  if (auto known = c.KnownOf(0)) c.OutInts(0, std::move(*known));
  return {};
}

Status Eval(KernelCall& c) {
  if (!c.value(0).is_tensor()) {
    HASTEN_ASSIGN(Value kept, c.Keep(c.value(0)));
    c.Set(0, std::move(kept));
    return {};
  }
  const Tensor& x = c.input(0);
  CopyElements(x, 0, &c.output(0), 0, x.elements());
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {13}, {14}, {16}, {19}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}}}}, {"i4", {{DType::kI4, {3}, -8, 7}}}, {"scalar", {{DType::kI64, {}, -9, 9}}}};
}

}  // namespace

extern const OpDef kIdentity = {
    .name = "Identity",
    .doc = "y = x, of any type.",
    .arity = {1, 1},
    .onnx = {"", "Identity", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .metadata_only = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
