#include "ops/simplified_layer_norm.h"

#include "ops/elementwise.h"

namespace hasten {

Status InferSimplifiedLayerNorm(InferCall& c) {
  HASTEN_ASSIGN(const auto axis, CheckRowNorm(c));
  c.Out(0, c.dtype(1), c.shape(0));
  Shape rows = c.shape(0);
  for (int i = axis.value_or(0); rows.ranked() && i < rows.rank(); ++i) rows[i] = 1;
  c.Out(1, static_cast<DType>(c.attrs<RowNormAttrs>().stash_type), std::move(rows));
  return {};
}

Status EvalSimplifiedLayerNorm(KernelCall& c) {
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
    if (c.wants(1)) c.output(1).SetDouble(r, factor);
  }
  BroadcastWalk at(c.input(1).dims, d);
  for (double& v : x) {
    v *= scale[static_cast<size_t>(at.offset())];
    at.Next();
  }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

std::vector<Sample> SimplifiedLayerNormSamples() {
  const SampleInput x{DType::kF32, {2, 3, 5}, -2, 2}, k{DType::kF32, {5}};
  return {{"last axis", {x, k}},
          {"deviations", {x, k}, {}, 2},
          {"two axes", {x, {DType::kF32, {3, 5}}}, {{"axis", int64_t{1}}}, 2},
          {"epsilon", {x, k}, {{"epsilon", 0.5f}}},
          {"prime row", {{DType::kF32, {3, 1009}}, {DType::kF32, {1009}}}},
          {"one element", {{DType::kF32, {1, 1}}, {DType::kF32, {1}}}},
          {"no rows", {{DType::kF32, {0, 5}}, k}, {}, 2},
          {"f32 with f16 scale", {x, {DType::kF16, {5}}}},
          {"stash_type f64", {{DType::kF64, {3, 5}}, {DType::kF64, {5}}}, {{"stash_type", int64_t{11}}}, 2}};
}

}  // namespace hasten
