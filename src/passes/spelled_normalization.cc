#include <algorithm>

#include "passes/attributes.h"
#include "passes/spelling.h"

namespace hasten {
namespace {

// Looks backwards, and keeps the nodes it recognised.
class NormalizationReader {
 public:
  explicit NormalizationReader(const RewriteContext& c) : c_(c) {}

  std::optional<SpelledNormalization> Read(NodeId n) {
    nodes_.push_back(n);
    for (const auto& [x, deviation] : Quotients(n)) {
      nodes_.resize(1);
      auto out = ReadDeviation(deviation);
      if (!out || !ReadNumerator(x, &*out) || !AreClosed(c_, nodes_, n)) continue;
      return out;
    }
    return std::nullopt;
  }

 private:
  struct Quotient {
    ValueId x, deviation;  // or 1 / deviation
  };

  ValueId In(NodeId n, size_t i) const { return c_.node(n).inputs[i]; }
  std::optional<double> Scalar(ValueId v) const {
    const Tensor* t = c_.Known(v);
    return t && t->elements() == 1 ? std::optional(t->Double(0)) : std::nullopt;
  }
  NodeId Take(ValueId v, std::string_view op) {
    const NodeId n = c_.Producer(v, op);
    if (n != kNone && std::find(nodes_.begin(), nodes_.end(), n) == nodes_.end()) nodes_.push_back(n);
    return n;
  }

  std::vector<Quotient> Quotients(NodeId n) const {
    const Node& node = c_.node(n);
    if (node.inputs.size() != 2) return {};
    if (node.op->name == "Div") return {{In(n, 0), In(n, 1)}};
    return {{In(n, 0), In(n, 1)}, {In(n, 1), In(n, 0)}};
  }

  // The sum under the root.
  ValueId Root(ValueId v, double power) {
    if (const NodeId pow = Take(v, "Pow"); pow != kNone) return Scalar(In(pow, 1)) == power ? In(pow, 0) : kNone;
    if (power < 0) {
      if (const NodeId inverse = Take(v, "Reciprocal"); inverse != kNone) return Root(In(inverse, 0), -power);
      const NodeId div = Take(v, "Div");
      return div != kNone && Scalar(In(div, 0)) == 1 ? Root(In(div, 1), -power) : kNone;
    }
    const NodeId sqrt = Take(v, "Sqrt");
    return sqrt == kNone ? kNone : In(sqrt, 0);
  }

  // The square of a value: kNone if v is none.
  ValueId Square(ValueId v) {
    if (const NodeId pow = Take(v, "Pow"); pow != kNone) return Scalar(In(pow, 1)) == 2 ? In(pow, 0) : kNone;
    const NodeId mul = Take(v, "Mul");
    return mul != kNone && In(mul, 0) == In(mul, 1) ? In(mul, 0) : kNone;
  }

  // The operand of a mean over the last axes, which stay as ones.
  ValueId Mean(ValueId v, int* axis) {
    const NodeId mean = Take(v, "ReduceMean");
    if (mean == kNone || AttrOr<int64_t>(c_.node(mean), "keepdims", 1) == 0) return kNone;
    const ValueId x = In(mean, 0);
    const Shape& shape = c_.type(x).shape;
    const auto axes = c_.node(mean).inputs.size() > 1 ? c_.KnownInts(In(mean, 1)) : std::nullopt;
    if (!shape.ranked() || !axes || axes->empty()) return kNone;
    std::vector<int64_t> sorted;
    for (int64_t a : *axes) sorted.push_back(a < 0 ? a + shape.rank() : a);
    std::sort(sorted.begin(), sorted.end());
    *axis = static_cast<int>(sorted.front());
    for (size_t i = 0; i < sorted.size(); ++i)
      if (sorted[i] != *axis + static_cast<int64_t>(i)) return kNone;
    return sorted.back() == shape.rank() - 1 ? x : kNone;
  }

  // Of the square root: x is what is squared.
  std::optional<SpelledNormalization> ReadDeviation(ValueId v) {
    SpelledNormalization out;
    const bool is_div = c_.node(nodes_[0]).op->name == "Div";
    const NodeId add = Take(Root(v, is_div ? 0.5 : -0.5), "Add");
    if (add == kNone) return std::nullopt;
    for (size_t i : {size_t{0}, size_t{1}}) {
      const auto epsilon = Scalar(In(add, i));
      if (!epsilon || !(*epsilon >= 0)) continue;
      const ValueId squares = Mean(In(add, 1 - i), &out.axis);
      out.x = squares == kNone ? kNone : Square(squares);
      out.epsilon = static_cast<float>(*epsilon);
      if (out.x != kNone) return out;
    }
    return std::nullopt;
  }

  // Whether x over the deviation is a normalisation; goes behind the subtraction of the mean.
  bool ReadNumerator(ValueId x, SpelledNormalization* out) {
    const auto behind_mean = [&](ValueId v) {
      const NodeId sub = c_.Producer(v, "Sub");
      if (sub == kNone) return kNone;
      const size_t taken = nodes_.size();
      Take(v, "Sub");
      int axis = 0;
      if (Mean(In(sub, 1), &axis) == In(sub, 0) && axis == out->axis && c_.type(In(sub, 0)) == c_.type(v))
        return In(sub, 0);
      nodes_.resize(taken);
      return kNone;
    };
    const ValueId of_squares = behind_mean(out->x), of_x = x == out->x ? of_squares : behind_mean(x);
    if (of_squares != kNone && of_squares == of_x) {
      out->x = of_x;
      return true;
    }
    out->centered = false;
    return x == out->x;
  }

  const RewriteContext& c_;
  std::vector<NodeId> nodes_;
};

}  // namespace

std::optional<SpelledNormalization> SpelledNormalizationAt(const RewriteContext& c, NodeId n) {
  return NormalizationReader(c).Read(n);
}

}  // namespace hasten
