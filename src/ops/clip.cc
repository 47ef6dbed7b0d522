#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

// Whole-number bounds that are known, or none where there is no bound.
bool KnownBound(const InferCall& c, int i, std::optional<Dim>* bound) {
  if (!c.has(i)) return true;
  const auto known = WholeNumbers(c, i);
  if (!known || known->elements.size() != 1) return false;
  *bound = known->elements[0];
  return true;
}

void Propagate(InferCall& c) {
  auto x = WholeNumbers(c, 0);
  std::optional<Dim> low, high;
  if (!x || !KnownBound(c, 1, &low) || !KnownBound(c, 2, &high)) return;
  for (Dim& d : x->elements) {
    if (low) d = Max(d, *low);
    if (high) d = Min(d, *high);
  }
  SetKnown(c, c.dtype(0), std::move(*x));
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kNumber));
  for (int i : {1, 2}) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_TRY(c.RequireSameDType(0, i));
    if (!c.has(i) || !c.shape(i).ranked()) continue;
    HASTEN_REQUIRE(!NeverEqual(c.shape(i).elements(), 1), "input ", i, " must be a scalar, has shape ", c.shape(i));
  }
  Propagate(c);
  return InferSameAsInput(c);
}

// T: the lane in which the elements are compared.
template <class T>
Status EvalIntegers(KernelCall& c) {
  HASTEN_ASSIGN(const auto x, c.Ints(0));
  const T low = c.has(1) ? static_cast<T>(c.input(1).Int(0)) : std::numeric_limits<T>::min();
  const T high = c.has(2) ? static_cast<T>(c.input(2).Int(0)) : std::numeric_limits<T>::max();
  for (int64_t& v : x) v = static_cast<int64_t>(std::min(std::max(static_cast<T>(v), low), high));
  WriteInts(&c.output(0), 0, x);
  return {};
}

Status Eval(KernelCall& c) {
  for (int i : {1, 2})
    if (c.has(i) && c.input(i).elements() != 1)
      return Status(Code::kInvalidArgument, Str("input ", i, " must be a scalar, is ", c.input(i)));
  const Lane lane = LaneOf(c.input(0).dtype);
  if (lane == Lane::kInt64) return EvalIntegers<int64_t>(c);
  if (lane == Lane::kUint64) return EvalIntegers<uint64_t>(c);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double low = c.has(1) ? c.input(1).Double(0) : -kInfinity;
  const double high = c.has(2) ? c.input(2).Double(0) : kInfinity;
  if (std::isunordered(low, high)) return EvalReal(c, [](double) { return std::numeric_limits<double>::quiet_NaN(); });
  return EvalReal(c, [=](double x) { return std::min(std::max(x, low), high); });
}

// The bounds were attributes; opset 6 defaulted to the ends of f32.
Status UpFrom6(OnnxNode& n) {
  HASTEN_TRY(AttrFloatToInput(n, "min", 1));
  return AttrFloatToInput(n, "max", 2);
}

Status DownTo6(OnnxNode& n) {
  HASTEN_TRY(InputToAttrFloat(n, "max", 2));
  return InputToAttrFloat(n, "min", 1);
}

constexpr OnnxVersion kVersions[] = {{1, DropConsumedInputs}, {6, UpFrom6, DownTo6}, {11}, {12}, {13}};

std::vector<Sample> Samples() {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const SampleInput absent = {DType::kNone, {}};
  return {{"both bounds", {{DType::kF32, {3, 5}, -3, 3}, {DType::kF32, {}, -1, -1}, {DType::kF32, {}, 1, 1}}},
          {"no bounds", {{DType::kF32, {7}, -3, 3}}},
          {"low alone", {{DType::kF32, {1033}, -3, 3}, {DType::kF32, {}, 0, 0}}},
          {"high alone", {{DType::kI32, {7}, -9, 9}, absent, {DType::kI32, {}, 2, 2}}},
          {"low above high", {{DType::kF32, {5}, -3, 3}, {DType::kF32, {}, 2, 2}, {DType::kF32, {}, 1, 1}}},
          {"NaN stays", {{DType::kF32, {2}, 0, 0, {kNaN, 9}}, {DType::kF32, {}, -1, -1}, {DType::kF32, {}, 1, 1}}},
          {"scalar f64", {{DType::kF64, {}, 5, 9}, {DType::kF64, {}, -1, -1}, {DType::kF64, {}, 1, 1}}},
          {"f16", {{DType::kF16, {7}, -3, 3}, {DType::kF16, {}, -1, -1}, {DType::kF16, {}, 1, 1}}},
          {"u8", {{DType::kU8, {7}, 0, 255}, {DType::kU8, {}, 9, 9}, {DType::kU8, {}, 200, 200}}},
          {"u64 in the upper half", {{DType::kU64, {2}, 0, 0, {0x1p63, 5}}, {DType::kU64, {}, 7, 7}}},
          {"zero-size", {{DType::kF32, {0, 2}}, {DType::kF32, {}, 0, 0}}}};
}

}  // namespace

extern const OpDef kClip = {
    .name = "Clip",
    .doc =
        "y = min(max(x, low), high), elementwise; NaN stays. x, y: number [d...]; low, high: scalars of the same "
        "dtype; absent: no bound.",
    .arity = {1, 3},
    .onnx = {"", "Clip", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
