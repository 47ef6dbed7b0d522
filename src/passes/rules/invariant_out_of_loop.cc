#include <algorithm>
#include <unordered_map>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Loop", "Scan"};
// Beside elementwise ops and views: what cannot fail where its shapes are known.
constexpr std::string_view kSafe[] = {"Concat",     "DequantizeLinear", "Gemm",           "MatMul",  "ReduceMax",
                                      "ReduceMean", "ReduceSum",        "QuantizeLinear", "Softmax", "Transpose"};

// Values of the body, and those outside that they stand for.
using Outside = std::unordered_map<ValueId, ValueId>;

bool IsFixed(const Graph& body, ValueId v) {
  const Type& type = body.value(v).type;
  return type.is_tensor() && type.dtype != DType::kNone && type.dtype != DType::kString && type.shape.is_const();
}

// A loop may make no trip: what is computed before it must be sure to succeed.
bool IsSafe(const Graph& body, const Node& node) {
  const OpDef& op = *node.op;
  const bool divides = op.name == "Div" || op.name == "Mod";
  if (divides && IsInteger(body.value(node.outputs[0]).type.dtype)) return false;
  return (op.traits.elementwise && !op.traits.random) || op.traits.metadata_only ||
         std::find(std::begin(kSafe), std::end(kSafe), op.name) != std::end(kSafe);
}

// What the body gives out would only be copied there.
bool IsInvariant(const Graph& body, NodeId n, const Outside& outside) {
  const Node& node = body.node(n);
  if (!node.op || !node.epilogue.empty() || node.outputs.size() != 1 || body.IsOutput(node.outputs[0])) return false;
  bool reads = false;
  for (const ValueId v : node.inputs) {
    if (v == kNone) continue;
    if (!IsFixed(body, v) || (!outside.count(v) && !body.constant(v))) return false;
    reads = reads || outside.count(v) > 0;
  }
  // What reads constants alone is folded where it stands.
  return reads && IsFixed(body, node.outputs[0]) && IsSafe(body, node);
}

// In order.  `outside` has the captured values.
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

// What computed `moved` inside goes; what is still read there is captured.
void TakeOut(const std::vector<NodeId>& moved, const Outside& outside, Node* loop, Graph* body) {
  std::vector<ValueId> values;
  for (const NodeId n : moved) values.push_back(body->node(n).outputs[0]);
  for (auto n = moved.rbegin(); n != moved.rend(); ++n) body->EraseNode(*n);
  for (const ValueId v : values) {
    if (!IsRead(*body, v)) {
      body->EraseValue(v);
      continue;
    }
    loop->inputs.push_back(outside.at(v));
    ++loop->captures;
    body->captures.push_back(v);
  }
  RemoveDead(body);  // constants that moved, too
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (!c.node(n).epilogue.empty()) return false;
  Node made = c.Like(n);
  made.outputs = c.node(n).outputs;
  const std::vector<GraphPtr> bodies = made.attrs.Graphs();
  const auto is_read = [&](ValueId v) { return IsRead(c.graph(), v); };
  if (bodies.size() != 1 || std::none_of(made.outputs.begin(), made.outputs.end(), is_read)) return false;
  Outside outside;
  const size_t first = made.inputs.size() - made.captures;
  for (size_t i = 0; i < made.captures; ++i)
    if (const ValueId v = bodies[0]->captures[i]; v != kNone) outside[v] = made.inputs[first + i];
  const std::vector<NodeId> moved = Invariants(*bodies[0], outside);
  if (moved.empty()) return false;
  const GraphPtr body = bodies[0]->Clone();
  for (const NodeId m : moved) {
    HASTEN_ASSIGN(outside[body->node(m).outputs[0]], CopyOut(c, *body, m, outside, n));
  }
  TakeOut(moved, outside, &made, body.get());
  HASTEN_TRY(made.attrs.Set("body", body));
  HASTEN_TRY(c.ReplaceNode(n, std::move(made)));
  return true;
}

}  // namespace

extern const Rule kInvariantOutOfLoop = {
    .name = "invariant_out_of_loop",
    .doc =
        "Nodes in the body of a Loop or Scan that read captured values of fixed shape and constants alone -> before "
        "it, once; ops that cannot fail, since a loop may make no trip.",
    .benefit = 40,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
