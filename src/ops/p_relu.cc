#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  for (int i : {0, 1}) HASTEN_TRY(RequireKind(c, i, DTypeKind::kNumber));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  const Shape &x = c.shape(0), &slope = c.shape(1);
  if (x.ranked() && slope.ranked()) {
    HASTEN_REQUIRE(slope.rank() <= x.rank(), "input 1 must broadcast to input 0 of shape ", x, ", has shape ", slope);
    for (int i = 1; i <= slope.rank(); ++i) {
      const Dim& d = slope[slope.rank() - i];
      HASTEN_REQUIRE(d.is(1) || !NeverEqual(d, x[x.rank() - i]), "input 1 must broadcast to input 0 of shape ", x,
                     ", has shape ", slope);
    }
  }
  return InferSameAsInput(c);
}

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.real = [](double x, double slope) { return x < 0 ? slope * x : x; },
                        .integer = [](int64_t x, int64_t slope) { return x < 0 ? WrappingMul(slope, x) : x; },
                        .natural = [](uint64_t x, uint64_t) { return x; }});
}

// Before opset 7 a slope of [C] was per channel, whatever followed the channels.
Status UpFrom6(OnnxNode& n) {
  const Shape &x = n.TypeOf(0).shape, &slope = n.TypeOf(1).shape;
  if (!slope.ranked() || slope.rank() != 1 || slope[0].is(1)) return {};
  if (!x.ranked()) return Status(Code::kUnsupported, "the channels of an input of unknown rank cannot be found");
  std::vector<int64_t> axes;
  for (int i = 2; i < x.rank(); ++i) axes.push_back(i - 1);
  if (!axes.empty()) n.inputs[1] = n.Emit("Unsqueeze", {n.inputs[1]}, {{"axes", axes}});
  return {};
}

Status DownTo6(OnnxNode& n) {
  const Shape &x = n.TypeOf(0).shape, &slope = n.TypeOf(1).shape;
  if (!slope.ranked() || !x.ranked())
    return Status(Code::kUnsupported, Str("PRelu of unknown rank has no form at opset ", n.opset));
  const int channel = slope.rank() - (x.rank() - 1);
  std::vector<int64_t> ones;
  for (int i = 0; i < slope.rank(); ++i) {
    if (i == channel || slope.rank() == 1) continue;
    if (!slope[i].is(1))
      return Status(Code::kUnsupported, Str("PRelu with slopes of shape ", slope, " has no form at opset ", n.opset));
    ones.push_back(i);
  }
  if (static_cast<int>(ones.size()) == slope.rank() && !ones.empty()) ones.pop_back();
  if (slope.rank() == 1 && x.rank() > 2 && !slope[0].is(1))
    return Status(Code::kUnsupported, Str("PRelu with a slope per last axis has no form at opset ", n.opset));
  if (!ones.empty()) n.inputs[1] = n.Emit("Squeeze", {n.inputs[1]}, {{"axes", ones}});
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6, UpFrom6, DownTo6}, {7}, {9}, {16}};

std::vector<Sample> Samples() {
  return {{"per channel", {{DType::kF32, {2, 3, 5, 7}}, {DType::kF32, {3, 1, 1}, -2, 2}}},
          {"one slope", {{DType::kF32, {1033}}, {DType::kF32, {1}, 0.25, 0.25}}},
          {"same shape", {{DType::kF32, {3, 5}}, {DType::kF32, {3, 5}}}},
          {"scalars", {{DType::kF32, {}}, {DType::kF32, {}}}},
          {"zero-size", {{DType::kF32, {0, 3}}, {DType::kF32, {3}}}},
          {"f16", {{DType::kF16, {7}}, {DType::kF16, {7}}}},
          {"f64", {{DType::kF64, {7}}, {DType::kF64, {}}}},
          {"i32", {{DType::kI32, {7}, -9, 9}, {DType::kI32, {}, 3, 3}}},
          {"u64", {{DType::kU64, {2}, 0, 0, {0x1p63, 5}}, {DType::kU64, {}, 3, 3}}}};
}

}  // namespace

extern const OpDef kPRelu = {
    .name = "PRelu",
    .doc = "y = x if x >= 0, else slope * x, elementwise. x, y: number [d...]; slope: the same dtype, broadcasts to x.",
    .arity = {2, 2},
    .onnx = {"", "PRelu", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
