#include "passes/spelled_attention.h"

#include <algorithm>

#include "passes/attributes.h"

namespace hasten {
namespace {

using Perm = std::vector<int64_t>;
const Perm kHeadsFirst{0, 2, 1, 3}, kKeys{0, 2, 3, 1}, kLastSwapped{0, 1, 3, 2}, kPartsFirst{2, 0, 3, 1, 4};

// Looks backwards through nodes that serve nothing else.
class AttentionReader {
 public:
  explicit AttentionReader(const RewriteContext& c) : c_(c) {}

  std::optional<SpelledAttention> Read(NodeId n) const {
    SpelledAttention out;
    const NodeId product = Only(Untransposed(In(n, 0), kHeadsFirst), "MatMul");
    const NodeId softmax = product == kNone ? kNone : Only(In(product, 0), "Softmax");
    if (softmax == kNone || !IsRowSoftmax(c_, softmax)) return std::nullopt;
    const auto v = ReadProjection(In(product, 1), false);
    if (!v || !ReadScores(In(softmax, 0), &out)) return std::nullopt;
    out.v = *v;
    return IsWhole(out, n) ? std::optional(out) : std::nullopt;
  }

 private:
  ValueId In(NodeId n, size_t i) const { return c_.node(n).inputs[i]; }
  NodeId Only(ValueId v, std::string_view op) const { return OnlyProducer(c_, v, op); }
  ValueId Untransposed(ValueId v, const Perm& perm) const {
    const NodeId n = Only(v, "Transpose");
    return n != kNone && HasPerm(c_, n, perm) ? In(n, 0) : kNone;
  }

  bool ReadScores(ValueId v, SpelledAttention* out) const {
    const auto scores = SpelledScoresAt(c_, v);
    if (!scores || scores->hidden != kNone || c_.node(scores->product).op->name != "MatMul") return false;
    const auto q = ReadProjection(In(scores->product, 0), false);
    const auto k = q ? ReadProjection(In(scores->product, 1), true) : std::nullopt;
    if (!k) return false;
    out->q = *q;
    out->k = *k;
    out->scale = scores->scale;
    out->score_bias = scores->added;
    out->is_causal = scores->is_causal;
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
    if (!index || index->dims.rank() != 0 || transpose == kNone || !HasPerm(c_, transpose, kPartsFirst) ||
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
