#include "ops/rotary_embedding.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {Field<&RotaryEmbeddingAttrs::interleaved>("interleaved"),
                                 Field<&RotaryEmbeddingAttrs::num_heads>("num_heads"),
                                 Field<&RotaryEmbeddingAttrs::rotary_embedding_dim>("rotary_embedding_dim")};

// Of a known x: what a head holds.
Result<Dim> HeadSize(const Shape& x, const RotaryEmbeddingAttrs& a) {
  HASTEN_REQUIRE(x.rank() == 3 || x.rank() == 4, "input 0 must have rank 3 or 4, has shape ", x);
  if (x.rank() == 4) return x[3];
  HASTEN_REQUIRE(a.num_heads && *a.num_heads >= 1, "num_heads must be given, at least 1, for rank 3");
  HASTEN_REQUIRE(!x[2].is_const() || x[2].value() % *a.num_heads == 0,
                 "axis 2 of input 0 must be a multiple of num_heads ", *a.num_heads, ", input is ", x);
  return FloorDiv(x[2], *a.num_heads);
}

Status CheckRotated(const Dim& head, int64_t rotated) {
  HASTEN_REQUIRE(rotated >= 0 && rotated % 2 == 0 && (!head.is_const() || rotated <= head.value()),
                 "rotary_embedding_dim must be even, at most the head size ", head, ", is ", rotated);
  HASTEN_REQUIRE(rotated != 0 || !head.is_const() || head.value() % 2 == 0, "head size must be even, is ", head);
  return {};
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<RotaryEmbeddingAttrs>();
  for (int i = 0; i < 4; ++i) HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  HASTEN_TRY(c.RequireRank(3, 2));
  const Shape& x = c.shape(0);
  const int cache_rank = c.has(3) ? 2 : 3;
  for (int i : {1, 2}) HASTEN_TRY(c.RequireRank(i, cache_rank));
  c.Out(0, c.type(0));
  if (!x.ranked()) return {};
  HASTEN_ASSIGN(const Dim head, HeadSize(x, a));
  HASTEN_TRY(CheckRotated(head, a.rotary_embedding_dim));
  const Dim half = a.rotary_embedding_dim != 0 ? Dim(a.rotary_embedding_dim / 2) : FloorDiv(head, 2);
  const Dim tokens = x[x.rank() == 4 ? 2 : 1];
  for (int i : {1, 2}) HASTEN_TRY(c.RequireDims(i, cache_rank - 1, half, "half of what is rotated"));
  for (int i : {1, 2, 3}) {
    if (i < 3 && c.has(3)) continue;
    HASTEN_TRY(c.RequireDims(i, 0, x[0], "batch"));
    HASTEN_TRY(c.RequireDims(i, 1, tokens, "sequence length"));
  }
  if (c.has(3) && c.shape(1).ranked()) return c.RequireDims(2, 0, c.shape(1)[0], "positions");
  return {};
}

// Row of the caches for token t of batch b.
Result<int64_t> CacheRow(const KernelCall& c, int64_t b, int64_t t, int64_t tokens) {
  if (!c.has(3)) return b * tokens + t;
  const int64_t position = c.input(3).Int(b * tokens + t), limit = c.input(1).dims[0];
  HASTEN_REQUIRE(position >= 0 && position < limit, "positions must be in [0, ", limit, "), one is ", position);
  return position;
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<RotaryEmbeddingAttrs>();
  const Dims& d = c.input(0).dims;
  const bool packed = d.rank() == 3;
  const int64_t heads = packed ? *a.num_heads : d[1], tokens = packed ? d[1] : d[2],
                size = packed ? d[2] / heads : d[3];
  const int64_t half = (a.rotary_embedding_dim != 0 ? a.rotary_embedding_dim : size) / 2;
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto cosines, c.Scratch<double>(half));
  HASTEN_ASSIGN(const auto sines, c.Scratch<double>(half));
  for (int64_t b = 0; b < d[0]; ++b)
    for (int64_t t = 0; t < tokens; ++t) {
      HASTEN_ASSIGN(const int64_t row, CacheRow(c, b, t, tokens));
      ReadDoubles(c.input(1), row * half, cosines);
      ReadDoubles(c.input(2), row * half, sines);
      for (int64_t h = 0; h < heads; ++h) {
        double* at = x.data() + (packed ? (b * tokens + t) * heads + h : (b * heads + h) * tokens + t) * size;
        for (int64_t i = 0; i < half; ++i) {
          double &re = at[a.interleaved ? 2 * i : i], &im = at[a.interleaved ? 2 * i + 1 : half + i];
          const double cosine = cosines[static_cast<size_t>(i)], sine = sines[static_cast<size_t>(i)], old = re;
          re = cosine * old - sine * im;
          im = sine * old + cosine * im;
        }
      }
    }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{23}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const SampleInput x{kF, {2, 3, 5, 6}}, cache{kF, {11, 3}}, positions{DType::kI64, {2, 5}, 0, 10};
  const NamedAttr interleaved{"interleaved", int64_t{1}};
  return {{"positions", {x, cache, cache, positions}},
          {"interleaved", {x, cache, cache, positions}, {interleaved}},
          {"no positions", {x, {kF, {2, 5, 3}}, {kF, {2, 5, 3}}}},
          {"partial", {x, {kF, {11, 2}}, {kF, {11, 2}}, positions}, {{"rotary_embedding_dim", int64_t{4}}}},
          {"partial, interleaved",
           {x, {kF, {11, 1}}, {kF, {11, 1}}, positions},
           {interleaved, {"rotary_embedding_dim", int64_t{2}}}},
          {"rank 3", {{kF, {2, 5, 18}}, cache, cache, positions}, {{"num_heads", int64_t{3}}}},
          {"no batch", {{kF, {0, 3, 5, 6}}, cache, cache, {DType::kI64, {0, 5}}}},
          {"f16", {{DType::kF16, {1, 1, 2, 4}}, {DType::kF16, {1, 2, 2}}, {DType::kF16, {1, 2, 2}}}}};
}

}  // namespace

extern const OpDef kRotaryEmbedding = {
    .name = "RotaryEmbedding",
    .doc =
        "Rotates pairs of each head by its token's angles: (re, im) -> (cos re - sin im, sin re + cos im); pairs are "
        "elements i and i + r / 2, or 2i and 2i + 1 if interleaved, of the first r = rotary_embedding_dim elements "
        "(0: all); the rest stays. X: float [B, H, S, D], or [B, S, H * D] with num_heads; cos, sin: [P, r / 2] with "
        "position_ids i64 [B, S], else [B, S, r / 2]; Y: as X. Su et al., 2021.",
    .attrs = SchemaOf<RotaryEmbeddingAttrs>(kFields),
    .arity = {3, 4},
    .onnx = {"", "RotaryEmbedding", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
