#include "ops/microsoft/heads.h"
#include "ops/microsoft/rotary.h"

namespace hasten::ops::microsoft {
namespace {

constexpr AttrField kFields[] = {
    Field<&RotaryAttrs::interleaved>("interleaved"),
    Field<&RotaryAttrs::is_packed_batching>("is_packed_batching"),
    Field<&RotaryAttrs::num_heads>("num_heads"),
    Field<&RotaryAttrs::rotary_embedding_dim>("rotary_embedding_dim"),
    Field<&RotaryAttrs::scale>("scale"),
};

// Of the last axis of a tensor of rank 3.
Dim HeadSize(const RotaryAttrs& a, const Dim& hidden, const Dim& half) {
  return a.num_heads > 0 ? FloorDiv(hidden, a.num_heads) : half * 2;
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<RotaryAttrs>();
  HASTEN_REQUIRE(a.num_heads >= 0 && a.rotary_embedding_dim >= 0,
                 "num_heads and rotary_embedding_dim must not be negative");
  HASTEN_REQUIRE(a.rotary_embedding_dim == 0 || a.num_heads > 0, "rotary_embedding_dim must come with num_heads");
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_TRY(c.RequireTensor(1));
  for (int i : {2, 3}) HASTEN_TRY(c.RequireSameDType(0, i));
  HASTEN_TRY(RequireAngles(c, 2, 3));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsInteger(c.dtype(1)), "positions must be integers, are ", c.type(1));
  const Shape &x = c.shape(0), &positions = c.shape(1);
  c.Out(0, c.dtype(0), x);
  if (!x.ranked()) return {};
  HASTEN_REQUIRE(x.rank() == 3 || x.rank() == 4, "input 0 must have rank 3 or 4, has shape ", x);
  const Dim half = AxisOf(c, 2, 1), last = x[x.rank() - 1], head = x.rank() == 4 ? last : HeadSize(a, last, half);
  HASTEN_REQUIRE(
      x.rank() == 4 || !last.is_const() || !head.is_const() || (head.value() > 0 && last.value() % head.value() == 0),
      "hidden size must be a multiple of the head size ", head, ", is ", last);
  const Dim rotated = a.rotary_embedding_dim > 0 ? Dim(a.rotary_embedding_dim) : head;
  HASTEN_TRY(c.RequireDims(2, 1, FloorDiv(rotated, 2), "half of what is rotated"));
  HASTEN_REQUIRE(!head.is_const() || !rotated.is_const() || rotated.value() <= head.value(),
                 "rotary_embedding_dim must be at most ", head, ", is ", rotated);
  if (!positions.ranked() || positions.rank() == 0) return {};
  HASTEN_REQUIRE(positions.rank() <= 2, "positions must have rank 1 or 2, have shape ", positions);
  if (positions.rank() == 1) return c.RequireDims(1, 0, 1, "one offset");
  HASTEN_TRY(c.RequireDims(1, 0, x[0], "batch"));
  return c.RequireDims(1, 1, x[x.rank() == 4 ? 2 : 1], "sequence length");
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<RotaryAttrs>();
  const Dims& d = c.input(0).dims;
  if (c.input(0).elements() == 0) return {};
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto cosine, c.Doubles(2));
  HASTEN_ASSIGN(const auto sine, c.Doubles(3));
  HASTEN_ASSIGN(const auto positions, c.Ints(1));
  const bool heads_first = d.rank() == 4, offset = positions.size() == 1 && c.input(1).dims.rank() < 2;
  const int64_t half = c.input(2).dims[1], length = d[heads_first ? 2 : 1];
  const int64_t head = heads_first ? d[3] : a.num_heads > 0 ? d[2] / a.num_heads : 2 * half;
  const int64_t heads = heads_first ? d[1] : d[2] / head;
  const Heads at =
      heads_first ? HeadMajorHeads(x.data(), heads, length, head) : RowMajorHeads(x.data(), length, d[2], head);
  for (int64_t b = 0; b < d[0]; ++b)
    for (int64_t s = 0; s < length; ++s) {
      const int64_t p = offset ? positions[0] + s : positions[static_cast<size_t>(b * length + s)];
      HASTEN_REQUIRE(p >= 0 && p < c.input(2).dims[0], "positions must be in [0, ", c.input(2).dims[0], "), one is ",
                     p);
      for (int64_t n = 0; n < heads; ++n)
        Rotate(at.At(b, n, s), half, cosine.data() + p * half, sine.data() + p * half, a.interleaved);
    }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kI = DType::kI64;
  const SampleInput x{kF, {2, 3, 12}}, angles{kF, {7, 3}}, positions{kI, {2, 3}, 0, 6}, offset{kI, {1}, 0, 0, {2}};
  const NamedAttr interleaved{"interleaved", int64_t{1}}, heads{"num_heads", int64_t{2}};
  return {
      {"rows", {x, positions, angles, angles}},
      {"offset", {x, offset, angles, angles}},
      {"interleaved", {x, positions, angles, angles}, {interleaved}},
      {"heads first", {{kF, {2, 2, 3, 6}}, positions, angles, angles}},
      {"part of each head", {x, positions, {kF, {7, 2}}, {kF, {7, 2}}}, {heads, {"rotary_embedding_dim", int64_t{4}}}},
      {"part, interleaved",
       {x, offset, {kF, {7, 2}}, {kF, {7, 2}}},
       {heads, interleaved, {"rotary_embedding_dim", int64_t{4}}}},
      {"f16", {{DType::kF16, {1, 3, 6}}, {kI, {1, 3}, 0, 6}, {DType::kF16, {7, 3}}, {DType::kF16, {7, 3}}}},
      {"no batch", {{kF, {0, 3, 6}}, {kI, {0, 3}, 0, 6}, angles, angles}}};
}

}  // namespace

extern const OpDef kRotaryEmbedding = {
    .name = "com.microsoft.RotaryEmbedding",
    .doc =
        "Rotates pairs (a, b) of each head's vector by the angles of its position: (a cos - b sin, a sin + b cos). "
        "Pairs are (i, i + "
        "R / 2), or neighbours with interleaved. x: float [B, S, N * H] or [B, N, S, H]; positions: i64 [B, S], or "
        "[1], of the first; "
        "cos, sin: [P, R / 2]; R = H, or rotary_embedding_dim. y: as x. Su et al., 2021.",
    .attrs = SchemaOf<RotaryAttrs>(kFields),
    .arity = {4, 4},
    .onnx = {"com.microsoft", "RotaryEmbedding", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
