#include "ops/microsoft/self_attention.h"

namespace hasten::ops::microsoft {
namespace {

Status CheckAttrs(const SelfAttentionAttrs& a, const std::vector<int64_t>& sizes) {
  HASTEN_REQUIRE(a.num_heads >= 1, "num_heads must be at least 1, is ", a.num_heads);
  if (a.do_rotary) return Status(Code::kUnsupported, "do_rotary is not supported");
  if (a.past_present_share_buffer) return Status(Code::kUnsupported, "past_present_share_buffer is not supported");
  if (sizes.empty()) return {};
  HASTEN_REQUIRE(sizes.size() == 3 && sizes[0] == sizes[1],
                 "qkv_hidden_sizes must have 3 entries, the first two equal");
  for (int64_t s : sizes)
    HASTEN_REQUIRE(s >= 1 && s <= (int64_t{1} << 31) && s % a.num_heads == 0,
                   "qkv_hidden_sizes must be multiples of num_heads ", a.num_heads, ", one is ", s);
  return {};
}

}  // namespace

Status InferSelfAttention(InferCall& c, const SelfAttentionAttrs& a, const SelfAttentionInputs& in,
                          const std::vector<int64_t>& sizes) {
  HASTEN_TRY(CheckAttrs(a, sizes));
  for (int i = 0; i < c.inputs(); ++i) HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireRank(in.x, 3));
  HASTEN_TRY(c.RequireRank(in.weights, 2));
  HASTEN_TRY(c.RequireRank(in.bias, 1));
  HASTEN_TRY(c.RequireRank(in.past, 5));
  HASTEN_TRY(c.RequireDims(in.weights, 0, AxisOf(c, in.x, 2), "input hidden size"));
  const Dim batch = AxisOf(c, in.x, 0), length = AxisOf(c, in.x, 1), columns = AxisOf(c, in.weights, 1);
  HASTEN_TRY(c.RequireDims(in.bias, 0, columns, "columns of the weights"));
  HASTEN_REQUIRE(!sizes.empty() || !columns.is_const() || columns.value() % (3 * a.num_heads) == 0,
                 "columns of the weights must be a multiple of 3 * num_heads ", 3 * a.num_heads, ", are ", columns);
  const Dim third = FloorDiv(columns, 3), hidden = sizes.empty() ? third : Dim(sizes[0]),
            values = sizes.empty() ? third : Dim(sizes[2]);
  HASTEN_REQUIRE(!NeverEqual(hidden * 2 + values, columns), "columns of the weights must be ", hidden * 2 + values,
                 ", are ", columns);
  const Dim head = FloorDiv(hidden, a.num_heads);
  const Dim past = c.has(in.past) ? AxisOf(c, in.past, 3) : Dim(0), keys = past + length;
  if (c.has(in.past) && c.shape(in.past).ranked()) {
    const std::array<Dim, 5> want = {2, batch, a.num_heads, past, head};
    for (int i = 0; i < 5; ++i)
      HASTEN_TRY(c.RequireDims(in.past, i, want[static_cast<size_t>(i)], "2, batch, heads, past, head size"));
    HASTEN_REQUIRE(!NeverEqual(hidden, values), "with a past, values must be as long as keys, are ", values, " and ",
                   hidden);
  }
  HASTEN_TRY(RequireMask(c, in.mask, batch, length, keys));
  if (in.score_bias != kNoInput) HASTEN_TRY(RequireScoreBias(c, in.score_bias, batch, a.num_heads, length, keys));
  const DType dtype = c.dtype(in.bias) == DType::kNone && in.score_bias != kNoInput ? c.dtype(in.x) : c.dtype(in.bias);
  c.Out(0, dtype, {batch, length, values});
  c.Out(1, dtype, {2, batch, a.num_heads, keys, head});
  return {};
}

Status EvalSelfAttention(KernelCall& c, const SelfAttentionAttrs& a, const SelfAttentionInputs& in,
                         const std::vector<int64_t>& sizes, std::span<double> qkv) {
  const Dims &x = c.input(in.x).dims, &w = c.input(in.weights).dims;
  const int64_t columns = w[1], hidden = sizes.empty() ? columns / 3 : sizes[0], values = columns - 2 * hidden;
  if (c.has(in.bias)) {
    HASTEN_ASSIGN(const auto bias, c.Doubles(in.bias));
    for (size_t i = 0; i < qkv.size(); ++i) qkv[i] += bias[i % bias.size()];
  }
  const Tensor* past = c.has(in.past) ? &c.input(in.past) : nullptr;
  AttentionSizes z{.batch = x[0], .heads = a.num_heads, .kv_heads = a.num_heads, .queries = x[1]};
  z.past = past ? past->dims[3] : 0;
  z.keys = z.past + x[1];
  z.head = hidden / a.num_heads;
  z.value_head = values / a.num_heads;
  z.scale = ScaleOf(a.scale, z.head);
  const auto part = [&](int64_t at, int64_t size) { return RowMajorHeads(qkv.data() + at, x[1], columns, size); };
  HASTEN_ASSIGN(const Heads k, JoinPast(c, z, z.head, past, 0, part(hidden, z.head)));
  HASTEN_ASSIGN(const Heads v,
                JoinPast(c, z, z.value_head, past, past ? past->elements() / 2 : 0, part(2 * hidden, z.value_head)));
  HASTEN_ASSIGN(const AttentionMask mask, AttentionMask::Of(c, in.mask, z, a.unidirectional, a.mask_filter_value));
  HASTEN_ASSIGN(const ScoreBias score_bias, ScoreBias::Of(c, in.score_bias == kNoInput ? c.inputs() : in.score_bias));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(c.output(0).elements()));
  HASTEN_TRY(Attend(c, z, part(0, z.head), k, v, RowMajorHeads(y.data(), x[1], values, z.value_head),
                    [&](int64_t b, int64_t n, int64_t s, std::span<double> row) {
                      mask.Apply(b, s, row);
                      score_bias.Apply(b, n, s, row);
                      SoftmaxRow(row);
                    }));
  WriteDoubles(&c.output(0), 0, y);
  if (!c.wants(1)) return {};
  Tensor& present = c.output(1);
  const int64_t half = present.elements() / 2;
  WriteDoubles(&present, 0, std::span(k.data, static_cast<size_t>(half)));
  WriteDoubles(&present, half, std::span(v.data, static_cast<size_t>(half)));
  return {};
}

double SelfAttentionFlops(const CostCall& c, const SelfAttentionInputs& in) {
  const auto x = c.in[static_cast<size_t>(in.x)].shape.Concrete(),
             w = c.in[static_cast<size_t>(in.weights)].shape.Concrete();
  if (!x || !w) return 0;
  const auto rows = static_cast<double>((*x)[0] * (*x)[1]), columns = static_cast<double>((*w)[1]);
  return 2 * rows * static_cast<double>((*w)[0]) * columns + 4 * rows * static_cast<double>((*x)[1]) * columns / 3;
}

}  // namespace hasten::ops::microsoft
