#include "ops/elementwise.h"
#include "ops/quantized.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kFloat));
  c.Out(0, DType::kU8, c.shape(0));
  c.Out(1, DType::kF32, Shape::Scalar());
  c.Out(2, DType::kU8, Shape::Scalar());
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  const DynamicScale q = QuantizeDynamically(x);
  if (c.wants(0)) WriteDoubles(&c.output(0), 0, x);
  if (c.wants(1)) c.output(1).SetDouble(0, static_cast<double>(q.scale));
  if (c.wants(2)) c.output(2).SetDouble(0, static_cast<double>(q.zero));
  return {};
}

constexpr OnnxVersion kVersions[] = {{11}};

std::vector<Sample> Samples() {
  return {{"both signs", {{DType::kF32, {3, 5}, -3, 2}}, {}, 3},
          {"the range takes in 0 from above", {{DType::kF32, {7}, 1, 2}}, {}, 3},
          {"the range takes in 0 from below", {{DType::kF32, {1033}, -2, -1}}, {}, 3},
          {"all zero", {{DType::kF32, {3}, 0, 0}}, {}, 3},
          {"scalar", {{DType::kF32, {}, -3, 2}}, {}, 3},
          {"zero-size", {{DType::kF32, {0, 3}}}, {}, 3}};
}

}  // namespace

extern const OpDef kDynamicQuantizeLinear = {
    .name = "DynamicQuantizeLinear",
    .doc =
        "scale = (max(0, max x) - min(0, min x)) / 255; zero = saturate(round(-min(0, min x) / scale)); "
        "y = saturate(round(x / scale) + zero), in f32. x: f32 [d...]; y: u8 [d...]; scale: f32 scalar; zero: u8 "
        "scalar.",
    .arity = {1, 1, 1, 3},
    .onnx = {"", "DynamicQuantizeLinear", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
