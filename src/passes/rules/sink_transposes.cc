#include <algorithm>
#include <map>

#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

using Perm = std::vector<int64_t>;
constexpr size_t kMaxNodes = 32;

// Elementwise nodes behind Transposes that agree.
class Sinking {
 public:
  explicit Sinking(RewriteContext& c) : c_(c) {}

  // Whether the node could compute the same before the Transposes of all its operands.
  bool Looks(NodeId n) {
    const Node& node = c_.node(n);
    if (!node.op || !node.op->traits.elementwise || node.outputs.size() != 1 || !node.epilogue.empty() ||
        node.captures > 0 || ++seen_ > kMaxNodes)
      return false;
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) { return Takes(n, v); });
  }
  const Perm& perm() const { return perm_; }
  // How many Transposes would go.
  size_t transposes() const { return sources_.size(); }

  // The node on what was transposed.
  Result<ValueId> Rebuild(NodeId n, NodeId before) {
    if (const auto done = rebuilt_.find(n); done != rebuilt_.end()) return done->second;
    Node made;
    made.op = c_.node(n).op;
    made.attrs = c_.node(n).attrs;
    for (ValueId v : std::vector<ValueId>(c_.node(n).inputs)) {
      const auto source = sources_.find(v);
      if (source == sources_.end() && !IsScalar(v)) {
        HASTEN_ASSIGN(v, Rebuild(c_.value(v).producer, before));
      } else if (source != sources_.end()) {
        v = source->second;
      }
      made.inputs.push_back(v);
    }
    HASTEN_ASSIGN(const ValueId out, c_.AddNode(std::move(made), before));
    rebuilt_[n] = out;
    return out;
  }

 private:
  bool IsScalar(ValueId v) const {
    const Tensor* t = v == kNone ? nullptr : c_.Known(v);
    return v == kNone || (t && t->elements() == 1);
  }

  bool Takes(NodeId reader, ValueId v) {
    if (IsScalar(v) || sources_.contains(v)) return true;
    const auto& uses = c_.value(v).uses;
    const NodeId producer = c_.value(v).producer;
    const Shape& shape = c_.type(c_.node(reader).outputs[0]).shape;
    if (producer == kNone || c_.graph().IsOutput(v) || !(c_.type(v).shape == shape) ||
        !std::all_of(uses.begin(), uses.end(), [&](Use use) { return use.node == reader; }))
      return false;
    if (c_.Producer(v, "Transpose") == kNone) return Looks(producer);
    const Perm perm = PermOf(c_.node(producer));
    if (perm.empty() || (!perm_.empty() && perm != perm_)) return false;
    perm_ = perm;
    sources_[v] = c_.node(producer).inputs[0];
    return true;
  }

  RewriteContext& c_;
  Perm perm_;
  size_t seen_ = 0;
  std::map<ValueId, ValueId> sources_;  // what was transposed, by the result
  std::map<NodeId, ValueId> rebuilt_;
};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (!c.node(n).op->traits.elementwise || c.node(n).inputs.size() < 2) return false;
  Sinking sinking(c);
  if (!sinking.Looks(n) || sinking.transposes() < 2) return false;
  HASTEN_ASSIGN(const ValueId plain, sinking.Rebuild(n, n));
  HASTEN_ASSIGN(const ValueId out, c.Add("Transpose", {plain}, n, {{"perm", sinking.perm()}}));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kSinkTransposes = {
    .name = "sink_transposes",
    .doc =
        "Elementwise nodes of several values that are transposed alike, with nothing else than scalars -> the same "
        "nodes, then one Transpose.",
    .stage = Stage::kMerge,
    .target = Target::kFile,
    .apply = Apply,
};

}  // namespace hasten::rules
