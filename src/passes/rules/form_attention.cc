#include <cmath>

#include "ops/softmax.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"};

// A projection x * weight + bias, cut into heads.
struct Projection {
  ValueId x = kNone, weight = kNone, bias = kNone;
  int64_t heads = 0, head = 0;  // how many, and the size of each
};

struct Found {
  Projection q, k, v;
  ValueId scores_bias = kNone;  // added to the scores
  double scale = 1;
};

bool IsSquareRootOf(double factor, int64_t head) {
  const double want = 1 / std::sqrt(static_cast<double>(head));
  return std::abs(factor - want) <= 1e-6 * want;
}

// Looks backwards through nodes that serve nothing else.
class AttentionReader {
 public:
  explicit AttentionReader(const RewriteContext& c) : c_(c) {}

  std::optional<Found> Read(NodeId n) const {
    Found out;
    const ValueId heads = BeforeTranspose(In(n, 0), {0, 2, 1, 3});
    const NodeId product = Only(heads, "MatMul");
    const NodeId softmax = product == kNone ? kNone : Only(In(product, 0), "Softmax");
    if (softmax == kNone || !IsLastAxis(softmax)) return std::nullopt;
    const auto v = ReadProjection(In(product, 1), {0, 2, 1, 3});
    ValueId scores = In(softmax, 0);
    if (const NodeId add = Only(scores, "Add"); add != kNone) {
      const size_t i = ScaledProduct(In(add, 0), &out) ? 0 : 1;
      out.scores_bias = In(add, 1 - i);
      scores = In(add, i);
    }
    if (!v || !ScaledProduct(scores, &out)) return std::nullopt;
    out.v = *v;
    return IsWhole(out, n) ? std::optional(out) : std::nullopt;
  }

 private:
  ValueId In(NodeId n, size_t i) const { return c_.node(n).inputs[i]; }
  NodeId Only(ValueId v, std::string_view op) const {
    const NodeId n = v == kNone ? kNone : c_.Producer(v, op);
    return n != kNone && c_.OnlyUse(v) && c_.node(n).epilogue.empty() ? n : kNone;
  }
  std::optional<double> Scalar(ValueId v) const {
    const Tensor* t = c_.Known(v);
    return t && t->elements() == 1 ? std::optional(t->Double(0)) : std::nullopt;
  }
  bool IsLastAxis(NodeId softmax) const {
    const auto& a = c_.node(softmax).attrs.as<SoftmaxAttrs>();
    return (a.axis == -1 || a.axis == 3) && !a.flatten;
  }

  ValueId BeforeTranspose(ValueId v, const std::vector<int64_t>& perm) const {
    const NodeId n = Only(v, "Transpose");
    return n != kNone && AttrOr<std::vector<int64_t>>(c_.node(n), "perm", {}) == perm ? In(n, 0) : kNone;
  }

  // queries * keys, times or over a constant.
  bool ScaledProduct(ValueId v, Found* out) const {
    out->scale = 1;
    for (const std::string_view op : {"Div", "Mul"}) {
      const NodeId n = Only(v, op);
      if (n == kNone) continue;
      const bool is_first = op == "Mul" && Scalar(In(n, 0));
      const auto factor = Scalar(In(n, is_first ? 0 : 1));
      if (!factor || *factor == 0) return false;
      out->scale = op == "Div" ? 1 / *factor : *factor;
      v = In(n, is_first ? 1 : 0);
      break;
    }
    const NodeId product = Only(v, "MatMul");
    const auto q = product == kNone ? std::nullopt : ReadProjection(In(product, 0), {0, 2, 1, 3});
    const auto k = q ? ReadProjection(In(product, 1), {0, 2, 3, 1}) : std::nullopt;
    if (!k) return false;
    out->q = *q;
    out->k = *k;
    return true;
  }

  std::optional<Projection> ReadProjection(ValueId v, const std::vector<int64_t>& perm) const {
    const NodeId reshape = Only(BeforeTranspose(v, perm), "Reshape");
    if (reshape == kNone) return std::nullopt;
    const Shape& heads = c_.type(c_.node(reshape).outputs[0]).shape;
    Projection out;
    ValueId rows = In(reshape, 0);
    if (const NodeId add = Only(rows, "Add"); add != kNone) {
      const size_t i = Only(In(add, 0), "MatMul") == kNone ? 1 : 0;
      rows = In(add, i);
      out.bias = In(add, 1 - i);
    }
    const NodeId product = Only(rows, "MatMul");
    if (product == kNone) return std::nullopt;
    out.x = In(product, 0);
    out.weight = In(product, 1);
    const Shape &x = c_.type(out.x).shape, &y = c_.type(rows).shape;
    const Tensor *weight = c_.Known(out.weight), *bias = c_.Known(out.bias);
    if (!heads.ranked() || heads.rank() != 4 || !heads[2].is_const() || !heads[3].is_const() || !x.ranked() ||
        x.rank() != 3 || !weight || weight->dtype != DType::kF32 || weight->dims.rank() != 2 || !y.ranked())
      return std::nullopt;
    out.heads = heads[2].value();
    out.head = heads[3].value();
    const bool has_bias = out.bias != kNone;
    if (!(heads[0] == x[0]) || !(heads[1] == x[1]) || weight->dims[1] != out.heads * out.head ||
        (has_bias && (!bias || bias->dims != Dims{weight->dims[1]})))
      return std::nullopt;
    return out;
  }

  // One source, heads that agree, and the result as rows again.
  bool IsWhole(const Found& f, NodeId n) const {
    const Shape &x = c_.type(f.q.x).shape, &y = c_.type(c_.node(n).outputs[0]).shape;
    if (f.k.x != f.q.x || f.v.x != f.q.x || f.k.heads != f.q.heads || f.v.heads != f.q.heads || f.k.head != f.q.head ||
        f.q.heads < 1 || f.q.head < 1 || f.v.head < 1)
      return false;
    return y == Shape({x[0], x[1], Dim(f.v.heads * f.v.head)});
  }

  const RewriteContext& c_;
};

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

// Zeros where a projection has none: ONNX Runtime's kernel cannot do without.
Result<ValueId> MergedBias(RewriteContext& c, const Found& f, int64_t columns) {
  std::array<const Tensor*, 3> parts{};
  std::array<Tensor, 3> zeros;
  size_t i = 0;
  for (const Projection* p : {&f.q, &f.k, &f.v}) {
    HASTEN_ASSIGN(zeros[i], Generate({Generator::Kind::kConstant, 0, 0, 0}, DType::kF32, Dims{p->heads * p->head}));
    parts[i] = p->bias == kNone ? &zeros[i] : c.Known(p->bias);
    ++i;
  }
  HASTEN_ASSIGN(Tensor bias, SideBySide(parts, 1, columns, Dims{columns}));
  return c.AddConstant("qkv.bias", std::move(bias));
}

// What is added to the scores as [B or 1, N or 1, S, S]; kNone where it has other dims.
Result<ValueId> WholeScoreBias(RewriteContext& c, const Found& f, NodeId before) {
  const Shape &x = c.type(f.q.x).shape, &s = c.type(f.scores_bias).shape;
  if (!s.ranked() || s.rank() != 4 || !(s[0] == x[0] || s[0].is(1)) || !(s[1].is(1) || s[1].is(f.q.heads)) ||
      !(s[3] == x[1]))
    return kNone;
  if (s[2] == x[1]) return f.scores_bias;
  if (!s[2].is(1)) return kNone;
  // One row for all queries: there are as many as keys.
  const int64_t one = 1;
  const std::vector<int64_t> ones{1, 1};
  ValueId length = kNone;
  if (x[1].is_const()) {
    const int64_t n = x[1].value();
    length = c.AddConstant("length", VectorI64(std::span(&n, 1)));
  } else {
    HASTEN_ASSIGN(length, c.Add("Shape", {f.scores_bias}, before, {{"start", int64_t{3}}}));
  }
  HASTEN_ASSIGN(const ValueId dims, c.Add("Concat",
                                          {c.AddConstant("ones", VectorI64(ones)), length,
                                           c.AddConstant("one", VectorI64(std::span(&one, 1)))},
                                          before, {{"axis", int64_t{0}}}));
  return c.Add("Expand", {f.scores_bias, dims}, before);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  if (c.type(y).dtype != DType::kF32) return false;
  const auto f = AttentionReader(c).Read(n);
  if (!f) return false;
  const int64_t hidden = f->q.heads * f->q.head, values = f->v.heads * f->v.head, columns = 2 * hidden + values;
  const Tensor &q = *c.Known(f->q.weight), &k = *c.Known(f->k.weight), &v = *c.Known(f->v.weight);
  const int64_t rows = q.dims[0];
  ValueId score_bias = kNone;
  if (f->scores_bias != kNone) {
    HASTEN_ASSIGN(score_bias, WholeScoreBias(c, *f, n));
    if (score_bias == kNone) return false;
  }
  HASTEN_ASSIGN(Tensor weights, SideBySide({&q, &k, &v}, rows, columns, Dims{rows, columns}));
  HASTEN_ASSIGN(const ValueId bias, MergedBias(c, *f, columns));
  std::vector<ValueId> inputs{f->q.x, c.AddConstant("qkv.weights", std::move(weights)), bias, kNone, kNone, score_bias};
  while (inputs.back() == kNone) inputs.pop_back();
  std::vector<NamedAttr> attrs{{"num_heads", f->q.heads}};
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
        "Queries, keys and values as products of one value and constants, cut into heads, their scaled products, "
        "something added, Softmax, and the product with the values, put together again -> com.microsoft.Attention.",
    .stage = Stage::kContribWhole,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
