#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

constexpr int64_t kMaxKnownExponent = 4;

Dim KnownPower(const Dim& base, const Dim& exponent) {
  if (!exponent.is_const() || exponent.value() < 0 || exponent.value() > kMaxKnownExponent) return AnyInteger();
  Dim power = 1;
  for (int64_t i = 0; i < exponent.value(); ++i) power = power * base;
  return power;
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kNumber));
  HASTEN_TRY(RequireKind(c, 1, DTypeKind::kNumber));
  PropagateInts(c, KnownPower);
  HASTEN_ASSIGN(Shape shape, Broadcast(c.shape(0), c.shape(1)));
  c.Out(0, c.dtype(0), std::move(shape));
  return {};
}

int64_t IntegerPower(int64_t base, int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  uint64_t power = 1, square = static_cast<uint64_t>(base);
  for (uint64_t rest = static_cast<uint64_t>(exponent); rest; rest >>= 1, square *= square)
    if (rest & 1) power *= square;
  return static_cast<int64_t>(power);
}

// Two integers stay integers; a float on either side makes the formula real.
Status EvalRow(const KernelCall& c, const BroadcastRows& row) {
  const Tensor &a = c.input(0), &b = c.input(1);
  Tensor& y = c.output(0);
  const bool integers = IsInteger(a.dtype) && IsInteger(b.dtype);
  for (int64_t i = 0; i < row.size(); ++i) {
    const int64_t at = row.offset(0) + i * row.step(0), bt = row.offset(1) + i * row.step(1);
    if (integers)
      y.SetInt(row.begin() + i, IntegerPower(a.Int(at), b.Int(bt)));
    else
      y.SetDouble(row.begin() + i, std::pow(a.Double(at), b.Double(bt)));
  }
  return {};
}

Status Eval(KernelCall& c) {
  const DType a = c.input(0).dtype, b = c.input(1).dtype;
  if (a == b)
    return EvalBinary(c, {.real = [](double x, double y) { return std::pow(x, y); }, .integer = IntegerPower});
  for (BroadcastRows row({&c.input(0).dims, &c.input(1).dims}, c.output(0).dims); !row.done(); row.Next()) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    HASTEN_TRY(EvalRow(c, row));
  }
  return {};
}

// Before opset 12 both inputs had one dtype.
Status DownTo7(OnnxNode& n) {
  const DType base = n.TypeOf(0).dtype, exponent = n.TypeOf(1).dtype;
  if (base == exponent || base == DType::kNone || exponent == DType::kNone) return {};
  if (!IsFloat(base))
    return Status(Code::kUnsupported,
                  Str("Pow of ", Name(base), " by ", Name(exponent), " has no form at opset ", n.opset));
  n.inputs[1] = n.Emit("Cast", {n.inputs[1]}, {{"to", static_cast<int64_t>(base)}});
  return {};
}

constexpr OnnxVersion kVersions[] = {
    {1, UpgradeLegacyBroadcast, DowngradeBroadcast}, {7, nullptr, DownTo7}, {12}, {13}, {15}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealPairSamples();
  out.push_back({"square", {{DType::kF32, {3, 5}, -3, 3}, {DType::kF32, {}, 2, 2}}});
  out.push_back({"integers wrap", {{DType::kI32, {5, 1}, -9, 9}, {DType::kI32, {3}, 0, 0, {0, 3, 31}}}});
  out.push_back({"integers by negative ones",
                 {{DType::kI64, {5}, 0, 0, {-2, -1, 0, 1, 2}}, {DType::kI64, {2, 1}, 0, 0, {-1, -2}}}});
  out.push_back({"float by integer", {{DType::kF32, {5}, -4, 4}, {DType::kI64, {1}, 3, 3}}});
  out.push_back({"integer by float truncates", {{DType::kI32, {5}, 0, 9}, {DType::kF32, {2, 1}, 0, 0, {0.5, 1.5}}}});
  return out;
}

}  // namespace

extern const OpDef kPow = {
    .name = "Pow",
    .doc =
        "y = a ^ b, elementwise with numpy broadcasting. a: number [d...]; b: number [d...] of any dtype; y: a's dtype "
        "[broadcast]. Integers wrap; with a float on either side the power is real and truncates into an integer y.",
    .arity = {2, 2},
    .onnx = {"", "Pow", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
