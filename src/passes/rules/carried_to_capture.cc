#include <algorithm>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Loop"};
constexpr size_t kFirst = 2;  // of the carried values among a loop's and its body's inputs; outputs: one less

// What v is a copy of: an output of a body is often an Identity of an input.
ValueId Original(const Graph& body, ValueId v) {
  for (;;) {
    const NodeId n = body.value(v).producer;
    if (n == kNone || !body.node(n).op || body.node(n).op->name != "Identity" || !body.node(n).epilogue.empty())
      return v;
    v = body.node(n).inputs[0];
  }
}

// Body: (i, condition, carried...) -> (condition, carried..., scanned...).  Which carried values the body hands on as
// they came.  An output of the graph must be computed by a node, which what enters the loop may not be.
std::vector<size_t> Invariants(const RewriteContext& c, const Node& node, const Graph& body) {
  std::vector<size_t> out;
  const size_t inputs = node.formal_inputs();
  if (inputs < kFirst || body.inputs.size() != inputs || body.outputs.size() < inputs - 1) return out;
  for (size_t k = 0; kFirst + k < inputs; ++k) {
    const ValueId result = k < node.outputs.size() ? node.outputs[k] : kNone;
    if (Original(body, body.outputs[1 + k]) == body.inputs[kFirst + k] && node.inputs[kFirst + k] != kNone &&
        (result == kNone || !c.graph().IsOutput(result)))
      out.push_back(k);
  }
  return out;
}

// `inside`, no longer an input of the body, stands for `outer` there, or what does so already.
void StandFor(Node* node, ValueId outer, Graph* body, ValueId inside) {
  const auto first = node->inputs.end() - node->captures;
  const auto at = static_cast<size_t>(std::find(first, node->inputs.end(), outer) - first);
  if (at == node->captures) {
    node->inputs.push_back(outer);
    ++node->captures;
    body->captures.push_back(kNone);
  }
  if (body->captures[at] == kNone) {
    body->captures[at] = inside;
  } else {
    body->ReplaceUses(inside, body->captures[at]);
    body->EraseValue(inside);
  }
}

// Precondition: `which` rises.
void Capture(const std::vector<size_t>& which, Node* node, Graph* body) {
  for (auto k = which.rbegin(); k != which.rend(); ++k) {
    const auto input = static_cast<std::ptrdiff_t>(kFirst + *k), output = static_cast<std::ptrdiff_t>(*k);
    const ValueId inside = body->inputs[kFirst + *k], outer = node->inputs[kFirst + *k];
    node->inputs.erase(node->inputs.begin() + input);
    body->inputs.erase(body->inputs.begin() + input);
    body->outputs.erase(body->outputs.begin() + 1 + output);
    if (*k < node->outputs.size()) node->outputs.erase(node->outputs.begin() + output);
    if (IsRead(*body, inside)) {
      StandFor(node, outer, body, inside);
    } else {
      body->EraseValue(inside);
    }
  }
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  Node made = c.node(n);
  const std::vector<GraphPtr> bodies = made.attrs.Graphs();
  if (bodies.size() != 1 || !made.epilogue.empty()) return false;
  const std::vector<size_t> which = Invariants(c, made, *bodies[0]);
  if (which.empty() || !AnyOutputWanted(made)) return false;
  const GraphPtr body = bodies[0]->Clone();
  Capture(which, &made, body.get());
  RemoveDead(body.get());  // the copies
  HASTEN_TRY(made.attrs.Set("body", body));
  const std::vector<ValueId> inputs = c.node(n).inputs, outputs = c.node(n).outputs;
  if (AnyOutputWanted(made)) HASTEN_TRY(c.ReplaceNode(n, std::move(made)));
  for (const size_t k : which)
    if (k < outputs.size() && IsRead(c.graph(), outputs[k])) c.Replace(outputs[k], inputs[kFirst + k]);
  return true;
}

}  // namespace

extern const Rule kCarriedToCapture = {
    .name = "carried_to_capture",
    .doc =
        "Loop whose body hands carried values on as they came -> its body captures them: they are the same in every "
        "trip, and after the last.",
    .benefit = 50,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
