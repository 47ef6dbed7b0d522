#include "passes/inline_body.h"

#include <algorithm>

namespace hasten {

BodyInliner::BodyInliner(RewriteContext* context, NodeId holder, const Graph& body)
    : context_(*context), holder_(holder), body_(body), shared_(body.value_slots(), kNone) {
  const Node& node = context_.node(holder);
  const size_t first = node.inputs.size() - node.captures;
  for (size_t i = 0; i < body.captures.size(); ++i)
    if (body.captures[i] != kNone) shared_[body.captures[i]] = node.inputs[first + i];
}

ValueId BodyInliner::Here(ValueId v, std::vector<ValueId>* here) {
  if (v == kNone || (*here)[v] != kNone) return v == kNone ? kNone : (*here)[v];
  HASTEN_CHECK(body_.value(v).constant);
  return (*here)[v] = shared_[v] = context_.CopyConstant(body_.value(v));
}

Result<std::vector<ValueId>> BodyInliner::Inline(std::span<const ValueId> arguments, std::string_view suffix) {
  const GraphPtr copy = body_.Clone();  // graphs inside are each one node's own
  std::vector<ValueId> here = shared_;
  for (size_t i = 0; i < arguments.size(); ++i) here[body_.inputs[i]] = arguments[i];
  for (const NodeId n : copy->Order()) {
    Node node = copy->node(n);
    if (!node.name.empty()) node.name += suffix;
    for (ValueId& v : node.inputs) v = Here(v, &here);
    HASTEN_ASSIGN(const auto outputs, context_.CopyNode(node, *copy, holder_));
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i] == kNone) continue;
      here[node.outputs[i]] = outputs[i];
      if (made_.empty() || made_.back() != context_.value(outputs[i]).producer)
        made_.push_back(context_.value(outputs[i]).producer);
    }
  }
  std::vector<ValueId> results;
  for (const ValueId v : body_.outputs) results.push_back(Here(v, &here));
  return results;
}

// A graph output's name needs a value of its own.
Result<ValueId> BodyInliner::FreeToReplace(ValueId output, ValueId by, std::vector<ValueId>* taken) {
  if (!context_.graph().IsOutput(output)) return by;
  const bool is_taken = std::find(taken->begin(), taken->end(), by) != taken->end();
  if (is_taken || !context_.CanReplace(output, by)) {
    HASTEN_ASSIGN(by, context_.Add("Identity", {by}, holder_));
  }
  taken->push_back(by);
  return by;
}

Status BodyInliner::ReplaceHolder(const std::vector<ValueId>& values) {
  const std::vector<ValueId> outputs = context_.node(holder_).outputs;
  const NodeId next = context_.node(holder_).next;
  std::vector<ValueId> by(outputs.size(), kNone), taken, changed;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ValueId v = outputs[i];
    if (!IsRead(context_.graph(), v)) continue;
    HASTEN_ASSIGN(by[i], FreeToReplace(v, values[i], &taken));
    if (!SameFact(context_.FactOf(v), context_.FactOf(by[i]))) changed.push_back(by[i]);
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    if (by[i] != kNone) context_.Replace(outputs[i], by[i]);  // with the last of them the holder goes
  context_.EraseIfUnused(holder_);
  if (!changed.empty()) context_.InferAgain(changed, next);
  for (size_t i = made_.size(); i-- > 0;) context_.EraseIfUnused(made_[i]);
  return {};
}

int64_t CopiesForOutputs(const RewriteContext& c, NodeId holder, const Graph& body, size_t first_result) {
  int64_t count = 0;
  const std::vector<ValueId>& outputs = c.node(holder).outputs;
  const auto results = std::span(body.outputs).subspan(first_result);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == kNone || !c.graph().IsOutput(outputs[i])) continue;
    const auto before = results.first(i);
    const bool is_repeated = std::find(before.begin(), before.end(), results[i]) != before.end();
    count += is_repeated || body.value(results[i]).producer == kNone;
  }
  return count;
}

bool CanCopyOutputs(const RewriteContext& c, NodeId holder) {
  const int opset = c.options().opset;
  const std::vector<ValueId>& outputs = c.node(holder).outputs;
  return opset == 0 || opset >= 16 || std::all_of(outputs.begin(), outputs.end(), [&](ValueId v) {
           return v == kNone || !c.graph().IsOutput(v) || c.type(v).is_tensor();
         });
}

bool HasRandomOps(const Graph& graph) {
  for (NodeId n = graph.first(); n != kNone; n = graph.node(n).next) {
    const Node& node = graph.node(n);
    const bool trains = node.inputs.size() > 2 && node.inputs[2] != kNone;  // of Dropout, whose other form is a copy
    if (node.op && node.op->traits.random && (node.op->name != "Dropout" || trains)) return true;
    for (const GraphPtr& body : node.attrs.Graphs())
      if (HasRandomOps(*body)) return true;
  }
  return false;
}

}  // namespace hasten
