#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  for (int i : {1, 2})
    if (c.has(i) && c.type(i).is_tensor() && c.shape(i).ranked())
      HASTEN_REQUIRE(c.shape(i).rank() == 0 || (c.shape(i).rank() == 1 && !NeverEqual(c.shape(i)[0], 1)), "input ", i,
                     " must be a scalar, has shape ", c.shape(i));
  c.Out(0, c.type(0));
  return {};
}

Status EvalInts(KernelCall& c, bool is_signed) {
  HASTEN_ASSIGN(auto x, c.Ints(0));
  const DType dtype = c.input(0).dtype;
  const int64_t low = c.has(1) ? c.input(1).Int(0) : IntMin(dtype);
  const int64_t high = c.has(2) ? c.input(2).Int(0) : static_cast<int64_t>(IntMax(dtype));
  for (int64_t& v : x) {
    if (is_signed) v = std::min(std::max(v, low), high);
    else v = static_cast<int64_t>(std::min(std::max(static_cast<uint64_t>(v), static_cast<uint64_t>(low)), static_cast<uint64_t>(high)));
  }
  WriteInts(&c.output(0), 0, x);
  return {};
}

Status Eval(KernelCall& c) {
  if (!IsFloat(c.input(0).dtype)) return EvalInts(c, IsSigned(c.input(0).dtype));
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double low = c.has(1) ? c.input(1).Double(0) : -kInfinity;
  const double high = c.has(2) ? c.input(2).Double(0) : kInfinity;
  // A lower bound above the upper one gives the upper one; NaN stays.
  return EvalReal(c, [&](double v) { return std::isnan(v) ? v : std::min(std::max(v, low), high); });
}

Status BoundsToInputs(OnnxNode& n) {
  HASTEN_TRY(AttrFloatToInput(n, "min", 1));
  HASTEN_TRY(AttrFloatToInput(n, "max", 2));
  n.Drop("consumed_inputs");
  return {};
}

Status BoundsToAttrs(OnnxNode& n) {
  HASTEN_TRY(InputToAttrFloat(n, "max", 2));
  return InputToAttrFloat(n, "min", 1);
}

Status DropConsumed(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumed}, {6, BoundsToInputs, BoundsToAttrs}, {11}, {12}, {13}};

std::vector<Sample> Samples() {
  return {{"both", {{DType::kF32, {3, 5}, -3, 3}, {DType::kF32, {}, -1, -1}, {DType::kF32, {}, 1, 1}}},
          {"low only", {{DType::kF32, {7}, -3, 3}, {DType::kF32, {}, 0, 0}}},
          {"high only", {{DType::kI32, {7}, -9, 9}, {DType::kNone, {}}, {DType::kI32, {}, 2, 2}}},
          {"u8", {{DType::kU8, {7}, 0, 255}, {DType::kU8, {}, 9, 9}, {DType::kU8, {}, 200, 200}}}};
}

}  // namespace

extern const OpDef kClip = {
    .name = "Clip",
    .doc = "y = min(max(x, low), high), elementwise. low, high: scalars of x's dtype; absent: no bound.",
    .arity = {1, 3},
    .onnx = {"", "Clip", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
