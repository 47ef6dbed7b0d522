#include "ops/random.h"

namespace hasten::ops {
namespace {

struct RandomNormalAttrs {
  std::optional<std::vector<int64_t>> shape;
  int64_t dtype = 1;
  float mean = 0, scale = 1;
  std::optional<float> seed;
};
using A = RandomNormalAttrs;
constexpr AttrField kFields[] = {Field<&A::shape>("shape"), Field<&A::dtype>("dtype"), Field<&A::mean>("mean"),
                                 Field<&A::scale>("scale"), Field<&A::seed>("seed")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_REQUIRE(a.shape, "must have the attribute shape");
  HASTEN_ASSIGN(Shape shape, RandomShape(*a.shape));
  return InferRandom(c, a.dtype, std::move(shape));
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  return EvalNormal(c, a.seed, static_cast<double>(a.scale), static_cast<double>(a.mean));
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() {
  const std::vector<int64_t> shape = {3, 81};
  return {{"with a seed", {}, {{"shape", shape}, {"seed", 7.0f}}},
          {"mean and scale", {}, {{"shape", shape}, {"seed", 7.0f}, {"mean", -3.0f}, {"scale", 2.5f}}},
          {"f16", {}, {{"shape", shape}, {"seed", 0.5f}, {"dtype", int64_t{10}}}},
          {"scalar", {}, {{"shape", std::vector<int64_t>()}}},
          {"empty", {}, {{"shape", std::vector<int64_t>{0, 3}}}}};
}

}  // namespace

extern const OpDef kRandomNormal = {
    .name = "RandomNormal",
    .doc = "Normal numbers of the given mean and deviation (scale), of the attribute shape.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {0, 0},
    .onnx = {"", "RandomNormal", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.random = true},
    .samples = Samples,
};

}  // namespace hasten::ops
