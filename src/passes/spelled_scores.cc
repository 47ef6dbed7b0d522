#include <cmath>

#include "ops/softmax.h"
#include "passes/attributes.h"
#include "passes/matrix_form.h"
#include "passes/spelled_attention.h"

namespace hasten {
namespace {

constexpr double kHidden = -1e30;  // a score that takes no part, whatever is added to it

// Looks backwards through nodes that serve nothing else.
class ScoresReader {
 public:
  explicit ScoresReader(const RewriteContext& c) : c_(c) {}

  std::optional<SpelledScores> Read(ValueId v) const {
    SpelledScores out;
    if (const NodeId where = OnlyProducer(c_, v, "Where"); where != kNone) return ReadHidden(where);
    const NodeId add = OnlyProducer(c_, v, "Add");
    if (add == kNone) return TakeProduct(v, &out) ? std::optional(out) : std::nullopt;
    const size_t i = TakeProduct(In(add, 0), &out) ? 0 : 1;
    if (i == 1 && !TakeProduct(In(add, 1), &out)) return std::nullopt;
    out.added = In(add, 1 - i);
    return out;
  }

 private:
  ValueId In(NodeId n, size_t i) const { return c_.node(n).inputs[i]; }
  std::optional<double> Scalar(ValueId v) const {
    const Tensor* t = c_.Known(v);
    return t && t->elements() == 1 ? std::optional(t->Double(0)) : std::nullopt;
  }

  std::optional<SpelledScores> ReadHidden(NodeId where) const {
    SpelledScores out;
    out.hides_true = Scalar(In(where, 1)).has_value();
    const auto fill = Scalar(In(where, out.hides_true ? 1 : 2));
    if (!fill || !(*fill <= kHidden) || !TakeProduct(In(where, out.hides_true ? 2 : 1), &out)) return std::nullopt;
    out.fill = static_cast<float>(*fill);
    out.hidden = In(where, 0);
    out.is_causal = IsCausal(out);
    if (out.is_causal) out.hidden = kNone;
    return out;
  }

  // queries * keys, times or over a constant.
  bool TakeProduct(ValueId v, SpelledScores* out) const {
    out->scale = 1;
    for (const std::string_view op : {"Div", "Mul"}) {
      const NodeId n = OnlyProducer(c_, v, op);
      if (n == kNone) continue;
      const bool is_first = op == "Mul" && Scalar(In(n, 0));
      const auto factor = Scalar(In(n, is_first ? 0 : 1));
      if (!factor || *factor == 0) return false;
      out->scale = op == "Div" ? 1 / *factor : *factor;
      v = In(n, is_first ? 1 : 0);
      break;
    }
    for (const std::string_view op : {"MatMul", "com.microsoft.FusedMatMul"})
      if (const NodeId n = OnlyProducer(c_, v, op); n != kNone) out->product = n;
    return out->product != kNone;
  }

  // [S, S] for S queries and S keys, such that all above the diagonal is hidden, and nothing else.
  bool IsCausal(const SpelledScores& s) const {
    const Shape &scores = c_.type(c_.node(s.product).outputs[0]).shape, &shape = c_.type(s.hidden).shape;
    const int rank = scores.ranked() ? scores.rank() : 0;
    if (rank < 2 || !(scores[rank - 1] == scores[rank - 2]) || !shape.ranked() || shape.rank() < 2) return false;
    for (int i = 0; i < shape.rank(); ++i)
      if (i < shape.rank() - 2 ? !shape[i].is(1) : !(shape[i] == scores[rank - 1])) return false;
    if (const Tensor* t = c_.Known(s.hidden)) return IsAboveDiagonal(*t, s.hides_true);
    const NodeId n = c_.Producer(s.hidden, "Trilu");
    if (n == kNone || c_.node(n).inputs.size() < 2 || !IsAllTrue(In(n, 0))) return false;
    const bool upper = AttrOr<int64_t>(c_.node(n), "upper", 1) != 0;
    return upper == s.hides_true && Scalar(In(n, 1)) == (upper ? 1 : 0);
  }
  static bool IsAboveDiagonal(const Tensor& t, bool value) {
    const int64_t side = t.dims[t.dims.rank() - 1];
    for (int64_t i = 0; i < t.elements(); ++i)
      if ((t.Double(i) != 0) != ((i % side > i / side) == value)) return false;
    return t.dtype == DType::kBool;
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

  const RewriteContext& c_;
};

}  // namespace

NodeId OnlyProducer(const RewriteContext& c, ValueId v, std::string_view op) {
  const NodeId n = v == kNone ? kNone : c.Producer(v, op);
  return n != kNone && c.OnlyUse(v) && c.node(n).epilogue.empty() ? n : kNone;
}

bool HasPerm(const RewriteContext& c, NodeId transpose, const std::vector<int64_t>& perm) {
  return PermOf(c.node(transpose)) == perm;
}

bool IsRowSoftmax(const RewriteContext& c, NodeId softmax) {
  const auto& a = c.node(softmax).attrs.as<SoftmaxAttrs>();
  return (a.axis == -1 || a.axis == 3) && !a.flatten;
}

std::optional<SpelledScores> SpelledScoresAt(const RewriteContext& c, ValueId v) { return ScoresReader(c).Read(v); }

}  // namespace hasten
