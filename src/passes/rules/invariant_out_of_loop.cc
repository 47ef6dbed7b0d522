#include <algorithm>
#include <unordered_map>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Loop", "Scan"};
// Beside elementwise ops and views: what cannot fail where its shapes are known.
constexpr std::string_view kSafe[] = {"Concat", "DequantizeLinear", "Gemm", "MatMul", "QuantizeLinear",
                                      "Shape",  "Transpose"};

// Of the body to those outside that they stand for.
using Outside = std::unordered_map<ValueId, ValueId>;

bool IsSafe(const OpDef& op) {
  return (op.traits.elementwise && !op.traits.random) || op.traits.metadata_only ||
         std::find(std::begin(kSafe), std::end(kSafe), op.name) != std::end(kSafe);
}

bool IsFixed(const Graph& body, ValueId v) {
  const Type& type = body.value(v).type;
  return type.is_tensor() && type.dtype != DType::kNone && type.shape.is_const();
}

// A loop may run no trip at all: what is moved out of it must be sure to succeed.
bool IsInvariant(const Graph& body, NodeId n, const Outside& outside) {
  const Node& node = body.node(n);
  if (!node.op || !IsSafe(*node.op) || !node.epilogue.empty() || node.outputs.size() != 1) return false;
  bool reads = false;
  for (const ValueId v : node.inputs) {
    if (v == kNone) continue;
    if (!IsFixed(body, v) || (!outside.count(v) && !body.constant(v))) return false;
    reads = reads || outside.count(v) > 0;
  }
  return reads && IsFixed(body, node.outputs[0]);  // what reads constants alone is folded where it stands
}

// In order; `outside` has the captured values, and a place for what these give.
std::vector<NodeId> Invariants(const Graph& body, Outside outside) {
  std::vector<NodeId> out;
  for (const NodeId n : body.Order()) {
    if (!IsInvariant(body, n, outside)) continue;
    out.push_back(n);
    outside[body.node(n).outputs[0]] = kNone;
  }
  return out;
}

Result<ValueId> CopyOut(RewriteContext& c, const Graph& body, NodeId n, const Outside& outside, NodeId before) {
  Node made;
  made.op = body.node(n).op;
  made.name = body.node(n).name;
  made.attrs = body.node(n).attrs;
  made.outputs = body.node(n).outputs;
  for (const ValueId v : body.node(n).inputs) {
    const auto at = outside.find(v);
    made.inputs.push_back(v == kNone ? kNone : at != outside.end() ? at->second : c.CopyConstant(body.value(v)));
  }
  HASTEN_ASSIGN(const auto outputs, c.CopyNode(std::move(made), body, before));
  return outputs[0];
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  Node made = c.node(n);
  const std::vector<GraphPtr> bodies = made.attrs.Graphs();
  if (bodies.size() != 1 || !made.epilogue.empty() || !AnyOutputWanted(made)) return false;
  const GraphPtr body = bodies[0]->Clone();
  Outside outside;
  const size_t first = made.inputs.size() - made.captures;
  for (size_t i = 0; i < body->captures.size(); ++i)
    if (body->captures[i] != kNone) outside[body->captures[i]] = made.inputs[first + i];
  const std::vector<NodeId> moved = Invariants(*body, outside);
  if (moved.empty()) return false;
  std::vector<ValueId> results;
  for (const NodeId m : moved) {
    results.push_back(body->node(m).outputs[0]);
    HASTEN_ASSIGN(outside[results.back()], CopyOut(c, *body, m, outside, n));
  }
  for (auto m = moved.rbegin(); m != moved.rend(); ++m) body->EraseNode(*m);
  for (const ValueId v : results) {
    if (body->value(v).uses.empty() && !body->IsOutput(v)) {
      body->EraseValue(v);
      continue;
    }
    made.inputs.push_back(outside[v]);
    ++made.captures;
    body->captures.push_back(v);
  }
  RemoveDead(body.get());  // constants that moved
  HASTEN_TRY(made.attrs.Set("body", body));
  const std::vector<ValueId> kept = made.outputs;
  std::vector<bool> wanted;
  for (const ValueId v : kept) wanted.push_back(v != kNone);
  HASTEN_ASSIGN(const auto values, c.AddNode(std::move(made), n, wanted));
  for (size_t i = 0; i < kept.size(); ++i)
    if (wanted[i]) c.Replace(kept[i], values[i]);
  return true;
}

}  // namespace

extern const Rule kInvariantOutOfLoop = {
    .name = "invariant_out_of_loop",
    .doc =
        "Nodes in the body of a Loop or Scan that read captured values of fixed shape alone -> before it, once; ops "
        "that cannot fail, since a loop may make no trip.",
    .benefit = 40,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
