#include "ops/elementwise.h"
#include "ops/normalization.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(std::move(CheckRowNorm(c)).status());
  c.Out(0, c.dtype(1), c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<RowNormAttrs>();
  const Dims& d = c.input(0).dims;
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, d.rank()));
  const auto size = static_cast<size_t>(d.Product(axis, d.rank()));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto scale, c.Doubles(1));
  for (int64_t r = 0; r < d.Product(0, axis); ++r) {
    const auto row = x.subspan(static_cast<size_t>(r) * size, size);
    double squares = 0;
    for (double v : row) squares += v * v;
    const double factor = 1 / std::sqrt(squares / static_cast<double>(size) + static_cast<double>(a.epsilon));
    for (double& v : row) v *= factor;
  }
  BroadcastWalk at(c.input(1).dims, d);
  for (double& v : x) {
    v *= scale[static_cast<size_t>(at.offset())];
    at.Next();
  }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{23}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5}, -2, 2}, k{DType::kF32, {5}};
  return {{"last axis", {x, k}},
          {"two axes", {x, {DType::kF32, {3, 5}}}, {{"axis", int64_t{1}}}},
          {"all axes, scalar scale", {x, {DType::kF32, {}}}, {{"axis", int64_t{0}}}},
          {"epsilon", {x, k}, {{"epsilon", 0.5f}}},
          {"prime row", {{DType::kF32, {3, 1009}}, {DType::kF32, {1009}}}},
          {"one element", {{DType::kF32, {1, 1}}, {DType::kF32, {1}}}},
          {"no rows", {{DType::kF32, {0, 5}}, k}},
          {"f16 with f32 scale", {{DType::kF16, {3, 5}}, k}},
          {"bf16", {{DType::kBF16, {3, 5}}, {DType::kBF16, {5}}}}};
}

}  // namespace

extern const OpDef kRmsNormalization = {
    .name = "RMSNormalization",
    .doc =
        "y = x / sqrt(mean of x^2 + epsilon) * scale, the mean over the axes from `axis` on. x: float [d...]; scale: "
        "broadcast to x; y: shape of x, dtype of scale. Zhang and Sennrich, 2019.",
    .attrs = SchemaOf<RowNormAttrs>(kRowNormFields),
    .arity = {2, 2},
    .onnx = {"", "RMSNormalization", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
