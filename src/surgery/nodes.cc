#include "surgery/nodes.h"

#include "base/nearest.h"
#include "surgery/consistency.h"
#include "surgery/extract.h"
#include "surgery/names.h"

namespace hasten {
namespace {

Status Wrong(std::string message) { return Status(Code::kInvalidArgument, std::move(message)); }

Result<const OpDef*> OpNamed(std::string_view name, const Catalog& catalog) {
  if (const OpDef* op = catalog.Find(name); op && !op->onnx.versions.empty()) return op;
  std::vector<std::string> names;
  for (const OpDef* op : catalog.ops())
    if (!op->onnx.versions.empty()) names.emplace_back(op->name);
  const std::string nearest = Nearest(name, names);
  return Status(Code::kNotFound, Str("there is no op ", Quote(name),
                                     nearest.empty() ? "" : Str("; did you mean ", Quote(nearest), "?")));
}

// Op and attributes; no operands.
Result<Node> NodeOf(const NodeSpec& spec, const Catalog& catalog) {
  Node node;
  node.name = spec.name;
  if (!spec.domain.empty() && !catalog.FindOnnx(spec.domain, spec.op)) {
    node.opaque = std::make_shared<OpaqueOp>(OpaqueOp{spec.domain, spec.op, 1, spec.attrs});
    return node;
  }
  node.op = spec.domain.empty() ? nullptr : catalog.FindOnnx(spec.domain, spec.op);
  if (!node.op) {
    HASTEN_ASSIGN(node.op, OpNamed(spec.op, catalog));
  }
  if (node.op->traits.region) return Wrong(Str(spec.op, " holds graphs: it cannot be made from names"));
  node.attrs = Attrs(node.op->attrs);
  for (const NamedAttr& a : spec.attrs) HASTEN_TRY(node.attrs.Set(a.name, a.value).At(spec.op));
  return node;
}

Status RequireArity(const Node& node) {
  if (!node.op) return {};
  const OpArity& a = node.op->arity;
  const int in = static_cast<int>(node.formal_inputs()), out = static_cast<int>(node.outputs.size());
  if (in < a.min_in || in > a.max_in)
    return Wrong(
        Str(node.op->name, " takes ", a.min_in, a.max_in > a.min_in ? " and more" : "", " inputs, is given ", in));
  if (out < a.min_out || out > a.max_out)
    return Wrong(
        Str(node.op->name, " has ", a.max_out == a.min_out ? "" : "at most ", a.max_out, " outputs, not ", out));
  return {};
}

Result<std::vector<ValueId>> Operands(const Graph& graph, const std::vector<std::string>& names) {
  std::vector<ValueId> out;
  for (const std::string& name : names) {
    out.push_back(kNone);
    if (name.empty()) continue;
    HASTEN_ASSIGN(out.back(), ValueNamed(graph, name));
  }
  return out;
}

// Behind the nodes that compute what it reads; where there are none, in front.
void AddInOrder(Graph* graph, Node node) {
  NodeId before = graph->first();
  for (NodeId n = graph->first(); n != kNone; n = graph->node(n).next)
    for (const ValueId v : node.inputs)
      if (v != kNone && graph->value(v).producer == n) before = graph->node(n).next;
  graph->AddNode(std::move(node), before);
}

Status Finish(Graph* graph) {
  HASTEN_TRY(Retype(graph));
  return CleanUp(graph);
}

}  // namespace

Status InsertNode(Graph* graph, const NodeSpec& spec, const Catalog& catalog) {
  HASTEN_ASSIGN(Node node, NodeOf(spec, catalog));
  HASTEN_ASSIGN(node.inputs, Operands(*graph, spec.inputs));
  if (spec.outputs.empty()) return Wrong("the new node must have outputs");
  for (const std::string& name : spec.outputs) {
    ValueId v = name.empty() ? kNone : graph->FindValue(name);
    if (!name.empty() && v == kNone) {
      v = graph->AddValue(name);
    } else if (v != kNone) {
      if (std::find(graph->inputs.begin(), graph->inputs.end(), v) != graph->inputs.end())
        return Wrong(Str(Quote(name), " is an input of the model: no node can compute it"));
      v = CutOff(graph, v);
    }
    node.outputs.push_back(v);
  }
  HASTEN_TRY(RequireArity(node));
  const size_t outputs = graph->outputs.size();
  const std::vector<ValueId> made = node.outputs;
  AddInOrder(graph, std::move(node));
  HASTEN_TRY(Retype(graph));
  for (const ValueId v : made)  // what reads them may come next
    if (v != kNone && !graph->IsOutput(v)) graph->outputs.push_back(v);
  Status status = CleanUp(graph);
  graph->outputs.resize(outputs);
  return status;
}

Status InsertAfter(Graph* graph, std::string_view value, NodeSpec spec, const Catalog& catalog) {
  HASTEN_ASSIGN(const ValueId v, ValueNamed(*graph, value));
  HASTEN_ASSIGN(Node node, NodeOf(spec, catalog));
  if (spec.outputs.size() > 1) return Wrong("a node that stands behind a value has one output");
  HASTEN_ASSIGN(const std::vector<ValueId> others, Operands(*graph, spec.inputs));
  const bool output = graph->IsOutput(v);
  std::string name = spec.outputs.empty() ? Str(value, "_", spec.op) : spec.outputs[0];
  if (!spec.outputs.empty() && graph->FindValue(name) != kNone)
    return Wrong(Str("a value named ", Quote(name), " exists already"));
  if (output) {
    HASTEN_TRY(graph->Rename(v, FreeName(*graph, Str(value, "_before_", spec.op))));
    name = std::string(value);
  }
  const ValueId result = graph->AddValue(std::move(name));
  graph->ReplaceUses(v, result);
  node.inputs = {v};
  node.inputs.insert(node.inputs.end(), others.begin(), others.end());
  node.outputs = {result};
  HASTEN_TRY(RequireArity(node));
  AddInOrder(graph, std::move(node));
  return Finish(graph);
}

Status ReplaceNode(Graph* graph, std::string_view name, NodeSpec spec, const Catalog& catalog) {
  HASTEN_ASSIGN(const NodeId old, NodeNamed(*graph, name));
  const std::string where = graph->Where(old);
  Node node;
  const bool same_op = spec.op.empty() || spec.op == OpName(graph->node(old));
  if (same_op) {
    node = graph->node(old);
    if (node.opaque) return Wrong(Str(where, ": its op is not known: name another one"));
    for (const NamedAttr& a : spec.attrs) HASTEN_TRY(node.attrs.Set(a.name, a.value).At(where));
    if (!spec.name.empty()) node.name = spec.name;
  } else {
    const Node& from = graph->node(old);
    if (spec.name.empty()) spec.name = from.name;
    HASTEN_ASSIGN(node, NodeOf(spec, catalog));
    node.inputs.assign(from.inputs.begin(), from.inputs.begin() + static_cast<std::ptrdiff_t>(from.formal_inputs()));
    node.outputs = from.outputs;
    node.doc = from.doc;
  }
  if (!spec.inputs.empty()) {
    if (node.captures > 0) return Wrong(Str(where, ": holds graphs, its inputs stay"));
    HASTEN_ASSIGN(node.inputs, Operands(*graph, spec.inputs));
  }
  if (!spec.outputs.empty()) return Wrong("a node that is replaced keeps its outputs; rename them instead");
  while (node.op && node.outputs.size() > static_cast<size_t>(node.op->arity.max_out)) {
    const ValueId last = node.outputs.back();
    if (last != kNone && (!graph->value(last).uses.empty() || graph->IsOutput(last)))
      return Wrong(Str(where, ": output ", Quote(graph->value(last).name), " is used, and ", spec.op, " has only ",
                       node.op->arity.max_out, " outputs"));
    node.outputs.pop_back();
  }
  HASTEN_TRY(RequireArity(node).At(where));
  const NodeId before = graph->node(old).next;
  graph->EraseNode(old);
  graph->AddNode(std::move(node), before);
  return Finish(graph);
}

Status RemoveNode(Graph* graph, std::string_view name, std::string_view by) {
  HASTEN_ASSIGN(const NodeId n, NodeNamed(*graph, name));
  const std::string where = graph->Where(n);
  const Node& node = graph->node(n);
  std::vector<ValueId> used;
  for (const ValueId v : node.outputs)
    if (v != kNone && (!graph->value(v).uses.empty() || graph->IsOutput(v))) used.push_back(v);
  if (used.size() > 1)
    return Wrong(Str(where, ": ", used.size(), " of its outputs are used; remove their readers first"));
  ValueId stand_in = kNone;
  if (!by.empty()) {
    HASTEN_ASSIGN(stand_in, ValueNamed(*graph, by));
  }
  for (size_t i = 0; i < node.formal_inputs() && stand_in == kNone; ++i)
    if (node.inputs[i] != kNone && !graph->constant(node.inputs[i])) stand_in = node.inputs[i];
  const std::vector<ValueId> outputs = node.outputs;
  if (!used.empty()) {
    if (stand_in == kNone) return Wrong(Str(where, ": has no input to take its place; name a value"));
    if (std::find(outputs.begin(), outputs.end(), stand_in) != outputs.end())
      return Wrong(Str(where, ": ", Quote(by), " is computed by it"));
    const std::string result = graph->value(used[0]).name;
    if (graph->IsOutput(used[0])) {
      if (graph->value(stand_in).producer == kNone || graph->IsOutput(stand_in))
        return Wrong(Str(where, ": output ", Quote(result), " would be ", Quote(graph->value(stand_in).name),
                         ", which is an input or an output itself"));
      HASTEN_CHECK(graph->Rename(used[0], FreeName(*graph, Str(result, "_removed"))).ok());
      HASTEN_TRY(graph->Rename(stand_in, result));
    }
    graph->ReplaceUses(used[0], stand_in);
  }
  graph->EraseNode(n);
  return Finish(graph);
}

}  // namespace hasten
