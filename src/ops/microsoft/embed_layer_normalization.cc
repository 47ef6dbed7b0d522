#include "ops/normalization.h"

namespace hasten::ops::microsoft {
namespace {

struct EmbedAttrs {
  float epsilon = 1e-12f;
  int64_t mask_index_type = 0;
};
constexpr AttrField kFields[] = {Field<&EmbedAttrs::epsilon>("epsilon"),
                                 Field<&EmbedAttrs::mask_index_type>("mask_index_type")};

enum Input { kIds, kSegmentIds, kWords, kPositions, kSegments, kGamma, kBeta, kMask, kPositionIds };

// One table and the ids that look rows of it up.
struct Lookup {
  int table, ids;
};
constexpr Lookup kLookups[] = {{kWords, kIds}, {kPositions, kPositionIds}, {kSegments, kSegmentIds}};

Status Infer(InferCall& c) {
  for (int i : {kWords, kPositions, kGamma, kBeta}) HASTEN_REQUIRE(c.has(i), "input ", i, " must be there");
  for (int i = 0; i < c.inputs(); ++i) HASTEN_TRY(c.RequireTensor(i));
  for (int i : {kSegmentIds, kMask, kPositionIds}) HASTEN_TRY(c.RequireSameDType(kIds, i));
  for (int i : {kPositions, kSegments, kGamma, kBeta}) HASTEN_TRY(c.RequireSameDType(kWords, i));
  for (int i : {kIds, kSegmentIds, kWords, kPositions, kSegments, kMask, kPositionIds}) HASTEN_TRY(c.RequireRank(i, 2));
  for (int i : {kGamma, kBeta}) HASTEN_TRY(c.RequireRank(i, 1));
  HASTEN_REQUIRE(c.has(kSegmentIds) == c.has(kSegments), "segment ids and segment embedding must come together");
  HASTEN_REQUIRE(c.dtype(kIds) == DType::kNone || IsInteger(c.dtype(kIds)), "input 0 must hold integers, is ",
                 c.type(kIds));
  HASTEN_REQUIRE(c.dtype(kWords) == DType::kNone || IsFloat(c.dtype(kWords)), "input 2 must hold floats, is ",
                 c.type(kWords));
  const Shape ids = c.shape(kIds).ranked() ? c.shape(kIds) : Shape::Fresh(2);
  const Dim hidden = c.shape(kWords).ranked() ? c.shape(kWords)[1] : Dim::Fresh();
  for (int i : {kPositions, kSegments}) HASTEN_TRY(c.RequireDims(i, 1, hidden, "hidden size"));
  for (int i : {kGamma, kBeta}) HASTEN_TRY(c.RequireDims(i, 0, hidden, "hidden size"));
  for (int i : {kSegmentIds, kMask, kPositionIds}) {
    HASTEN_TRY(c.RequireDims(i, 1, ids[1], "sequence length"));
    if (i != kPositionIds) HASTEN_TRY(c.RequireDims(i, 0, ids[0], "batch"));
  }
  if (c.has(kPositionIds) && c.shape(kPositionIds).ranked() && !c.shape(kPositionIds)[0].is(1))
    HASTEN_TRY(c.RequireDims(kPositionIds, 0, ids[0], "batch, or 1"));
  c.Out(0, c.dtype(kWords), {ids[0], ids[1], hidden});
  c.Out(1, DType::kI32, {ids[0]});
  c.Out(2, c.dtype(kWords), {ids[0], ids[1], hidden});
  return {};
}

// Adds row `id` of a table to `sum`.
Status AddRow(const Tensor& table, int64_t id, std::span<double> row, std::span<double> sum) {
  HASTEN_REQUIRE(id >= 0 && id < table.dims[0], "ids must be in [0, ", table.dims[0], "), one is ", id);
  ReadDoubles(table, id * static_cast<int64_t>(row.size()), row);
  for (size_t i = 0; i < row.size(); ++i) sum[i] += row[i];
  return {};
}

int64_t IdOf(const KernelCall& c, int ids, int64_t at, int64_t length) {
  if (!c.has(ids)) return at % length;  // positions count up
  const Tensor& t = c.input(ids);
  return t.Int(t.dims[0] == 1 ? at % length : at);
}

// How many places of each row are not masked.
void CountMask(const KernelCall& c, int64_t length) {
  Tensor& y = c.output(1);
  for (int64_t b = 0; b < y.elements(); ++b) {
    int64_t count = 0;
    for (int64_t s = 0; c.has(kMask) && s < length; ++s) count += c.input(kMask).Int(b * length + s) == 1;
    y.SetInt(b, count);
  }
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  const int64_t length = y.dims[1], hidden = y.dims[2];
  HASTEN_ASSIGN(const auto gamma, c.Doubles(kGamma));
  HASTEN_ASSIGN(const auto beta, c.Doubles(kBeta));
  HASTEN_ASSIGN(const auto row, c.Scratch<double>(hidden));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(hidden));
  if (c.wants(1)) CountMask(c, length);
  for (int64_t at = 0; at < y.dims[0] * length; ++at) {
    std::fill(sum.begin(), sum.end(), 0.0);
    for (const Lookup& l : kLookups)
      if (c.has(l.table)) HASTEN_TRY(AddRow(c.input(l.table), IdOf(c, l.ids, at, length), row, sum));
    if (c.wants(2)) WriteDoubles(&c.output(2), at * hidden, sum);
    const Moments m = MomentsOf(sum);
    const double factor = 1 / std::sqrt(m.variance + static_cast<double>(c.attrs<EmbedAttrs>().epsilon));
    for (size_t i = 0; i < sum.size(); ++i) sum[i] = (sum[i] - m.mean) * factor * gamma[i] + beta[i];
    WriteDoubles(&y, at * hidden, sum);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const SampleInput ids{DType::kI32, {2, 3}, 0, 6}, segment_ids{DType::kI32, {2, 3}, 0, 1}, none{DType::kNone, {}};
  const SampleInput words{DType::kF32, {7, 5}}, positions{DType::kF32, {4, 5}}, segments{DType::kF32, {2, 5}};
  const SampleInput k{DType::kF32, {5}}, mask{DType::kI32, {2, 3}, 0, 0, {1, 1, 0, 1, 0, 0}};
  return {
      {"words and positions", {ids, none, words, positions, none, k, k}, {}, 2},
      {"segments", {ids, segment_ids, words, positions, segments, k, k}, {}, 2},
      {"mask, sum", {ids, segment_ids, words, positions, segments, k, k, mask}, {}, 3},
      {"position ids", {ids, none, words, positions, none, k, k, none, {DType::kI32, {2, 3}, 0, 3}}, {}, 3},
      {"position ids of one row", {ids, none, words, positions, none, k, k, none, {DType::kI32, {1, 3}, 0, 3}}, {}, 3},
      {"epsilon", {ids, none, words, positions, none, k, k}, {{"epsilon", 0.5f}}},
      {"no batch", {{DType::kI32, {0, 3}, 0, 6}, none, words, positions, none, k, k}, {}, 3}};
}

}  // namespace

extern const OpDef kEmbedLayerNormalization = {
    .name = "com.microsoft.EmbedLayerNormalization",
    .doc =
        "y = LayerNormalization(words[ids] + positions[position ids] + segments[segment ids]). ids, segment ids, mask: "
        "i32 [B, S]; "
        "tables: float [.., H]; gamma, beta: [H]; position ids: [B, S] or [1, S], else 0, 1, ...; y: [B, S, H]; mask "
        "index: i32 "
        "[B], ones of the mask; sum: [B, S, H].",
    .attrs = SchemaOf<EmbedAttrs>(kFields),
    .arity = {1, 9, 1, 3},
    .onnx = {"com.microsoft", "EmbedLayerNormalization", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
