#include "passes/spelled_attention.h"

#include <algorithm>

#include "ops/softmax.h"
#include "passes/attributes.h"

namespace hasten {
namespace {

using Perm = std::vector<int64_t>;
const Perm kHeadsFirst{0, 2, 1, 3}, kKeys{0, 2, 3, 1}, kLastSwapped{0, 1, 3, 2}, kPartsFirst{2, 0, 3, 1, 4};
constexpr double kHidden = -1e30;  // a score that takes no part, whatever is added to it

// Looks backwards through nodes that serve nothing else.
class AttentionReader {
 public:
  explicit AttentionReader(const RewriteContext& c) : c_(c) {}

  std::optional<SpelledAttention> Read(NodeId n) const {
    SpelledAttention out;
    const NodeId product = Only(Untransposed(In(n, 0), kHeadsFirst), "MatMul");
    const NodeId softmax = product == kNone ? kNone : Only(In(product, 0), "Softmax");
    if (softmax == kNone || !IsLastAxis(softmax)) return std::nullopt;
    const auto v = ReadProjection(In(product, 1), false);
    if (!v || !ReadScores(In(softmax, 0), &out)) return std::nullopt;
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
  bool HasPerm(NodeId n, const Perm& perm) const { return AttrOr<Perm>(c_.node(n), "perm", {}) == perm; }
  ValueId Untransposed(ValueId v, const Perm& perm) const {
    const NodeId n = Only(v, "Transpose");
    return n != kNone && HasPerm(n, perm) ? In(n, 0) : kNone;
  }

  // The scaled product, with something added, or with what comes later hidden.
  bool ReadScores(ValueId v, SpelledAttention* out) const {
    if (const NodeId where = Only(v, "Where"); where != kNone) {
      const auto fill = Scalar(In(where, 1));
      if (!fill || !(*fill <= kHidden) || !ScaledProduct(In(where, 2), out)) return false;
      out->is_causal = true;
      return IsLater(In(where, 0), c_.type(out->q.x).shape);
    }
    const NodeId add = Only(v, "Add");
    if (add == kNone) return ScaledProduct(v, out);
    const size_t i = ScaledProduct(In(add, 0), out) ? 0 : 1;
    out->score_bias = In(add, 1 - i);
    return i == 0 || ScaledProduct(In(add, 1), out);
  }

  // [S, S], true above the diagonal.
  bool IsLater(ValueId v, const Shape& x) const {
    const NodeId n = c_.Producer(v, "Trilu");
    if (n == kNone || AttrOr<int64_t>(c_.node(n), "upper", 1) == 0 || c_.node(n).inputs.size() < 2) return false;
    return Scalar(In(n, 1)) == 1 && IsAllTrue(In(n, 0)) && x.ranked() && c_.type(v).shape == Shape({x[1], x[1]});
  }
  bool IsAllTrue(ValueId v) const {
    if (const NodeId expand = c_.Producer(v, "Expand"); expand != kNone) return IsAllTrue(In(expand, 0));
    Tensor held;
    const Tensor* t = c_.Known(v);
    if (const NodeId fill = c_.Producer(v, "ConstantOfShape"); fill != kNone && !t) {
      held = AttrOr<Tensor>(c_.node(fill), "value", {});
      t = held.data ? &held : nullptr;
    }
    for (int64_t i = 0; t && i < t->elements(); ++i)
      if (t->Double(i) == 0) return false;
    return t && t->dtype == DType::kBool;
  }

  // queries * keys, times or over a constant.
  bool ScaledProduct(ValueId v, SpelledAttention* out) const {
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
    const auto q = product == kNone ? std::nullopt : ReadProjection(In(product, 0), false);
    const auto k = q ? ReadProjection(In(product, 1), true) : std::nullopt;
    if (!k) return false;
    out->q = *q;
    out->k = *k;
    return true;
  }

  // [B, N, S, H], of keys [B, N, H, S].
  std::optional<SpelledProjection> ReadProjection(ValueId v, bool is_key) const {
    if (auto part = ReadGathered(is_key ? Untransposed(v, kLastSwapped) : v)) return part;
    const NodeId reshape = Only(Untransposed(v, is_key ? kKeys : kHeadsFirst), "Reshape");
    if (reshape == kNone) return std::nullopt;
    ValueId rows = In(reshape, 0);
    int part = -1;
    if (const NodeId split = Only(rows, "Split"); split != kNone) {
      const auto& outputs = c_.node(split).outputs;
      part = static_cast<int>(std::find(outputs.begin(), outputs.end(), rows) - outputs.begin());
      if (outputs.size() != 3) return std::nullopt;
      rows = In(split, 0);
    }
    auto out = ReadRows(rows);
    return out && TakeHeads(c_.type(c_.node(reshape).outputs[0]).shape, part, &*out) ? out : std::nullopt;
  }

  // One entry of axis 0 of the projection as [3, B, N, S, H].
  std::optional<SpelledProjection> ReadGathered(ValueId v) const {
    const NodeId gather = Only(v, "Gather");
    if (gather == kNone || AttrOr<int64_t>(c_.node(gather), "axis", 0) != 0) return std::nullopt;
    const Tensor* index = c_.Known(In(gather, 1));
    const ValueId parts = In(gather, 0);
    const NodeId transpose = c_.Producer(parts, "Transpose");
    if (!index || index->dims.rank() != 0 || transpose == kNone || !HasPerm(transpose, kPartsFirst) ||
        c_.graph().IsOutput(parts) || c_.value(parts).uses.size() != 3)
      return std::nullopt;
    const NodeId reshape = Only(In(transpose, 0), "Reshape");
    auto out = reshape == kNone ? std::nullopt : ReadRows(In(reshape, 0));
    if (!out) return std::nullopt;
    Shape shape = c_.type(c_.node(reshape).outputs[0]).shape;
    if (!shape.ranked() || shape.rank() != 5 || !shape[2].is(3)) return std::nullopt;
    shape = Shape({shape[0], shape[1], shape[3], shape[4]});
    const int64_t part = index->Int(0) < 0 ? index->Int(0) + 3 : index->Int(0);
    return TakeHeads(shape, static_cast<int>(part), &*out) ? out : std::nullopt;
  }

  // x * weight + bias.
  std::optional<SpelledProjection> ReadRows(ValueId rows) const {
    SpelledProjection out;
    if (const NodeId add = Only(rows, "Add"); add != kNone) {
      const size_t i = Only(In(add, 0), "MatMul") == kNone ? 1 : 0;
      rows = In(add, i);
      out.bias = In(add, 1 - i);
    }
    const NodeId product = Only(rows, "MatMul");
    if (product == kNone) return std::nullopt;
    out.x = In(product, 0);
    out.weight = In(product, 1);
    const Tensor *weight = c_.Known(out.weight), *bias = c_.Known(out.bias);
    const Shape& x = c_.type(out.x).shape;
    if (!x.ranked() || x.rank() != 3 || !weight || weight->dtype != DType::kF32 || weight->dims.rank() != 2 ||
        (out.bias != kNone && (!bias || bias->dims != Dims{weight->dims[1]})))
      return std::nullopt;
    return out;
  }

  // [B, S, N, H] of x [B, S, ..].
  bool TakeHeads(const Shape& shape, int part, SpelledProjection* p) const {
    const Shape& x = c_.type(p->x).shape;
    if (!shape.ranked() || shape.rank() != 4 || !shape[2].is_const() || !shape[3].is_const()) return false;
    p->heads = shape[2].value();
    p->head = shape[3].value();
    p->part = part;
    const int64_t columns = p->heads * p->head * (part < 0 ? 1 : 3);
    return p->heads > 0 && p->head > 0 && shape[0] == x[0] && shape[1] == x[1] &&
           c_.Known(p->weight)->dims[1] == columns;
  }

  // One source, heads that agree, and the result as rows again.
  bool IsWhole(const SpelledAttention& a, NodeId n) const {
    const Shape &x = c_.type(a.q.x).shape, &y = c_.type(c_.node(n).outputs[0]).shape;
    if (a.k.x != a.q.x || a.v.x != a.q.x || a.k.heads != a.q.heads || a.v.heads != a.q.heads || a.k.head != a.q.head)
      return false;
    const bool is_split = a.q.part < 0 && a.k.part < 0 && a.v.part < 0;
    const bool is_merged = a.q.part == 0 && a.k.part == 1 && a.v.part == 2 && a.k.weight == a.q.weight &&
                           a.v.weight == a.q.weight && a.k.bias == a.q.bias && a.v.bias == a.q.bias;
    return (is_split || is_merged) && y == Shape({x[0], x[1], Dim(a.v.heads * a.v.head)});
  }

  const RewriteContext& c_;
};

}  // namespace

std::optional<SpelledAttention> SpelledAttentionAt(const RewriteContext& c, NodeId n) {
  return AttentionReader(c).Read(n);
}

}  // namespace hasten
