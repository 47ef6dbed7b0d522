#include "ops/random.h"

namespace hasten::ops {
namespace {

struct RandomUniformLikeAttrs {
  std::optional<int64_t> dtype;
  float low = 0, high = 1;
  std::optional<float> seed;
};
using A = RandomUniformLikeAttrs;
constexpr AttrField kFields[] = {Field<&A::dtype>("dtype"), Field<&A::low>("low"), Field<&A::high>("high"),
                                 Field<&A::seed>("seed")};

Status Infer(InferCall& c) { return InferRandom(c, c.attrs<A>().dtype, c.shape(0)); }

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  return EvalUniform(c, a.seed, static_cast<double>(a.high) - static_cast<double>(a.low), static_cast<double>(a.low));
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() {
  return {{"of the input's dtype", {{DType::kF64, {3, 7}}}, {{"seed", 7.0f}}},
          {"range", {{DType::kF32, {3, 7}}}, {{"seed", 7.0f}, {"low", -3.0f}, {"high", 2.5f}}},
          {"of another dtype", {{DType::kI32, {5}}}, {{"dtype", int64_t{1}}}}};
}

}  // namespace

extern const OpDef kRandomUniformLike = {
    .name = "RandomUniformLike",
    .doc = "Uniform numbers in [low, high), of the shape and (without the attribute dtype) dtype of x.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"", "RandomUniformLike", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.random = true},
    .samples = Samples,
};

}  // namespace hasten::ops
