#include "ops/random.h"

namespace hasten::ops {
namespace {

struct RandomUniformAttrs {
  std::optional<std::vector<int64_t>> shape;
  int64_t dtype = 1;
  float low = 0, high = 1;
  std::optional<float> seed;
};
using A = RandomUniformAttrs;
constexpr AttrField kFields[] = {Field<&A::shape>("shape"), Field<&A::dtype>("dtype"), Field<&A::low>("low"),
                                 Field<&A::high>("high"), Field<&A::seed>("seed")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_REQUIRE(a.shape, "must have the attribute shape");
  HASTEN_ASSIGN(Shape shape, RandomShape(*a.shape));
  return InferRandom(c, a.dtype, std::move(shape));
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  return EvalUniform(c, a.seed, static_cast<double>(a.high) - static_cast<double>(a.low), static_cast<double>(a.low));
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() {
  const std::vector<int64_t> shape = {3, 81};
  return {{"with a seed", {}, {{"shape", shape}, {"seed", 7.0f}}},
          {"range", {}, {{"shape", shape}, {"seed", 7.0f}, {"low", -3.0f}, {"high", 2.5f}}},
          {"f16", {}, {{"shape", shape}, {"seed", 0.5f}, {"dtype", int64_t{10}}}},
          {"scalar", {}, {{"shape", std::vector<int64_t>()}}},
          {"empty", {}, {{"shape", std::vector<int64_t>{0, 3}}}}};
}

}  // namespace

extern const OpDef kRandomUniform = {
    .name = "RandomUniform",
    .doc = "Uniform numbers in [low, high), of the attribute shape.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {0, 0},
    .onnx = {"", "RandomUniform", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.random = true},
    .samples = Samples,
};

}  // namespace hasten::ops
