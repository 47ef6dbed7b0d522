#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct MeanVarianceNormalizationAttrs {
  std::vector<int64_t> axes = {0, 2, 3};
};
constexpr AttrField kFields[] = {Field<&MeanVarianceNormalizationAttrs::axes>("axes")};

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  const Shape& x = c.shape(0);
  if (x.ranked())
    for (int64_t v : c.attrs<MeanVarianceNormalizationAttrs>().axes) HASTEN_TRY(NormalizeAxis(v, x.rank()).status());
  return InferSameAsInput(c);
}

// dims with 1 along the axes.
Result<Dims> Kept(const Dims& dims, const std::vector<int64_t>& axes) {
  Dims kept = dims;
  for (int64_t v : axes) {
    HASTEN_ASSIGN(const int axis, NormalizeAxis(v, dims.rank()));
    kept[static_cast<size_t>(axis)] = 1;
  }
  return kept;
}

Status Eval(KernelCall& c) {
  const Dims& d = c.input(0).dims;
  HASTEN_ASSIGN(const Dims kept, Kept(d, c.attrs<MeanVarianceNormalizationAttrs>().axes));
  if (c.input(0).elements() == 0) return {};
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto mean, c.Scratch<double>(kept.elements()));
  HASTEN_ASSIGN(const auto variance, c.Scratch<double>(kept.elements()));
  const auto count = static_cast<double>(d.elements() / kept.elements());
  // f(element, its mean, its variance)
  const auto each = [&](auto f) {
    BroadcastWalk at(kept, d);
    for (double& v : x) {
      f(v, mean[static_cast<size_t>(at.offset())], variance[static_cast<size_t>(at.offset())]);
      at.Next();
    }
  };
  std::fill(mean.begin(), mean.end(), 0.0);
  std::fill(variance.begin(), variance.end(), 0.0);
  each([](double v, double& m, double&) { m += v; });
  for (double& m : mean) m /= count;
  each([](double v, double m, double& s) { s += (v - m) * (v - m); });
  constexpr double kEpsilon = 1e-9;  // of ONNX's function body
  each([&](double& v, double m, double s) { v = (v - m) / (std::sqrt(s / count) + kEpsilon); });
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{9}, {13}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5, 7}, -2, 2};
  using Ints = std::vector<int64_t>;
  return {{"per channel", {x}},
          {"per image", {x}, {{"axes", Ints{1, 2, -1}}}},
          {"middle axis", {x}, {{"axes", Ints{2}}}},
          {"constant", {{DType::kF32, {2, 1, 2, 2}, 3, 3}}},
          {"no batch", {{DType::kF32, {0, 3, 5, 7}}}},
          {"f16", {{DType::kF16, {2, 3, 5, 7}}}}};
}

}  // namespace

extern const OpDef kMeanVarianceNormalization = {
    .name = "MeanVarianceNormalization",
    .doc =
        "y = (x - mean) / (deviation + 1e-9), mean and deviation (of the population) over `axes`. x: float [d...]; y: "
        "the same.",
    .attrs = SchemaOf<MeanVarianceNormalizationAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "MeanVarianceNormalization", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
