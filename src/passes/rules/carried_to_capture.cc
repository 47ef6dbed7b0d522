#include <algorithm>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Loop"};
constexpr size_t kFirst = 2;  // of the carried values among a loop's and its body's inputs; outputs: one less

// Body: (i, condition, carried...) -> (condition, carried..., scanned...).  Which carried values the body hands on as
// they came.  An output of the graph must be computed by a node, which what enters the loop may not be.
std::vector<size_t> Invariants(const RewriteContext& c, const Node& node, const Graph& body) {
  std::vector<size_t> out;
  const size_t inputs = node.formal_inputs();
  if (inputs < kFirst || body.inputs.size() != inputs || body.outputs.size() < inputs - 1) return out;
  for (size_t k = 0; kFirst + k < inputs; ++k) {
    const ValueId result = k < node.outputs.size() ? node.outputs[k] : kNone;
    if (body.outputs[1 + k] == body.inputs[kFirst + k] && node.inputs[kFirst + k] != kNone &&
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
    if (body->value(inside).uses.empty() && !body->IsOutput(inside)) {
      body->EraseValue(inside);
    } else {
      StandFor(node, outer, body, inside);
    }
  }
}

// False also of what went with its node.
bool IsRead(const RewriteContext& c, ValueId v) {
  return v != kNone && c.value(v).alive && (!c.value(v).uses.empty() || c.graph().IsOutput(v));
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  Node made = c.node(n);
  const std::vector<GraphPtr> bodies = made.attrs.Graphs();
  if (bodies.size() != 1 || !made.epilogue.empty()) return false;
  const std::vector<size_t> which = Invariants(c, made, *bodies[0]);
  if (which.empty() || !AnyOutputWanted(made)) return false;
  const GraphPtr body = bodies[0]->Clone();
  Capture(which, &made, body.get());
  HASTEN_TRY(made.attrs.Set("body", body));
  const std::vector<ValueId> kept = made.outputs;
  if (AnyOutputWanted(made)) {
    std::vector<bool> wanted;
    for (const ValueId v : kept) wanted.push_back(v != kNone);
    HASTEN_ASSIGN(const auto values, c.AddNode(std::move(made), n, wanted));
    for (size_t i = 0; i < kept.size(); ++i)
      if (wanted[i] && IsRead(c, kept[i])) c.Replace(kept[i], values[i]);
  }
  const std::vector<ValueId> inputs = c.node(n).inputs, outputs = c.node(n).outputs;
  for (const size_t k : which)
    if (k < outputs.size() && IsRead(c, outputs[k])) c.Replace(outputs[k], inputs[kFirst + k]);
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
