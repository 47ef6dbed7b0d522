#include "ops/arg_extreme.h"

namespace hasten {
namespace {

// True if b is to be taken rather than a, which lies before it.
template <class T>
bool Takes(T a, T b, bool largest, bool last) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return last && std::isnan(b);
    if (std::isnan(b)) return true;
  }
  return a == b ? last : largest ? b > a : b < a;
}

template <class T>
void FindExtremes(const T* x, const Dims& dims, int axis, bool largest, bool last, Tensor* y) {
  const int64_t n = dims[static_cast<size_t>(axis)], inner = dims.Product(axis + 1, dims.rank());
  for (int64_t r = 0; r < y->elements(); ++r) {
    const T* row = x + r / inner * n * inner + r % inner;
    int64_t best = 0;
    for (int64_t i = 1; i < n; ++i)
      if (Takes(row[best * inner], row[i * inner], largest, last)) best = i;
    y->SetInt(r, best);
  }
}

}  // namespace

Status InferArgExtreme(InferCall& c) {
  const auto& a = c.attrs<ArgExtremeAttrs>();
  HASTEN_TRY(RequireTensors(c, 1));
  Shape y = c.shape(0);
  if (y.ranked()) {
    HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, y.rank()));
    HASTEN_REQUIRE(!y[axis].is(0), "axis ", axis, " must have entries, shape is ", y);
    if (a.keepdims)
      y[axis] = 1;
    else
      y.dims().erase(y.dims().begin() + axis);
  }
  return OutShape(c, 0, DType::kI64, std::move(y));
}

Status EvalArgExtreme(KernelCall& c, bool largest) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const auto& a = c.attrs<ArgExtremeAttrs>();
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, x.dims.rank()));
  const Lane lane = LaneOf(x.dtype);
  if (lane == Lane::kDouble) {
    HASTEN_ASSIGN(const auto v, c.Doubles(0));
    FindExtremes(v.data(), x.dims, axis, largest, a.select_last_index, y);
    return {};
  }
  HASTEN_REQUIRE(lane == Lane::kInt64 || lane == Lane::kUint64, "input must be numbers, is ", Name(x.dtype));
  HASTEN_ASSIGN(const auto v, c.Ints(0));
  if (lane == Lane::kInt64)
    FindExtremes(v.data(), x.dims, axis, largest, a.select_last_index, y);
  else
    FindExtremes(reinterpret_cast<const uint64_t*>(v.data()), x.dims, axis, largest, a.select_last_index, y);
  return {};
}

Status DownArgExtremeTo11(OnnxNode& n) {
  if (n.Int("select_last_index", 0) != 0)
    return Status(Code::kUnsupported, Str("select_last_index needs opset 12, is written at ", n.opset));
  n.Drop("select_last_index");
  return {};
}

std::vector<Sample> ArgExtremeSamples() {
  const SampleInput x{DType::kF32, {3, 5, 2}}, few{DType::kI32, {4, 7}, 0, 2};
  const NamedAttr last{"select_last_index", int64_t{1}}, axis1{"axis", int64_t{1}};
  return {{"axis 0", {x}},
          {"middle axis, dropped", {x}, {axis1, {"keepdims", int64_t{0}}}},
          {"last axis", {x}, {{"axis", int64_t{-1}}}},
          {"first of equals", {few}, {axis1}},
          {"last of equals", {few}, {axis1, last}},
          {"one entry", {{DType::kF16, {1, 3}}}},
          {"u8", {{DType::kU8, {11}, 0, 255}}},
          {"empty rows", {{DType::kF32, {0, 3}}}, {axis1}}};
}

namespace ops {
namespace {

Status Eval(KernelCall& c) { return EvalArgExtreme(c, true); }

}  // namespace

extern const OpDef kArgMax = {
    .name = "ArgMax",
    .doc =
        "The place along `axis` of the largest element of each row (the first or, on select_last_index, the last "
        "such) as i64; the axis stays as 1, or goes where keepdims is 0. NaN is taken before any number. x: "
        "numbers.",
    .attrs = SchemaOf<ArgExtremeAttrs>(kArgExtremeFields),
    .arity = {1, 1},
    .onnx = {"", "ArgMax", kArgExtremeVersions},
    .infer = InferArgExtreme,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = ArgExtremeSamples,
};

}  // namespace ops
}  // namespace hasten
