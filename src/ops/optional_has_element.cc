#include "ops/op.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  c.Out(0, DType::kBool, Shape::Scalar());
  return {};
}

Status Eval(KernelCall& c) {
  c.output(0).SetInt(0, c.has(0));
  return {};
}

constexpr OnnxVersion kVersions[] = {{15}, {18}, {28}};

std::vector<Sample> Samples() { return {{"a tensor", {{DType::kF32, {2, 3}}}}, {"absent", {{DType::kNone, {}}}}}; }

}  // namespace

extern const OpDef kOptionalHasElement = {
    .name = "OptionalHasElement",
    .doc = "Whether an optional holds something: false for an absent input, true for one that is no optional.",
    .arity = {0, 1},
    .onnx = {"", "OptionalHasElement", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
