#include <cmath>

#include "ops/attention_cache.h"
#include "ops/convolution.h"

namespace hasten {

namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

// One call: operands, their layouts, and scratch.
struct Call {
  const KernelCall& c;
  const AttentionAttrs& a;
  HeadLayout q, k, v;
  const StateView *past_key = nullptr, *past_value = nullptr;  // where the past is state
  std::span<double> mask;                                      // as added
  Dims mask_strides, mask_dims;                                // over [batch, heads, queries, keys]
  std::span<double> keys, values, scores, bias, query, out;
  double scale = 1;
};

// The sequences of the call, and where the past is state, the new entries written there.
Result<std::span<AttentionRow>> RowsOf(const Call& call) {
  const KernelCall& c = call.c;
  const StateView* state = call.past_key;
  const bool packed = state && !state->row_offsets.empty();
  HASTEN_REQUIRE(!packed || call.q.length == call.k.length, "packed rows must have as many queries as keys, have ",
                 call.q.length, " and ", call.k.length);
  const int64_t count = state ? static_cast<int64_t>(state->length.size()) : call.q.batch;
  HASTEN_ASSIGN(const auto rows, c.Scratch<AttentionRow>(count));
  for (int64_t r = 0; r < count; ++r) {
    AttentionRow& row = rows[static_cast<size_t>(r)];
    row = {r, r, 0, 0, call.q.length, call.k.length, 0};
    if (packed) {
      row.batch = 0;
      row.first_query = row.first_key = state->row_offsets[static_cast<size_t>(r)];
      row.queries = row.keys = state->row_offsets[static_cast<size_t>(r) + 1] - row.first_key;
      HASTEN_REQUIRE(row.first_key >= 0 && row.keys >= 0, "row offsets must not decrease");
    }
    if (state)
      row.past = state->length[static_cast<size_t>(r)];
    else if (c.has(4))
      row.past = c.input(4).dims[2];
  }
  return rows;
}

// What is added to the scores of query i of a row; true if some key takes part.
bool FillBias(const Call& call, const AttentionRow& row, int64_t head, int64_t i) {
  const auto& a = call.a;
  const bool lengths = call.c.has(6);
  const int64_t valid = lengths ? call.c.input(6).Int(row.batch) : row.total();
  const int64_t at = i + (lengths ? valid - row.queries : row.past);
  int64_t last = row.total() - 1, first = 0;
  if (lengths) last = std::min(last, valid - 1);
  if (a.is_causal) last = std::min(last, at);
  if (a.right_window_size >= 0)
    last = std::min(last, a.right_window_size > last - at ? last : at + a.right_window_size);
  if (a.left_window_size >= 0) first = std::max(first, a.left_window_size > at ? 0 : at - a.left_window_size);
  const Dims& s = call.mask_strides;
  const double* mask = nullptr;
  if (call.c.has(3)) mask = call.mask.data() + row.batch * s[0] + head * s[1] + (row.first_query + i) * s[2];
  bool some = false;
  for (int64_t j = 0; j < row.total(); ++j) {
    double v = j >= first && j <= last ? 0 : kMinusInfinity;
    if (mask) v += j < call.mask_dims[3] ? mask[j] : kMinusInfinity;
    call.bias[static_cast<size_t>(j)] = v;
    some |= v != kMinusInfinity;
  }
  return some;
}

void Softmax(std::span<double> row) {
  if (row.empty()) return;
  const double top = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (double& v : row) sum += v = std::exp(v - top);
  for (double& v : row) v /= sum;
}

// One query of one head, from gathered keys and values.
void Attend(const Call& call, const AttentionRow& row, int64_t head, int64_t i) {
  const auto& a = call.a;
  const int64_t total = row.total();
  const auto scores = call.scores.first(static_cast<size_t>(total)), bias = call.bias.first(static_cast<size_t>(total));
  const auto show = [&](int64_t mode) {
    if (!call.c.wants(3) || a.qk_matmul_output_mode != mode) return;
    WriteDoubles(&call.c.output(3), ((row.batch * call.q.heads + head) * call.q.length + i) * total, scores);
  };
  ReadDoubles(call.c.input(0), call.q.At(row.batch, head, row.first_query + i), call.query);
  std::fill(scores.begin(), scores.end(), 0.0);
  for (int64_t d = 0; d < call.q.size; ++d)
    AddScaled(call.query[static_cast<size_t>(d)] * call.scale, call.keys.data() + d * total, 1, total, scores.data());
  show(0);
  const double cap = a.softcap;
  if (cap > 0)
    for (double& s : scores) s = cap * std::tanh(s / cap);
  show(1);
  const bool some = FillBias(call, row, head, i);
  for (size_t j = 0; j < scores.size(); ++j) scores[j] += bias[j];
  show(2);
  if (some)
    Softmax(scores);
  else
    std::fill(scores.begin(), scores.end(), 0.0);
  show(3);
  std::fill(call.out.begin(), call.out.end(), 0.0);
  for (int64_t j = 0; j < total; ++j)
    AddScaled(scores[static_cast<size_t>(j)], call.values.data() + j * call.v.size, 1, call.v.size, call.out.data());
  HeadLayout y = call.q;
  y.size = call.v.size;
  WriteDoubles(&call.c.output(0), y.At(row.batch, head, row.first_query + i), call.out);
}

Status ReadMask(Call* call) {
  const KernelCall& c = call->c;
  if (!c.has(3)) return {};
  const Tensor& m = c.input(3);
  HASTEN_ASSIGN(call->mask, c.Doubles(3));
  if (m.dtype == DType::kBool)
    for (double& v : call->mask) v = v != 0 ? 0 : kMinusInfinity;
  call->mask_dims = m.dims;
  while (call->mask_dims.rank() < 4) call->mask_dims.insert(0, 1);
  const int64_t want[] = {call->q.batch, call->q.heads, call->q.length};
  call->mask_strides = StridesOf(call->mask_dims);
  for (size_t i = 0; i < 3; ++i) {
    const int64_t d = call->mask_dims[i];
    HASTEN_REQUIRE(d == 1 || d == want[i], "the mask must broadcast to [", Join(want, ","), ",...], has shape ",
                   m.dims);
    if (d == 1) call->mask_strides[i] = 0;
  }
  return {};
}

Status CheckLengths(const Call& call) {
  if (!call.c.has(6)) return {};
  for (int64_t b = 0; b < call.q.batch; ++b) {
    const int64_t n = call.c.input(6).Int(b);
    HASTEN_REQUIRE(n >= 0 && n <= call.k.length, "nonpad_kv_seqlen must be in [0, ", call.k.length, "], one is ", n);
  }
  return {};
}

Status ReadPast(Call* call) {
  const KernelCall& c = call->c;
  if (!c.has(4)) return {};
  const bool state = c.value(4).kind() == Value::Kind::kState;
  HASTEN_REQUIRE(state == (c.value(5).kind() == Value::Kind::kState),
                 "past key and value must both be state, or neither");
  if (!state) {
    for (int i : {4, 5})
      HASTEN_REQUIRE(c.input(i).dims[0] == call->k.batch, "input ", i, " must have batch ", call->k.batch, ", is ",
                     c.input(i).dims);
    return {};
  }
  call->past_key = &c.value(4).state();
  call->past_value = &c.value(5).state();
  HASTEN_TRY(CheckState(*call->past_key, call->k, "past key"));
  HASTEN_TRY(CheckState(*call->past_value, call->v, "past value"));
  if (c.wants(3)) return Status(Code::kUnsupported, "qk_matmul_output has no shape where the past is state");
  return {};
}

}  // namespace

Status EvalAttention(KernelCall& c) {
  const auto& a = c.attrs<AttentionAttrs>();
  const int64_t kv_heads = a.kv_num_heads.value_or(1);
  Call call{c, a, HeadLayout::Of(c.input(0).dims, a.q_num_heads.value_or(1)), HeadLayout::Of(c.input(1).dims, kv_heads),
            HeadLayout::Of(c.input(2).dims, kv_heads)};
  call.scale = a.scale ? static_cast<double>(*a.scale) : 1 / std::sqrt(static_cast<double>(call.q.size));
  HASTEN_TRY(ReadPast(&call));
  HASTEN_TRY(ReadMask(&call));
  HASTEN_TRY(CheckLengths(call));
  HASTEN_ASSIGN(const auto rows, RowsOf(call));
  int64_t longest = 0;
  for (const AttentionRow& row : rows) longest = std::max(longest, row.total());
  HASTEN_ASSIGN(call.keys, c.Scratch<double>(longest * call.k.size));
  HASTEN_ASSIGN(call.values, c.Scratch<double>(longest * call.v.size));
  HASTEN_ASSIGN(call.scores, c.Scratch<double>(longest));
  HASTEN_ASSIGN(call.bias, c.Scratch<double>(longest));
  HASTEN_ASSIGN(call.query, c.Scratch<double>(call.q.size));
  HASTEN_ASSIGN(call.out, c.Scratch<double>(call.v.size));
  HASTEN_ASSIGN(const auto line, c.Scratch<double>(std::max(call.k.size, call.v.size)));
  const auto key_line = line.first(static_cast<size_t>(call.k.size)),
             value_line = line.first(static_cast<size_t>(call.v.size));
  const int64_t group = call.q.heads / call.k.heads;
  for (const AttentionRow& row : rows) {
    if (call.past_key) AppendToState(*call.past_key, c.input(1), call.k, row, key_line);
    if (call.past_value) AppendToState(*call.past_value, c.input(2), call.v, row, value_line);
    for (int64_t h = 0; h < call.q.heads; ++h) {
      if (c.stopped()) return Status(Code::kCancelled, "stopped");
      if (h % group == 0) {
        GatherEntries(c, true, call.k, call.past_key, row, h / group, key_line, call.keys.data());
        GatherEntries(c, false, call.v, call.past_value, row, h / group, value_line, call.values.data());
      }
      for (int64_t i = 0; i < row.queries; ++i) Attend(call, row, h, i);
    }
  }
  for (int i : {1, 2}) {
    if (call.past_key)
      c.Set(i, c.value(i + 3));
    else if (c.wants(i))
      WritePresent(c, i + 3, c.input(i), i == 1 ? call.k : call.v, &c.output(i));
  }
  return {};
}

}  // namespace hasten
