#include "ops/dtype_attr.h"
#include "ops/random.h"

namespace hasten::ops {
namespace {

struct BernoulliAttrs {
  std::optional<int64_t> dtype;
  std::optional<float> seed;
};
constexpr AttrField kFields[] = {Field<&BernoulliAttrs::dtype>("dtype"), Field<&BernoulliAttrs::seed>("seed")};

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  DType dtype = c.dtype(0);
  HASTEN_REQUIRE(dtype == DType::kNone || IsFloat(dtype), "input must be of floating-point numbers, is ", c.type(0));
  if (const auto& attr = c.attrs<BernoulliAttrs>().dtype) {
    HASTEN_ASSIGN(dtype, DTypeFromAttr(*attr));
    HASTEN_REQUIRE(IsFloat(dtype) || IsInteger(dtype) || dtype == DType::kBool,
                   "output must be of real numbers or bool, is of ", Name(dtype));
  }
  c.Out(0, dtype, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const auto p, c.Doubles(0));
  HASTEN_ASSIGN(const auto u, c.Scratch<double>(c.input(0).elements()));
  StreamOf(c, c.attrs<BernoulliAttrs>().seed).FillUniform(0, u);
  for (size_t i = 0; i < u.size(); ++i) u[i] = u[i] < p[i];
  WriteDoubles(&c.output(0), 0, u);
  return {};
}

constexpr OnnxVersion kVersions[] = {{15}, {22}};

std::vector<Sample> Samples() {
  return {{"never and always", {{DType::kF32, {4}, 0, 0, {0, 1, 0, 1}}}},
          {"with a seed", {{DType::kF64, {3, 5}, 0, 1}}, {{"seed", 3.0f}}},
          {"bool", {{DType::kF16, {7}, 0, 1}}, {{"seed", 3.0f}, {"dtype", int64_t{9}}}},
          {"empty", {{DType::kF32, {0}}}}};
}

}  // namespace

extern const OpDef kBernoulli = {
    .name = "Bernoulli",
    .doc = "1 with probability p, else 0, for each element p of x.",
    .attrs = SchemaOf<BernoulliAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Bernoulli", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.random = true},
    .samples = Samples,
};

}  // namespace hasten::ops
