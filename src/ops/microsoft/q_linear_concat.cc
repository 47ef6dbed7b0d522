#include "ops/microsoft/quantized_values.h"

namespace hasten::ops::microsoft {
namespace {

struct QLinearConcatAttrs {
  std::optional<int64_t> axis;
};
constexpr AttrField kFields[] = {Field<&QLinearConcatAttrs::axis>("axis")};

// Behind the output's scale and zero point: a tensor, its scale and its zero point, again and again.
constexpr int kFirst = 2, kEach = 3;

Status Infer(InferCall& c) {
  const auto& axis = c.attrs<QLinearConcatAttrs>().axis;
  HASTEN_REQUIRE(axis, "attribute 'axis' must be there");
  HASTEN_REQUIRE((c.inputs() - kFirst) % kEach == 0, "inputs must be 2 and 3 for each tensor, are ", c.inputs());
  HASTEN_TRY(RequireScalar(c, 0));
  HASTEN_TRY(RequireScalar(c, 1));
  HASTEN_TRY(RequireNumbers(c, 1));
  Shape y;
  Dim along = 0;
  bool all_ranked = true;
  for (int i = kFirst; i < c.inputs(); i += kEach) {
    HASTEN_TRY(RequireQuantized(c, i));
    const Shape& x = c.shape(i);
    all_ranked &= x.ranked();
    if (!x.ranked()) continue;
    HASTEN_ASSIGN(const int at, NormalizeAxis(*axis, x.rank()));
    if (!y.ranked()) y = x;
    HASTEN_REQUIRE(x.rank() == y.rank(), "inputs must have one rank, shapes are ", y, " and ", x);
    for (int d = 0; d < x.rank(); ++d)
      HASTEN_REQUIRE(d == at || !NeverEqual(x[d], y[d]), "inputs must agree but for the axis, shapes are ", y, " and ",
                     x);
    along = along + x[at];
  }
  if (y.ranked()) {
    HASTEN_ASSIGN(const int at, NormalizeAxis(*axis, y.rank()));
    y[at] = all_ranked ? along : Dim::Fresh();
  }
  c.Out(0, c.dtype(1), std::move(y));
  return {};
}

Status Eval(KernelCall& c) {
  const Dims& d = c.output(0).dims;
  HASTEN_ASSIGN(const int axis, NormalizeAxis(*c.attrs<QLinearConcatAttrs>().axis, d.rank()));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(d.elements()));
  const int64_t outer = d.Product(0, axis), row = d.Product(axis, d.rank());
  int64_t at = 0;
  for (int i = kFirst; i < c.inputs(); i += kEach) {
    HASTEN_ASSIGN(const auto x, Dequantize(c, i, QuantizationOf(c, i + 1, i + 2)));
    const int64_t block = c.input(i).dims.Product(axis, d.rank());
    for (int64_t o = 0; o < outer; ++o) std::copy_n(x.data() + o * block, block, y.data() + o * row + at);
    at += block;
  }
  WriteQuantized(c, QuantizationOf(c, 0, 1), y);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kU = DType::kU8;
  const SampleInput a{kU, {2, 3, 5}, 0, 255}, b{kU, {2, 1, 5}, 0, 255};
  const auto axis = [](int64_t v) { return std::vector<NamedAttr>{{"axis", v}}; };
  return {{"two",
           {ScaleInput(0.02), ZeroInput(kU, 9), a, ScaleInput(0.03), ZeroInput(kU, 120), b, ScaleInput(0.02),
            ZeroInput(kU, 9)},
           axis(1)},
          {"one, last axis", {ScaleInput(0.02), ZeroInput(kU, 9), a, ScaleInput(0.03), ZeroInput(kU, 120)}, axis(-1)}};
}

}  // namespace

extern const OpDef kQLinearConcat = {
    .name = "com.microsoft.QLinearConcat",
    .doc =
        "The values (x_i - zero_i) * scale_i one after the other along `axis`, as saturate(round(v / y_scale) + "
        "y_zero). Inputs: "
        "y_scale, y_zero, then x_i, scale_i, zero_i of each. x_i: i8 or u8 [.., a_i, ..]; y: dtype of y_zero [.., sum "
        "of a_i, ..].",
    .attrs = SchemaOf<QLinearConcatAttrs>(kFields),
    .arity = {5, kMany},
    .onnx = {"com.microsoft", "QLinearConcat", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
