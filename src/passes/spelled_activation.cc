#include <algorithm>
#include <map>

#include "passes/elementwise.h"
#include "passes/spelling.h"

namespace hasten {
namespace {

using Ref = ProgramBuilder::Ref;
constexpr size_t kMaxNodes = 12;

// The program of a node over one value.
class Spelling {
 public:
  Spelling(const RewriteContext& c, ValueId x) : c_(c), x_(x) {}

  std::optional<Ref> Compile(NodeId n) {
    const auto known = refs_.find(n);
    if (known != refs_.end()) return known->second;
    if (nodes_.size() == kMaxNodes || !IsPointwise(c_, n)) return std::nullopt;
    nodes_.push_back(n);
    std::map<ValueId, Ref> in;
    for (ValueId v : PointwiseInputs(c_, n)) {
      const NodeId producer = c_.value(v).producer;
      const auto ref = v == x_             ? std::optional(ProgramBuilder::kHost)
                       : producer == kNone ? std::nullopt
                                           : Compile(producer);
      if (!ref) return std::nullopt;
      in[v] = *ref;
    }
    const Ref out = CompilePointwise(
        c_, n, [&](ValueId v) { return in.at(v); }, &program_);
    refs_[n] = out;
    return out;
  }

  std::optional<PointwiseInstr> Only(NodeId n) {
    const auto result = Compile(n);
    std::vector<ValueId> operands;
    if (!result || !AreClosed(c_, nodes_, n)) return std::nullopt;
    const PointwiseProgram p = program_.Finish(*result, &operands);
    return p.instrs.size() == 1 && operands.empty() ? std::optional(p.instrs[0]) : std::nullopt;
  }

 private:
  const RewriteContext& c_;
  const ValueId x_;
  std::vector<NodeId> nodes_;
  std::map<NodeId, Ref> refs_;
  ProgramBuilder program_;
};

// Values that the node and those before it read, farthest first.
std::vector<ValueId> Candidates(const RewriteContext& c, NodeId n) {
  std::vector<NodeId> nodes{n};
  std::vector<ValueId> out;
  for (size_t i = 0; i < nodes.size() && nodes.size() < kMaxNodes; ++i)
    for (ValueId v : PointwiseInputs(c, nodes[i])) {
      if (std::find(out.begin(), out.end(), v) == out.end()) out.push_back(v);
      const NodeId producer = c.value(v).producer;
      if (producer != kNone && IsPointwise(c, producer) &&
          std::find(nodes.begin(), nodes.end(), producer) == nodes.end())
        nodes.push_back(producer);
    }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

bool AreClosed(const RewriteContext& c, std::span<const NodeId> nodes, NodeId last) {
  const auto is_inside = [&](Use use) { return std::find(nodes.begin(), nodes.end(), use.node) != nodes.end(); };
  return std::all_of(nodes.begin(), nodes.end(), [&](NodeId n) {
    const auto& outputs = c.node(n).outputs;
    return n == last || std::all_of(outputs.begin(), outputs.end(), [&](ValueId v) {
             return v == kNone ||
                    (!c.graph().IsOutput(v) && std::all_of(c.value(v).uses.begin(), c.value(v).uses.end(), is_inside));
           });
  });
}

std::optional<SpelledActivation> SpelledActivationAt(const RewriteContext& c, NodeId n) {
  if (!IsPointwise(c, n)) return std::nullopt;
  for (ValueId x : Candidates(c, n)) {
    if (!(c.type(x) == c.type(c.node(n).outputs[0]))) continue;
    if (const auto instr = Spelling(c, x).Only(n)) return SpelledActivation{*instr, x};
  }
  return std::nullopt;
}

}  // namespace hasten
