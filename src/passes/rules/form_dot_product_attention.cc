#include <algorithm>
#include <cmath>
#include <numeric>

#include "passes/attributes.h"
#include "passes/matrix_form.h"
#include "passes/spelled_attention.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"MatMul", "com.microsoft.FusedMatMul"};
constexpr int kAttention = 23;  // the opset that has it
using Perm = std::vector<int64_t>;

const Shape& ShapeOf(const RewriteContext& c, ValueId v) { return c.type(v).shape; }

// x where v is x times a constant and serves nothing else; v otherwise.
ValueId TakeFactor(const RewriteContext& c, ValueId v, double* scale) {
  const NodeId n = c.value(v).producer;
  const auto scaled = n == kNone || !c.OnlyUse(v) ? std::nullopt : ScaledBy(c, n);
  if (!scaled) return v;
  *scale *= static_cast<double>(scaled->factor);
  return scaled->x;
}

// Keys [B, N, T, H] that a Transpose of `from` by `perm` gives.
struct Keys {
  ValueId from = kNone;
  Perm perm;
};

// Of the second operand of the scores.
std::optional<Keys> KeysOf(const RewriteContext& c, ValueId v, bool is_swapped, double* scale) {
  v = TakeFactor(c, v, scale);
  Perm perm{0, 1, 2, 3};
  if (const NodeId transpose = is_swapped ? kNone : OnlyProducer(c, v, "Transpose"); transpose != kNone) {
    perm = PermOf(c.node(transpose));
    v = c.node(transpose).inputs[0];
    if (perm.size() != 4) return std::nullopt;
    std::swap(perm[2], perm[3]);
  } else if (!is_swapped) {
    return std::nullopt;
  }
  return Keys{TakeFactor(c, v, scale), std::move(perm)};
}

Result<ValueId> Transposed(RewriteContext& c, const Keys& k, NodeId before) {
  if (std::is_sorted(k.perm.begin(), k.perm.end())) return k.from;
  return c.Add("Transpose", {k.from}, before, {{"perm", k.perm}});
}

Shape Permuted(const Shape& shape, const Perm& perm) {
  std::vector<Dim> dims;
  for (int64_t i : perm) dims.push_back(shape[static_cast<int>(i)]);
  return Shape(std::move(dims));
}

// Heads [B, N, T, H] of which v [B, N * repeats, T, H] has each several times in a row; v itself if it does not repeat.
ValueId Unrepeated(const RewriteContext& c, ValueId v) {
  const NodeId reshape = OnlyProducer(c, v, "Reshape");
  const NodeId expand = reshape == kNone ? kNone : OnlyProducer(c, c.node(reshape).inputs[0], "Expand");
  const NodeId unsqueeze = expand == kNone ? kNone : OnlyProducer(c, c.node(expand).inputs[0], "Unsqueeze");
  if (unsqueeze == kNone) return v;
  const ValueId heads = c.node(unsqueeze).inputs[0];
  const Shape &x = ShapeOf(c, heads), &many = ShapeOf(c, c.node(expand).outputs[0]), &y = ShapeOf(c, v);
  const Shape& one = ShapeOf(c, c.node(unsqueeze).outputs[0]);
  if (!x.ranked() || x.rank() != 4 || !many.ranked() || many.rank() != 5 || !many[2].is_const() || !x[1].is_const())
    return v;
  const bool fits = one == Shape({x[0], x[1], Dim(1), x[2], x[3]}) && many == Shape({x[0], x[1], many[2], x[2], x[3]});
  return fits && y == Shape({x[0], x[1] * many[2], x[2], x[3]}) ? heads : v;
}

// Whether a mask of this shape is what Attention takes for scores [B, N, S, T].  In files it must have a row for each
// query: ONNX Runtime 1.31 refuses one for all.
bool IsMask(const Shape& mask, const Shape& scores, Target target) {
  if (!mask.ranked() || mask.rank() < 2 || mask.rank() > 4 || !(mask[mask.rank() - 1] == scores[3])) return false;
  if (target == Target::kFile && !(mask[mask.rank() - 2] == scores[2])) return false;
  for (int i = 0; i < mask.rank() - 1; ++i) {
    const Dim& d = mask[i];
    if (!d.is(1) && !(d == scores[4 - mask.rank() + i])) return false;
  }
  return true;
}

struct Operands {
  ValueId q = kNone, v = kNone;
  Keys k;
  double scale = 1;
};

std::optional<Operands> OperandsOf(const RewriteContext& c, const SpelledScores& s, ValueId v) {
  const auto product = MatrixFormOf(c, s.product);
  if (!product || product->trans_a) return std::nullopt;
  Operands out{.v = v, .scale = s.scale * static_cast<double>(product->alpha)};
  const auto k = KeysOf(c, product->b, product->trans_b, &out.scale);
  if (!k) return std::nullopt;
  out.q = TakeFactor(c, product->a, &out.scale);
  out.k = *k;
  // Heads that repeat are given once, if keys and values agree on it.
  if (std::is_sorted(out.k.perm.begin(), out.k.perm.end())) {
    const ValueId keys = Unrepeated(c, out.k.from), values = Unrepeated(c, v);
    if (keys != out.k.from && values != v) {
      out.k.from = keys;
      out.v = values;
    }
  }
  return out;
}

// One batch, heads that go into each other, one size, as many keys as values.
bool Fit(const RewriteContext& c, const Operands& o, const Shape& scores, const Shape& y) {
  const Shape &q = ShapeOf(c, o.q), &from = ShapeOf(c, o.k.from), &v = ShapeOf(c, o.v);
  for (const Shape* shape : {&q, &from, &v, &scores, &y})
    if (!shape->ranked() || shape->rank() != 4) return false;
  const Shape k = Permuted(from, o.k.perm);
  const bool heads =
      q[1] == k[1] || (q[1].is_const() && k[1].is_const() && k[1].value() > 0 && q[1].value() % k[1].value() == 0);
  return heads && q[0] == k[0] && q[3] == k[3] && v == Shape({k[0], k[1], k[2], v[3]}) &&
         scores == Shape({q[0], q[1], q[2], k[2]}) && y == Shape({q[0], q[1], q[2], v[3]});
}

// What is added to the scores; kNone: nothing.
Result<ValueId> MaskOf(RewriteContext& c, const SpelledScores& s, NodeId before) {
  if (s.hidden == kNone) return s.added;
  HASTEN_ASSIGN(Tensor zero, Generate({Generator::Kind::kConstant, 0, 0, 0}, DType::kF32, Dims{}));
  HASTEN_ASSIGN(Tensor fill, Generate({Generator::Kind::kConstant, 0, s.fill, s.fill}, DType::kF32, Dims{}));
  std::vector<ValueId> inputs{s.hidden, c.AddConstant("fill", std::move(fill)), c.AddConstant("none", std::move(zero))};
  if (!s.hides_true) std::swap(inputs[1], inputs[2]);
  return c.Add("Where", std::move(inputs), before);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (c.options().opset > 0 && c.options().opset < kAttention) return false;
  const auto mix = MatrixFormOf(c, n);
  if (!mix || mix->trans_a || mix->trans_b || mix->alpha != 1) return false;
  const NodeId softmax = OnlyProducer(c, mix->a, "Softmax");
  if (softmax == kNone || !IsRowSoftmax(c, softmax)) return false;
  const auto scores = SpelledScoresAt(c, c.node(softmax).inputs[0]);
  const auto operands = scores ? OperandsOf(c, *scores, mix->b) : std::nullopt;
  const Shape& shape = ShapeOf(c, mix->a);
  if (!operands || !Fit(c, *operands, shape, ShapeOf(c, c.node(n).outputs[0])) ||
      !(ShapeOf(c, c.node(scores->product).outputs[0]) == shape) || !std::isnormal(static_cast<float>(operands->scale)))
    return false;
  const ValueId masking = scores->hidden == kNone ? scores->added : scores->hidden;
  if (masking != kNone && !IsMask(ShapeOf(c, masking), shape, c.options().target)) return false;
  if (scores->hidden != kNone && std::isinf(scores->fill)) return false;  // a row of them is NaN
  HASTEN_ASSIGN(const ValueId mask, MaskOf(c, *scores, n));
  HASTEN_ASSIGN(const ValueId keys, Transposed(c, operands->k, n));
  std::vector<ValueId> inputs{operands->q, keys, operands->v};
  if (mask != kNone) inputs.push_back(mask);
  std::vector<NamedAttr> attrs{{"scale", static_cast<float>(operands->scale)}};
  if (scores->is_causal) attrs.push_back({"is_causal", int64_t{1}});
  HASTEN_ASSIGN(const ValueId out, c.Add("Attention", std::move(inputs), n, attrs));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kFormDotProductAttention = {
    .name = "form_dot_product_attention",
    .doc =
        "Scaled products of f32 queries and keys [batch, heads, length, size], something added, entries or what comes "
        "later hidden, Softmax, and the product with the values -> Attention; keys and values whose heads repeat are "
        "given once.  A query all of whose scores are -inf gets zeros, not NaN.",
    .stage = Stage::kAttention,
    .benefit = 10,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
