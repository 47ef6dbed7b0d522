#include "catalog/onnx.inc"
#include "import/onnx/importer.h"

namespace hasten::onnx {
namespace {

constexpr int kMaxConversions = 16;  // of helpers of helpers, and of one node from type to type

const AttrField* FindField(const AttrSchema& schema, std::string_view name) {
  for (const AttrField& f : schema.fields)
    if (f.name == name) return &f;
  return nullptr;
}

bool HoldsGraph(const AttrValue& v) {
  return std::holds_alternative<GraphPtr>(v) || std::holds_alternative<std::vector<GraphPtr>>(v);
}

}  // namespace

const OnnxImport* FindImport(std::string_view domain, std::string_view type) {
  for (const OnnxImport* record : kCatalog)
    if (record->domain == domain && record->type == type) return record;
  return nullptr;
}

Status Importer::Convert(const Scope& scope, OnnxNode n, NodeText text, std::vector<ValueId> captures, int depth) {
  HASTEN_REQUIRE(depth < kMaxConversions, "cannot be converted in ", kMaxConversions, " steps");
  if (const OnnxImport* record = FindImport(n.domain, n.type)) {
    HASTEN_TRY(record->convert(n));
    return Convert(scope, std::move(n), std::move(text), std::move(captures), depth + 1);
  }
  const OpDef* op = catalog_.FindOnnx(n.domain, n.type);
  bool renamed = false;
  if (op && depth == 0) DropInternal(*op, &n);  // an `up` may set them, a file may not
  if (op) HASTEN_TRY(Upgrade(*op, &n, &renamed));
  if (renamed) return Convert(scope, std::move(n), std::move(text), std::move(captures), depth + 1);
  const std::vector<OnnxNode::Helper> before = std::move(n.before), after = std::move(n.after);
  n.before.clear();
  n.after.clear();
  HASTEN_TRY(ConvertHelpers(scope, n, before, depth + 1));
  const int opset = n.opset;
  Graph* graph = n.graph;
  HASTEN_TRY(op ? AddKnown(scope, *op, std::move(n), std::move(text), std::move(captures))
                : AddOpaque(scope, std::move(n), std::move(text), std::move(captures)));
  OnnxNode around;
  around.graph = graph;
  around.opset = opset;
  return ConvertHelpers(scope, around, after, depth + 1);
}

Status Importer::ConvertHelpers(const Scope& scope, const OnnxNode& n, const std::vector<OnnxNode::Helper>& around,
                                int depth) {
  for (const OnnxNode::Helper& h : around) {
    OnnxNode helper;
    helper.graph = n.graph;
    helper.type = h.type;
    helper.opset = n.domain.empty() ? n.opset : OpsetOf(scope, "");
    helper.inputs = h.inputs;
    helper.outputs = {h.output};
    helper.attrs = h.attrs;
    Status status = Convert(scope, std::move(helper), {}, {}, depth);
    if (!status.ok()) return std::move(status).At(h.type);
  }
  return {};
}

void Importer::DropInternal(const OpDef& op, OnnxNode* n) {
  for (const AttrField& f : op.attrs.fields)
    if (f.internal && n->Take(f.name)) Note(Str(op.name, " has no attribute '", f.name, "': it was dropped"));
}

Status Importer::Upgrade(const OpDef& op, OnnxNode* n, bool* renamed) {
  const std::span<const OnnxVersion> versions = op.onnx.versions;
  if (n->opset == 0) {
    n->opset = n->domain.empty() ? kNewestOpset : versions.back().since;
    Note(Str("the model does not say which opset of domain ", Quote(n->domain), " it uses: read as ", n->opset));
    EnsureOpset(n->domain, n->opset);
  }
  size_t at = 0;
  while (at + 1 < versions.size() && versions[at + 1].since <= n->opset) ++at;
  if (versions[at].since > n->opset)
    Note(Str(op.name, " exists since opset ", versions[at].since, ", but the model says it uses opset ", n->opset));
  for (; at + 1 < versions.size(); ++at) {
    if (versions[at].up) HASTEN_TRY(versions[at].up(*n));
    if (n->type != op.onnx.type || n->domain != op.onnx.domain) {
      *renamed = true;
      return {};
    }
  }
  return {};
}

Result<Attrs> Importer::TypedAttrs(const OpDef& op, std::vector<NamedAttr> attrs) {
  Attrs typed(op.attrs);
  for (const NamedAttr& a : attrs) {
    if (!FindField(op.attrs, a.name)) {
      HASTEN_REQUIRE(!HoldsGraph(a.value), "has no attribute '", a.name, "'");
      Note(Str(op.name, " has no attribute '", std::string_view(a.name).substr(0, 80), "': it was dropped"));
      continue;
    }
    HASTEN_TRY(typed.Set(a.name, a.value));
  }
  return typed;
}

Status Importer::AddKnown(const Scope& scope, const OpDef& op, OnnxNode n, NodeText text,
                          std::vector<ValueId> captures) {
  n.TrimInputs();
  HASTEN_ASSIGN(Attrs typed, TypedAttrs(op, std::move(n.attrs)));
  Node node;
  node.op = &op;
  node.attrs = std::move(typed);
  node.name = std::move(text.name);
  node.doc = std::move(text.doc);
  node.metadata = std::move(text.metadata);
  node.inputs = std::move(n.inputs);
  node.inputs.insert(node.inputs.end(), captures.begin(), captures.end());
  node.captures = static_cast<uint32_t>(captures.size());
  node.outputs = std::move(n.outputs);
  return Add(scope, std::move(node));
}

Status Importer::AddOpaque(const Scope& scope, OnnxNode n, NodeText text, std::vector<ValueId> captures) {
  if (n.opset == 0) {
    n.opset = 1;
    EnsureOpset(n.domain, n.opset);
  }
  Node node;
  node.opaque = std::make_shared<OpaqueOp>(OpaqueOp{n.domain, n.type, n.opset, std::move(n.attrs)});
  node.name = std::move(text.name);
  node.doc = std::move(text.doc);
  node.metadata = std::move(text.metadata);
  node.inputs = std::move(n.inputs);
  node.inputs.insert(node.inputs.end(), captures.begin(), captures.end());
  node.captures = static_cast<uint32_t>(captures.size());
  node.outputs = std::move(n.outputs);
  return Add(scope, std::move(node));
}

Status Importer::Add(const Scope& scope, Node node) {
  Graph* graph = scope.graph;
  const std::vector<ValueId> outputs = node.outputs;
  const NodeId id = graph->AddNode(std::move(node));
  Status status = InferNode(graph, id, &inference_);
  // A graph inside a node is inferred again with the types it really gets; what its file claims for inputs may be
  // wrong.
  if (status.ok() || scope.depth == 0) return status;
  for (const ValueId v : outputs) {
    if (v == kNone) continue;
    graph->value(v).type = Type::Unknown();
    inference_.Set(graph, v, {});
  }
  return {};
}

}  // namespace hasten::onnx
