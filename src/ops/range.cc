#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct RangeAttrs {
  int64_t stash_type = 1;
};
constexpr AttrField kFields[] = {Field<&RangeAttrs::stash_type>("stash_type")};

constexpr double kMaxCount = 0x1p60;

// ceil((limit - start) / delta), the difference rounded to the dtype (f32 for narrower ones), the quotient not.
Result<int64_t> CountReals(const Tensor& start, const Tensor& limit, const Tensor& delta, bool narrow) {
  double difference = limit.Double(0) - start.Double(0);
  if (narrow) difference = static_cast<double>(static_cast<float>(difference));
  const double count = std::ceil(difference / delta.Double(0));
  HASTEN_REQUIRE(std::isfinite(delta.Double(0)) && count < kMaxCount, "must have a finite number of elements, from ",
                 start.Double(0), " to ", limit.Double(0), " by ", delta.Double(0));
  return count > 0 ? static_cast<int64_t>(count) : 0;
}

Status InferInts(InferCall& c) {
  const auto start = c.KnownOf(0), limit = c.KnownOf(1), delta = c.KnownOf(2);
  const bool known = start && limit && delta && start->elements.size() == 1 && limit->elements.size() == 1 &&
                     delta->elements.size() == 1 && delta->elements[0].is_const();
  if (!known) {
    c.Out(0, c.dtype(0), Shape::Fresh(1));
    return {};
  }
  const Dim &first = start->elements[0], &step = delta->elements[0];
  HASTEN_REQUIRE(!step.is(0), "delta must not be 0");
  const Dim count = Max(CeilDiv(limit->elements[0] - first, step), 0);
  if (count.is_const() && count.value() <= kMaxKnownInts) {
    KnownInts out{{count.value()}, {}};
    for (int64_t i = 0; i < count.value(); ++i) out.elements.push_back(first + step * i);
    c.OutInts(0, std::move(out));
  }
  return OutShape(c, 0, c.dtype(0), {count});
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 3));
  for (int i = 0; i < 3; ++i) HASTEN_TRY(RequireOneElement(c, i));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  const int64_t stash = c.attrs<RangeAttrs>().stash_type;
  HASTEN_REQUIRE(stash == 1 || stash == 11, "stash_type must be 1 (f32) or 11 (f64), is ", stash);
  if (IsInteger(c.dtype(0))) return InferInts(c);
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || IsFloat(c.dtype(0)), "inputs must be numbers, are ", Name(c.dtype(0)));
  const Tensor *start = c.constant(0), *limit = c.constant(1), *delta = c.constant(2);
  Dim count = Dim::Fresh();
  if (start && limit && delta && IsFloat(c.dtype(0))) {
    const bool narrow = c.dtype(0) != DType::kF64 && (c.dtype(0) == DType::kF32 || stash == 1);
    HASTEN_ASSIGN(count, CountReals(*start, *limit, *delta, narrow));
  }
  return OutShape(c, 0, c.dtype(0), {count});
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const int64_t n = y->elements();
  if (IsFloat(y->dtype)) {
    const double start = c.input(0).Double(0), delta = c.input(2).Double(0);
    for (int64_t i = 0; i < n; ++i) y->SetDouble(i, start + static_cast<double>(i) * delta);
    return {};
  }
  // Unsigned: what is behind the last element may overflow.
  auto value = static_cast<uint64_t>(c.input(0).Int(0));
  const auto delta = static_cast<uint64_t>(c.input(2).Int(0));
  for (int64_t i = 0; i < n; ++i, value += delta) y->SetInt(i, static_cast<int64_t>(value));
  return {};
}

Status DownTo11(OnnxNode& n) {
  n.Drop("stash_type");
  return {};
}

constexpr OnnxVersion kVersions[] = {{11, nullptr, DownTo11}, {27}};

std::vector<Sample> Samples() {
  const auto of = [](DType t, double start, double limit, double delta) {
    return std::vector<SampleInput>{{t, {}, 0, 0, {start}}, {t, {}, 0, 0, {limit}}, {t, {}, 0, 0, {delta}}};
  };
  return {{"up", of(DType::kI64, 3, 17, 3)},
          {"down", of(DType::kI32, 5, -6, -2)},
          {"empty", of(DType::kI64, 5, 5, 1)},
          {"away from the limit", of(DType::kI16, 1, 9, -1)},
          {"f32 fractions", of(DType::kF32, 0, 1, 0.1)},
          {"f64", of(DType::kF64, -1, 1, 0.3)},
          {"f16 rounds each element once", of(DType::kF16, 2040, 2060, 1)}};
}

}  // namespace

extern const OpDef kRange = {
    .name = "Range",
    .doc =
        "y[i] = start + i * delta for i in [0, n), n = max(ceil((limit - start) / delta), 0). Inputs: scalars of "
        "one dtype; y: [n]. Computed in double and rounded once, so that stash_type makes no difference but to n.",
    .attrs = SchemaOf<RangeAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"", "Range", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
