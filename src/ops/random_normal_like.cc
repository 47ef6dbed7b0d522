#include "ops/random.h"

namespace hasten::ops {
namespace {

struct RandomNormalLikeAttrs {
  std::optional<int64_t> dtype;
  float mean = 0, scale = 1;
  std::optional<float> seed;
};
using A = RandomNormalLikeAttrs;
constexpr AttrField kFields[] = {Field<&A::dtype>("dtype"), Field<&A::mean>("mean"), Field<&A::scale>("scale"),
                                 Field<&A::seed>("seed")};

Status Infer(InferCall& c) { return InferRandom(c, c.attrs<A>().dtype, c.shape(0)); }

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  return EvalNormal(c, a.seed, static_cast<double>(a.scale), static_cast<double>(a.mean));
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() {
  return {{"of the input's dtype", {{DType::kF64, {3, 7}}}, {{"seed", 7.0f}}},
          {"mean and scale", {{DType::kF32, {3, 7}}}, {{"seed", 7.0f}, {"mean", -3.0f}, {"scale", 2.5f}}},
          {"of another dtype", {{DType::kI32, {5}}}, {{"dtype", int64_t{1}}}}};
}

}  // namespace

extern const OpDef kRandomNormalLike = {
    .name = "RandomNormalLike",
    .doc =
        "Normal numbers of the given mean and deviation (scale), of the shape and (without the attribute dtype) dtype "
        "of x.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"", "RandomNormalLike", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.random = true},
    .samples = Samples,
};

}  // namespace hasten::ops
