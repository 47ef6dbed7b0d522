#include "ops/elementwise.h"
#include "ops/ml/rows.h"

namespace hasten::ops::ml {
namespace {

struct ImputerAttrs {
  std::vector<float> imputed_value_floats;
  std::vector<int64_t> imputed_value_int64s;
  float replaced_value_float = 0;
  int64_t replaced_value_int64 = 0;
};
using A = ImputerAttrs;
constexpr AttrField kFields[] = {
    Field<&A::imputed_value_floats>("imputed_value_floats"), Field<&A::imputed_value_int64s>("imputed_value_int64s"),
    Field<&A::replaced_value_float>("replaced_value_float"), Field<&A::replaced_value_int64>("replaced_value_int64")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_TRY(RequireNumbers(c, 0));
  if (c.dtype(0) == DType::kNone) return InferSameAsInput(c);
  const size_t n = IsFloat(c.dtype(0)) ? a.imputed_value_floats.size() : a.imputed_value_int64s.size();
  HASTEN_REQUIRE(n > 0, "must have values of the input's kind to put in, has none for ", Name(c.dtype(0)));
  const Shape& shape = c.shape(0);
  if (n > 1 && shape.ranked())
    HASTEN_REQUIRE(shape.rank() > 0 && !NeverEqual(shape[shape.rank() - 1], static_cast<int64_t>(n)),
                   "must have 1 value to put in or one for each column, has ", n, " for ", c.type(0));
  return InferSameAsInput(c);
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  if (IsFloat(c.input(0).dtype)) {
    HASTEN_ASSIGN(const auto x, c.Doubles(0));
    const auto replaced = static_cast<double>(a.replaced_value_float);
    for (size_t i = 0; i < x.size(); ++i)
      if (x[i] == replaced || (std::isnan(x[i]) && std::isnan(replaced)))
        x[i] = static_cast<double>(a.imputed_value_floats[i % a.imputed_value_floats.size()]);
    WriteDoubles(&c.output(0), 0, x);
    return {};
  }
  HASTEN_ASSIGN(const auto x, c.Ints(0));
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i] == a.replaced_value_int64) x[i] = a.imputed_value_int64s[i % a.imputed_value_int64s.size()];
  WriteInts(&c.output(0), 0, x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  return {{"NaN, a value for each column",
           {{DType::kF32, {2, 2}, 0, 0, {1, NAN, NAN, 2}}},
           {{"imputed_value_floats", std::vector<float>{5, 6}}, {"replaced_value_float", NAN}}},
          {"a number",
           {{DType::kF64, {3}, 0, 0, {1, -1, 2}}},
           {{"imputed_value_floats", std::vector<float>{5}}, {"replaced_value_float", -1.0f}}},
          {"integers",
           {{DType::kI64, {2, 3}, -1, 1}},
           {{"imputed_value_int64s", std::vector<int64_t>{7}}, {"replaced_value_int64", int64_t{-1}}}}};
}

}  // namespace

extern const OpDef kImputer = {
    .name = "ai.onnx.ml.Imputer",
    .doc =
        "x [*, F] with the replaced value (which may be NaN) exchanged for the imputed one of its column, or for the "
        "only one.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "Imputer", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
