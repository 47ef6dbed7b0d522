#include <cmath>

#include "passes/spelled_attention.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"};

bool IsSquareRootOf(double factor, int64_t head) {
  const double want = 1 / std::sqrt(static_cast<double>(head));
  return std::abs(factor - want) <= 1e-6 * want;
}

// [rows, a + b + c] of matrices (or, with one row, vectors).
Result<Tensor> SideBySide(const std::array<const Tensor*, 3>& parts, int64_t rows, int64_t columns, const Dims& dims) {
  HASTEN_ASSIGN(Tensor out, NewTensor(DType::kF32, dims));
  int64_t at = 0;
  for (const Tensor* part : parts) {
    const int64_t width = part->elements() / std::max<int64_t>(rows, 1);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t i = 0; i < width; ++i) out.SetDouble(r * columns + at + i, part->Double(r * width + i));
    at += width;
  }
  return out;
}

Result<ValueId> MergedWeights(RewriteContext& c, const SpelledAttention& f, int64_t columns) {
  if (f.is_merged()) return f.q.weight;
  const int64_t rows = c.Known(f.q.weight)->dims[0];
  HASTEN_ASSIGN(Tensor weights, SideBySide({c.Known(f.q.weight), c.Known(f.k.weight), c.Known(f.v.weight)}, rows,
                                           columns, Dims{rows, columns}));
  return c.AddConstant("qkv.weights", std::move(weights));
}

// Zeros where a projection has none: ONNX Runtime's kernel cannot do without.
Result<ValueId> MergedBias(RewriteContext& c, const SpelledAttention& f, int64_t columns) {
  if (f.is_merged() && f.q.bias != kNone) return f.q.bias;
  std::array<const Tensor*, 3> parts{};
  std::array<Tensor, 3> zeros;
  size_t i = 0;
  for (const SpelledProjection* p : {&f.q, &f.k, &f.v}) {
    HASTEN_ASSIGN(zeros[i], Generate({Generator::Kind::kConstant, 0, 0, 0}, DType::kF32, Dims{p->heads * p->head}));
    parts[i] = p->bias == kNone ? &zeros[i] : c.Known(p->bias);
    ++i;
  }
  HASTEN_ASSIGN(Tensor bias, SideBySide(parts, 1, columns, Dims{columns}));
  return c.AddConstant("qkv.bias", std::move(bias));
}

// What is added to the scores as [B or 1, N or 1, S, S]; kNone where it has other dims.
Result<ValueId> WholeScoreBias(RewriteContext& c, const SpelledAttention& f, NodeId before) {
  const Shape &x = c.type(f.q.x).shape, &s = c.type(f.score_bias).shape;
  if (!s.ranked() || s.rank() != 4 || !(s[0] == x[0] || s[0].is(1)) || !(s[1].is(1) || s[1].is(f.q.heads)) ||
      !(s[3] == x[1]))
    return kNone;
  if (s[2] == x[1]) return f.score_bias;
  if (!s[2].is(1)) return kNone;
  // One row for all queries: there are as many as keys.
  const int64_t one = 1;
  const std::vector<int64_t> ones{1, 1};
  ValueId length = kNone;
  if (x[1].is_const()) {
    const int64_t n = x[1].value();
    length = c.AddConstant("length", VectorI64(std::span(&n, 1)));
  } else {
    HASTEN_ASSIGN(length, c.Add("Shape", {f.score_bias}, before, {{"start", int64_t{3}}}));
  }
  HASTEN_ASSIGN(const ValueId dims, c.Add("Concat",
                                          {c.AddConstant("ones", VectorI64(ones)), length,
                                           c.AddConstant("one", VectorI64(std::span(&one, 1)))},
                                          before, {{"axis", int64_t{0}}}));
  return c.Add("Expand", {f.score_bias, dims}, before);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  if (c.type(y).dtype != DType::kF32) return false;
  const auto f = SpelledAttentionAt(c, n);
  if (!f) return false;
  const int64_t hidden = f->q.heads * f->q.head, values = f->v.heads * f->v.head, columns = 2 * hidden + values;
  ValueId score_bias = kNone;
  if (f->score_bias != kNone) {
    HASTEN_ASSIGN(score_bias, WholeScoreBias(c, *f, n));
    if (score_bias == kNone) return false;
  }
  HASTEN_ASSIGN(const ValueId weights, MergedWeights(c, *f, columns));
  HASTEN_ASSIGN(const ValueId bias, MergedBias(c, *f, columns));
  std::vector<ValueId> inputs{f->q.x, weights, bias, kNone, kNone, score_bias};
  while (inputs.back() == kNone) inputs.pop_back();
  std::vector<NamedAttr> attrs{{"num_heads", f->q.heads}};
  if (f->is_causal) attrs.push_back({"unidirectional", int64_t{1}});
  if (!IsSquareRootOf(f->scale, f->q.head)) attrs.push_back({"scale", static_cast<float>(f->scale)});
  if (values != hidden) attrs.push_back({"qkv_hidden_sizes", std::vector<int64_t>{hidden, hidden, values}});
  HASTEN_ASSIGN(const ValueId out, c.Add("com.microsoft.Attention", std::move(inputs), n, attrs));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kFormAttention = {
    .name = "form_attention",
    .doc =
        "Queries, keys and values as products of one value and constants, or thirds of one product, cut into heads, "
        "their scaled products, something added or what comes later hidden, Softmax, and the product with the values, "
        "put together again -> com.microsoft.Attention.",
    .stage = Stage::kContribWhole,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
