#include "passes/attributes.h"
#include "passes/spelling.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Div", "Mul", "Sub"};
constexpr int64_t kLeastInner = 16;

bool IsServed(const Type& t) {
  return t.is_tensor() && t.shape.ranked() &&
         (t.dtype == DType::kF32 || t.dtype == DType::kF16 || t.dtype == DType::kF64);
}

// Looks backwards, and keeps the nodes it recognised.
class SoftmaxReader {
 public:
  SoftmaxReader(const RewriteContext& c, NodeId n) : c_(c), n_(n) {}

  struct Softmax {
    std::string_view op;
    ValueId x = kNone;
    int64_t axis = 0;
  };

  std::optional<Softmax> Read() {
    const std::string_view op = c_.node(n_).op->name;
    if (op == "Sub") return Finish("LogSoftmax", In(n_, 0), SumOfExp(In(n_, 0), In(Take(In(n_, 1), "Log"), 0)));
    if (op == "Div") return Finish("Softmax", In(Take(In(n_, 0), "Exp"), 0), Sum(In(n_, 0), In(n_, 1)));
    for (size_t i : {size_t{0}, size_t{1}}) {
      nodes_.resize(1);
      const ValueId sum = In(Take(In(n_, 1 - i), "Reciprocal"), 0);
      if (auto out = Finish("Softmax", In(Take(In(n_, i), "Exp"), 0), Sum(In(n_, i), sum))) return out;
    }
    return std::nullopt;
  }

 private:
  // kNone if there is no such node.
  ValueId In(NodeId n, size_t i) const { return n == kNone ? kNone : c_.node(n).inputs[i]; }
  NodeId Take(ValueId v, std::string_view op) {
    const NodeId n = v == kNone ? kNone : c_.Producer(v, op);
    if (n == kNone || !c_.node(n).epilogue.empty()) return kNone;
    nodes_.push_back(n);
    return n;
  }

  // The axis of a reduction of x over that axis only, which stays as a one; -1: v is none.
  int64_t AxisOf(std::string_view op, ValueId x, ValueId v) {
    const NodeId n = Take(v, op);
    if (n == kNone || x == kNone || In(n, 0) != x || AttrOr<int64_t>(c_.node(n), "keepdims", 1) == 0) return -1;
    const auto axes = c_.node(n).inputs.size() > 1 ? c_.KnownInts(In(n, 1)) : std::nullopt;
    const Type& type = c_.type(x);
    if (!IsServed(type) || !axes || axes->size() != 1) return -1;
    const int64_t axis = (*axes)[0] < 0 ? (*axes)[0] + type.shape.rank() : (*axes)[0];
    return axis < type.shape.rank() ? axis : -1;
  }
  int64_t Sum(ValueId terms, ValueId v) { return AxisOf("ReduceSum", terms, v); }
  int64_t SumOfExp(ValueId x, ValueId v) {
    const NodeId sum = v == kNone ? kNone : c_.Producer(v, "ReduceSum");
    const ValueId terms = In(sum, 0);
    return In(Take(terms, "Exp"), 0) == x ? Sum(terms, v) : -1;
  }

  // `below` is x without its largest along the axis.
  std::optional<Softmax> Finish(std::string_view op, ValueId below, int64_t axis) {
    const NodeId sub = Take(below, "Sub");
    if (axis < 0 || sub == kNone) return std::nullopt;
    const ValueId x = In(sub, 0);
    if (AxisOf("ReduceMax", x, In(sub, 1)) != axis || !(c_.type(x) == c_.type(c_.node(n_).outputs[0])))
      return std::nullopt;
    return AreClosed(c_, nodes_, n_) ? std::optional(Softmax{op, x, axis}) : std::nullopt;
  }

  const RewriteContext& c_;
  const NodeId n_;
  std::vector<NodeId> nodes_{n_};
};

// ONNX Runtime transposes for other axes than the last, which may take several times as long as these nodes; and here
// they take less than rows that lie narrowly interleaved.
bool IsFast(const RewriteContext& c, const Shape& x, int64_t axis) {
  if (axis == x.rank() - 1) return true;
  const Dim inner = x.Product(static_cast<int>(axis) + 1, x.rank());
  return c.options().target == Target::kRun && inner.is_const() && (inner.value() == 1 || inner.value() >= kLeastInner);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (c.node(n).inputs.size() != 2 || !c.node(n).epilogue.empty()) return false;
  const auto found = SoftmaxReader(c, n).Read();
  if (!found || !IsFast(c, c.type(found->x).shape, found->axis)) return false;
  const int64_t from_end = found->axis - c.type(found->x).shape.rank();
  HASTEN_ASSIGN(const ValueId out, c.Add(found->op, {found->x}, n, {{"axis", from_end}}));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kFormSoftmax = {
    .name = "form_softmax",
    .doc =
        "e / sum of e for e = exp(x - max of x), and d - log(sum of exp(d)) for d = x - max of x, along one axis -> "
        "Softmax and LogSoftmax; in files along the last axis only.",
    .stage = Stage::kMerge,
    .benefit = 20,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
