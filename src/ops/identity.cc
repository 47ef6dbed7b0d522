#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  if (auto known = c.KnownOf(0)) c.OutInts(0, std::move(*known));
  return InferSameAsInput(c);
}

Status Eval(KernelCall& c) {
  if (!c.has(0)) return {};  // an empty optional stays empty
  if (!c.value(0).is_tensor()) {
    c.Set(0, c.value(0));
    return {};
  }
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(Tensor* y, c.Allocate(0, x.dtype, x.dims));
  CopyElements(x, 0, y, 0, x.elements());
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {13}, {14}, {16}, {19}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}}}},
          {"i4", {{DType::kI4, {3}, -8, 7}}},
          {"scalar", {{DType::kI64, {}, -9, 9}}},
          {"zero-size", {{DType::kBool, {0, 3}, 0, 1}}},
          {"strings", {{DType::kString, {2}, 0, 0, {}, {"a", ""}}}}};
}

}  // namespace

extern const OpDef kIdentity = {
    .name = "Identity",
    .doc = "y = x. x, y: a value of any type.",
    .arity = {0, 1},  // none: an empty optional
    .onnx = {"", "Identity", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .metadata_only = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
