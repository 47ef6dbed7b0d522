#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_TRY(c.RequireTensor(1));
  HASTEN_ASSIGN(Shape shape, Broadcast(c.shape(0), c.shape(1)));
  c.Out(0, c.dtype(0), std::move(shape));
  return {};
}

// Wraps as repeated multiplication does.
int64_t IntPow(int64_t base, int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  uint64_t y = 1, b = static_cast<uint64_t>(base);
  for (; exponent; exponent >>= 1, b *= b)
    if (exponent & 1) y *= b;
  return static_cast<int64_t>(y);
}

Status Eval(KernelCall& c) {
  const Tensor &a = c.input(0), &b = c.input(1);
  Tensor& y = c.output(0);
  BroadcastWalk at(a.dims, y.dims), bt(b.dims, y.dims);
  const bool integers = !IsFloat(a.dtype), both = integers && !IsFloat(b.dtype);
  for (int64_t i = 0; i < y.elements(); ++i, at.Next(), bt.Next()) {
    if (both) y.SetInt(i, IntPow(a.Int(at.offset()), b.Int(bt.offset())));
    else y.SetDouble(i, std::pow(a.Double(at.offset()), b.Double(bt.offset())));
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, UpgradeLegacyBroadcast}, {7}, {12}, {13}, {15}};

std::vector<Sample> Samples() {
  return {{"same shape", {{DType::kF32, {3, 5}, 0, 3}, {DType::kF32, {3, 5}, -2, 2}}},
          {"square", {{DType::kF32, {3, 5}, -3, 3}, {DType::kF32, {}, 2, 2}}},
          {"integers", {{DType::kI32, {5}, -4, 4}, {DType::kI32, {5}, 0, 4}}},
          {"mixed", {{DType::kF32, {5}, 0, 4}, {DType::kI64, {1}, 3, 3}}}};
}

}  // namespace

extern const OpDef kPow = {
    .name = "Pow",
    .doc = "y = a ^ b, elementwise with numpy broadcasting. y has a's dtype; integers wrap.",
    .arity = {2, 2},
    .onnx = {"", "Pow", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true},
    .samples = Samples,
};

}  // namespace hasten::ops
