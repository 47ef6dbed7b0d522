#include "ops/elementwise.h"
#include "ops/normalization.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_ASSIGN(const auto axis, CheckRowNorm(c));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  c.Out(0, c.type(0));
  Shape rows = c.shape(0);
  for (int i = axis.value_or(0); rows.ranked() && i < rows.rank(); ++i) rows[i] = 1;
  const auto stash = static_cast<DType>(c.attrs<RowNormAttrs>().stash_type);
  c.Out(1, stash, rows);
  c.Out(2, stash, rows);
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<RowNormAttrs>();
  const Dims& d = c.input(0).dims;
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, d.rank()));
  const auto size = static_cast<size_t>(d.Product(axis, d.rank()));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto scale, c.Doubles(1));
  std::span<double> bias;
  if (c.has(2)) {
    HASTEN_ASSIGN(bias, c.Doubles(2));
  }
  for (int64_t r = 0; r < d.Product(0, axis); ++r) {
    const auto row = x.subspan(static_cast<size_t>(r) * size, size);
    const Moments m = MomentsOf(row);
    const double factor = 1 / std::sqrt(m.variance + static_cast<double>(a.epsilon));
    for (double& v : row) v = (v - m.mean) * factor;
    if (c.wants(1)) c.output(1).SetDouble(r, m.mean);
    if (c.wants(2)) c.output(2).SetDouble(r, factor);
  }
  BroadcastWalk st(c.input(1).dims, d), bt(c.has(2) ? c.input(2).dims : Dims{}, d);
  for (double& v : x) {
    v = v * scale[static_cast<size_t>(st.offset())] + (bias.empty() ? 0.0 : bias[static_cast<size_t>(bt.offset())]);
    st.Next();
    bt.Next();
  }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{17}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5}, -2, 2}, k{DType::kF32, {5}};
  return {{"last axis", {x, k, k}},
          {"no bias", {x, k}},
          {"statistics", {x, k, k}, {}, 3},
          {"two axes", {x, {DType::kF32, {3, 5}}, {DType::kF32, {3, 5}}}, {{"axis", int64_t{1}}}, 3},
          {"all axes, scale broadcasts", {x, k, {DType::kF32, {2, 1, 5}}}, {{"axis", int64_t{0}}}},
          {"epsilon", {x, k, k}, {{"epsilon", 0.5f}}},
          {"prime row", {{DType::kF32, {3, 1009}}, {DType::kF32, {1009}}, {DType::kF32, {1009}}}},
          {"one element", {{DType::kF32, {1, 1}}, {DType::kF32, {1}}}},
          {"large mean", {{DType::kF32, {2, 64}, 1000, 1001}, {DType::kF32, {64}}}},
          {"no rows", {{DType::kF32, {0, 5}}, k, k}, {}, 3},
          {"f16", {{DType::kF16, {3, 5}}, {DType::kF16, {5}}, {DType::kF16, {5}}}, {}, 3},
          {"stash_type bf16", {{DType::kBF16, {3, 5}}, {DType::kBF16, {5}}}, {{"stash_type", int64_t{16}}}, 3}};
}

}  // namespace

extern const OpDef kLayerNormalization = {
    .name = "LayerNormalization",
    .doc =
        "y = (x - mean) / sqrt(variance + epsilon) * scale + b, mean and variance over the axes from `axis` on. x: "
        "float [d...]; scale, b: broadcast to x; y: as x; mean, 1 / sqrt(variance + epsilon): dtype stash_type, "
        "[d..., 1...]. Ba et al., 2016.",
    .attrs = SchemaOf<RowNormAttrs>(kRowNormFields),
    .arity = {2, 3, 1, 3},
    .onnx = {"", "LayerNormalization", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
