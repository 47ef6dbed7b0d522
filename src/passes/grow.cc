#include "passes/grow.h"

#include <algorithm>
#include <unordered_set>

#include "passes/elementwise.h"

namespace hasten {
namespace {

constexpr size_t kMaxMembers = 64;    // nodes moved at a time
constexpr size_t kMaxInstrs = 200;    // of a program that still grows
constexpr size_t kMaxVisited = 2000;  // nodes looked at to tell whether an operand depends on the host
constexpr int kMaxPull = 8;           // depth of chains drawn in behind an operand

class Grower {
 public:
  Grower(RewriteContext& c, NodeId host) : c_(c), host_(host), y_(c.node(host).outputs[0]), shape_(c.type(y_).shape) {}

  Result<bool> Run() {
    inside_.insert(y_);
    if (c_.graph().IsOutput(y_) || !OnlyPointwiseUsers()) return false;
    size_t closed = 0;
    while (members_.size() < kMaxMembers) {
      const NodeId next = NextCandidate();
      if (next == kNone) break;
      if (!Admit(next, 0)) {
        blocked_.insert(next);
        continue;
      }
      if (IsClosed()) closed = members_.size();
    }
    if (closed == 0) return false;
    members_.resize(closed);
    return Apply();
  }

 private:
  ValueId OutputOf(NodeId n) const { return c_.node(n).outputs[0]; }
  bool IsMember(NodeId n) const { return std::find(members_.begin(), members_.end(), n) != members_.end(); }

  bool OnlyPointwiseUsers() const {
    const auto& uses = c_.value(y_).uses;
    return std::all_of(uses.begin(), uses.end(), [&](Use use) { return IsPointwise(c_, use.node); });
  }

  // The first node in order that reads a value inside and was not yet looked at.
  NodeId NextCandidate() const {
    NodeId best = kNone;
    const auto look = [&](ValueId v) {
      for (const Use use : c_.value(v).uses)
        if (!IsMember(use.node) && !blocked_.count(use.node) && (best == kNone || c_.Before(use.node, best)))
          best = use.node;
    };
    look(y_);
    for (NodeId n : members_) look(OutputOf(n));
    return best;
  }

  bool DependsOnHost(ValueId v) const {
    std::unordered_set<NodeId> seen;
    std::vector<ValueId> left{v};
    while (!left.empty()) {
      const ValueId at = left.back();
      left.pop_back();
      if (at == kNone) continue;
      if (inside_.count(at)) return true;
      const NodeId producer = c_.value(at).producer;
      if (producer == kNone || c_.Before(producer, host_) || !seen.insert(producer).second) continue;
      if (producer == host_ || seen.size() > kMaxVisited) return true;
      left.insert(left.end(), c_.node(producer).inputs.begin(), c_.node(producer).inputs.end());
    }
    return false;
  }

  // Makes n a member, and what computes its other operands for it alone.
  bool Admit(NodeId n, int depth) {
    if (!IsPointwise(c_, n) || !(c_.type(OutputOf(n)).shape == shape_)) return false;
    const std::vector<ValueId> inputs = PointwiseInputs(c_, n);
    for (ValueId v : inputs)
      if (!inside_.count(v) && (!FitsInto(c_.type(v).shape, shape_) || (depth == 0 && DependsOnHost(v)))) return false;
    if (depth < kMaxPull)
      for (ValueId v : inputs) {
        if (inside_.count(v) || !UsedOnlyBy(v, n)) continue;
        const NodeId producer = c_.value(v).producer;
        if (producer != kNone && members_.size() < kMaxMembers) Admit(producer, depth + 1);
      }
    members_.push_back(n);
    inside_.insert(OutputOf(n));
    return true;
  }
  bool UsedOnlyBy(ValueId v, NodeId n) const {
    const auto& uses = c_.value(v).uses;
    return !c_.graph().IsOutput(v) && std::all_of(uses.begin(), uses.end(), [&](Use u) { return u.node == n; });
  }

  // Whether all values inside but the last are read by members alone.
  bool IsClosed() const {
    const auto closed = [&](ValueId v) {
      const auto& uses = c_.value(v).uses;
      return !c_.graph().IsOutput(v) && std::all_of(uses.begin(), uses.end(), [&](Use u) { return IsMember(u.node); });
    };
    return closed(y_) &&
           std::all_of(members_.begin(), members_.end() - 1, [&](NodeId n) { return closed(OutputOf(n)); });
  }

  Result<bool> Apply() {
    const Node& host = c_.node(host_);
    const auto formal = static_cast<int64_t>(host.formal_inputs());
    ProgramBuilder program({host.inputs.begin() + formal, host.inputs.end()});
    std::vector<ProgramBuilder::Ref> own{ProgramBuilder::kHost};
    for (auto it = host.inputs.begin() + formal; it != host.inputs.end(); ++it) own.push_back(program.Operand(*it));
    std::unordered_map<ValueId, ProgramBuilder::Ref> at;
    at[y_] = host.epilogue.empty() ? ProgramBuilder::kHost : program.Inline(host.epilogue, own);
    if (host.op->name == "Pointwise") at[host.inputs[0]] = ProgramBuilder::kHost;
    const auto ref = [&](ValueId v) {
      const auto it = at.find(v);
      return it == at.end() ? program.Operand(v) : it->second;
    };
    for (NodeId n : members_) at[OutputOf(n)] = CompilePointwise(c_, n, ref, &program);
    const NodeId last = members_.back();
    std::vector<ValueId> operands;
    Node made;
    made.op = host.op;
    made.name = host.name;
    made.doc = host.doc;
    made.metadata = host.metadata;
    made.attrs = host.attrs;
    made.epilogue = program.Finish(at[OutputOf(last)], &operands);
    if (made.epilogue.instrs.size() > kMaxInstrs || !c_.CanReplace(OutputOf(last), y_)) return false;
    made.inputs.assign(host.inputs.begin(), host.inputs.begin() + formal);
    made.inputs.insert(made.inputs.end(), operands.begin(), operands.end());
    made.epilogue_operands = static_cast<uint32_t>(operands.size());
    HASTEN_ASSIGN(const ValueId out, c_.AddNode(std::move(made), last));
    c_.Replace(OutputOf(last), out);
    return true;
  }

  RewriteContext& c_;
  const NodeId host_;
  const ValueId y_;
  const Shape shape_;
  std::vector<NodeId> members_;
  std::unordered_set<ValueId> inside_;
  std::unordered_set<NodeId> blocked_;
};

}  // namespace

bool FitsInto(const Shape& from, const Shape& to) {
  if (!from.ranked() || !to.ranked() || from.rank() > to.rank()) return false;
  for (int i = 1; i <= from.rank(); ++i) {
    const Dim& d = from[from.rank() - i];
    if (!d.is(1) && !(d == to[to.rank() - i])) return false;
  }
  return true;
}

Result<bool> GrowEpilogue(RewriteContext& c, NodeId host) {
  const Node& node = c.node(host);
  if (node.captures > 0 || node.outputs.size() != 1 || node.outputs[0] == kNone) return false;
  const Type& type = c.type(node.outputs[0]);
  if (!type.is_tensor() || type.dtype != DType::kF32 || !type.shape.ranked()) return false;
  return Grower(c, host).Run();
}

}  // namespace hasten
