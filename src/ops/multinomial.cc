#include "ops/dtype_attr.h"
#include "ops/random.h"

namespace hasten::ops {
namespace {

struct MultinomialAttrs {
  int64_t dtype = 6;
  int64_t sample_size = 1;
  std::optional<float> seed;
};
constexpr AttrField kFields[] = {Field<&MultinomialAttrs::dtype>("dtype"),
                                 Field<&MultinomialAttrs::sample_size>("sample_size"),
                                 Field<&MultinomialAttrs::seed>("seed")};

Status Infer(InferCall& c) {
  const auto& attrs = c.attrs<MultinomialAttrs>();
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_TRY(c.RequireRank(0, 2));
  HASTEN_TRY(c.RequireDims(0, 1, Max(1, c.shape(0).ranked() ? c.shape(0)[1] : Dim::Fresh()), "classes, at least one"));
  HASTEN_ASSIGN(const DType dtype, DTypeFromAttr(attrs.dtype));
  HASTEN_REQUIRE(IsInteger(dtype), "output must be of integers, is of ", Name(dtype));
  HASTEN_REQUIRE(attrs.sample_size >= 1, "attribute sample_size must be at least 1, is ", attrs.sample_size);
  c.Out(0, dtype, {c.shape(0).ranked() ? c.shape(0)[0] : Dim::Fresh(), attrs.sample_size});
  return {};
}

Status Eval(KernelCall& c) {
  const auto& attrs = c.attrs<MultinomialAttrs>();
  const Dims& dims = c.input(0).dims;
  const auto classes = static_cast<size_t>(dims[1]);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto u, c.Scratch<double>(attrs.sample_size));
  const Philox stream = StreamOf(c, attrs.seed);
  for (int64_t b = 0; b < dims[0]; ++b) {
    const auto row = x.subspan(static_cast<size_t>(b) * classes, classes);
    const double largest = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (double& v : row) v = sum += std::exp(v - largest);
    stream.FillUniform(static_cast<uint64_t>(b * attrs.sample_size), u);
    for (double& v : u) {
      const auto hit = std::upper_bound(row.begin(), row.end(), v * sum) - row.begin();
      v = static_cast<double>(std::min<std::ptrdiff_t>(hit, static_cast<std::ptrdiff_t>(classes) - 1));
    }
    WriteDoubles(&c.output(0), b * attrs.sample_size, u);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{7}, {22}};

std::vector<Sample> Samples() {
  return {{"one of one", {{DType::kF32, {3, 1}}}},
          {"several", {{DType::kF32, {2, 5}, -3, 3}}, {{"sample_size", int64_t{7}}, {"seed", 2.0f}}},
          {"certain", {{DType::kF16, {1, 3}, 0, 0, {-60000, 60000, 0}}}, {{"sample_size", int64_t{4}}}},
          {"i64", {{DType::kF64, {2, 3}}}, {{"dtype", int64_t{7}}, {"seed", 2.0f}}}};
}

}  // namespace

extern const OpDef kMultinomial = {
    .name = "Multinomial",
    .doc =
        "Classes drawn by their unnormalised log-probabilities x [batch, classes]: y [batch, sample_size] of i32 or "
        "i64, "
        "class k with probability exp(x[k]) / sum(exp(x)).",
    .attrs = SchemaOf<MultinomialAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Multinomial", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.random = true},
    .samples = Samples,
};

}  // namespace hasten::ops
