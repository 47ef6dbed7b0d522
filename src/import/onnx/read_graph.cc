#include "import/onnx/importer.h"
#include "import/onnx/node_order.h"
#include "import/onnx/type_proto.h"

namespace hasten::onnx {
namespace {

Result<Type> ClaimedType(const WireValue& v) {
  if (!v.type) return Type::Unknown();
  return ReadType(v.type.bytes).At(Str("value ", Shown(v.name)));
}

bool IsConstant(const WireNode& n) {
  return n.type == "Constant" && NormalDomain(n.domain).empty() && n.outputs.size() == 1;
}

Result<std::set<Bytes>> InitialisedNames(const WireGraph& wire) {
  std::set<Bytes> names;
  for (const Bytes m : wire.initializers) {
    HASTEN_ASSIGN(const WireTensor t, ReadTensor(m));
    names.insert(t.name);
  }
  for (const Bytes m : wire.sparse_initializers) {
    HASTEN_ASSIGN(const WireSparse s, ReadSparse(m));
    HASTEN_ASSIGN(const WireTensor values, ReadTensor(s.values.bytes));
    names.insert(values.name);
  }
  return names;
}

}  // namespace

Result<ValueId> Importer::Define(Scope* scope, Bytes name) {
  const ValueId v = scope->graph->AddValue(Str(scope->prefix, name));
  HASTEN_REQUIRE(scope->names.emplace(name, v).second, "value ", Shown(name),
                 " is defined twice: names must be unique");
  return v;
}

Status Importer::ReadGraphInto(Scope* scope, const WireGraph& wire) {
  Graph* graph = scope->graph;
  graph->name = wire.name;
  graph->doc = wire.doc;
  graph->metadata = OwnedMap(wire.metadata);
  if (wire.annotated) Note("quantization annotations were dropped");
  // Most nodes give one value; a constant is a node, too, and not one of the graph.
  graph->Reserve(wire.inputs.size() + wire.initializers.size() + wire.nodes.size(), wire.nodes.size());
  HASTEN_ASSIGN(const std::set<Bytes> initialised, InitialisedNames(wire));
  HASTEN_TRY(DefineInputs(scope, wire, initialised));
  HASTEN_TRY(DefineInitializers(scope, wire));
  HASTEN_ASSIGN(const std::vector<WireNode> nodes, DefineNodes(scope, wire.nodes));
  HASTEN_TRY(DescribeValues(scope, wire.outputs));
  HASTEN_TRY(DescribeValues(scope, wire.value_infos));
  HASTEN_TRY(ReadNodes(scope, nodes));
  return ReadOutputs(scope, wire);
}

Status Importer::DefineInputs(Scope* scope, const WireGraph& wire, const std::set<Bytes>& initialised) {
  Graph* graph = scope->graph;
  for (const Bytes m : wire.inputs) {
    HASTEN_ASSIGN(const WireValue v, ReadValueInfo(m));
    // Up to IR version 3 every initializer is listed as an input, too; since then such an input has a default.
    if (scope->depth == 0 && initialised.contains(v.name)) continue;
    HASTEN_REQUIRE(!v.name.empty(), "an input has no name");
    HASTEN_ASSIGN(Type claimed, ClaimedType(v));
    HASTEN_ASSIGN(const ValueId id, Define(scope, v.name));
    GraphValue& value = graph->value(id);
    value.type = InputType(claimed, v.name);
    value.declared = std::move(claimed);
    value.doc = v.doc;
    value.metadata = OwnedMap(v.metadata);
    graph->inputs.push_back(id);
  }
  return {};
}

Status Importer::DefineInitializer(Scope* scope, const WireTensor& described, Result<Constant> contents) {
  const Bytes name = described.name;
  HASTEN_REQUIRE(!name.empty(), "an initializer has no name");
  if (scope->depth > 0 && scope->names.contains(name)) {
    Note(Str("the default of input ", Shown(name), " of a graph inside a node was dropped"));
    return {};
  }
  if (!contents.ok()) return std::move(contents).At(Str("initializer ", Shown(name))).status();
  HASTEN_ASSIGN(const ValueId id, Define(scope, name));
  SetConstant(scope->graph, id, *std::move(contents));
  scope->graph->value(id).doc = described.doc;
  return {};
}

Status Importer::DefineInitializers(Scope* scope, const WireGraph& wire) {
  for (const Bytes m : wire.initializers) {
    HASTEN_ASSIGN(const WireTensor t, ReadTensor(m));
    HASTEN_TRY(DefineInitializer(scope, t, data_->Read(t)));
  }
  for (const Bytes m : wire.sparse_initializers) {
    HASTEN_ASSIGN(const WireSparse s, ReadSparse(m));
    HASTEN_ASSIGN(const WireTensor values, ReadTensor(s.values.bytes));
    HASTEN_TRY(DefineInitializer(scope, values, data_->Read(s)));
  }
  if (!wire.sparse_initializers.empty())
    Note(Str("made ", wire.sparse_initializers.size(), " sparse initializers dense"));
  return {};
}

Result<std::vector<WireNode>> Importer::DefineNodes(Scope* scope, const std::vector<Bytes>& messages) {
  std::vector<WireNode> nodes;
  nodes.reserve(messages.size());
  std::map<Bytes, size_t> constants;
  int repeated = 0;
  for (const Bytes m : messages) {
    HASTEN_ASSIGN(WireNode node, onnx::ReadNode(m));
    const size_t index = nodes.size();
    HASTEN_REQUIRE(!node.type.empty(), Where(index, node), ": has no op type");
    if (IsConstant(node)) {
      const auto [it, is_new] = constants.emplace(node.outputs[0], index);
      if (!is_new) {
        ++repeated;
        nodes[it->second] = std::move(node);
        nodes.emplace_back();  // so that later nodes keep their numbers
        continue;
      }
    }
    for (const Bytes name : node.outputs) {
      if (name.empty() || scope->results.erase(name) > 0) continue;
      Result<ValueId> id = Define(scope, name);
      if (!id.ok()) return std::move(id).At(Where(index, node)).status();
    }
    nodes.push_back(std::move(node));
  }
  if (repeated > 0) Note(Str(repeated, " constants are defined twice: the last definition holds"));
  return nodes;
}

Status Importer::ReadNodes(Scope* scope, const std::vector<WireNode>& nodes) {
  HASTEN_ASSIGN(const NodeOrder sorted, OrderNodes(nodes, scope->depth));
  if (sorted.moved > 0)
    Note(Str("sorted the nodes topologically: ", sorted.moved, " of ", nodes.size(), " moved to the front"));
  for (const size_t i : sorted.order) {
    if (nodes[i].type.empty()) continue;
    Status status = ReadNode(scope, nodes[i]);
    if (!status.ok()) return std::move(status).At(Where(i, nodes[i]));
  }
  return {};
}

Status Importer::DescribeValues(Scope* scope, const std::vector<Bytes>& value_infos) {
  for (const Bytes m : value_infos) {
    HASTEN_ASSIGN(const WireValue v, ReadValueInfo(m));
    const auto it = scope->names.find(v.name);
    if (it == scope->names.end()) continue;
    HASTEN_ASSIGN(Type claimed, ClaimedType(v));
    GraphValue& value = scope->graph->value(it->second);
    if (!value.declared.known()) value.declared = std::move(claimed);
    if (value.doc.empty()) value.doc = v.doc;
    if (value.metadata.empty()) value.metadata = OwnedMap(v.metadata);
  }
  return {};
}

Status Importer::ReadOutputs(Scope* scope, const WireGraph& wire) {
  for (const Bytes m : wire.outputs) {
    HASTEN_ASSIGN(const WireValue v, ReadValueInfo(m));
    const std::optional<ValueId> id = scope->Find(v.name);
    HASTEN_REQUIRE(id && *id != kNone, "output ", Shown(v.name), " is computed by no node");
    scope->graph->outputs.push_back(*id);
  }
  return {};
}

}  // namespace hasten::onnx
