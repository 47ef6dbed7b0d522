#include "import/onnx/graph_writer.h"

#include "import/onnx/proto_write.h"

namespace hasten::onnx {
namespace {

constexpr int kFirstIrWithFreeInitializers = 4;  // before, each initializer had to be an input as well

// Constants to write: those that the written nodes use, and those that nothing used in the model either.
std::vector<bool> WantedConstants(const Graph& graph, const std::vector<WrittenNode>& nodes, size_t values_before) {
  std::vector<bool> used(graph.value_slots());
  const auto mark = [&](const std::vector<ValueId>& ids) {
    for (const ValueId v : ids)
      if (v != kNone) used[v] = true;
  };
  mark(graph.outputs);
  for (const WrittenNode& n : nodes) {
    mark(n.form.inputs);
    mark(n.captures);
  }
  for (ValueId v = 0; v < graph.value_slots(); ++v) {
    const GraphValue& value = graph.value(v);
    if (!value.alive || !value.constant)
      used[v] = false;
    else if (v < values_before && value.uses.empty())
      used[v] = true;
  }
  return used;
}

bool WorthDescribing(const GraphValue& v) { return v.declared.known() || !v.doc.empty() || !v.metadata.empty(); }

// Behind nodes that nobody can infer, the file's claims are all there is for old forms that depend on a rank.
void FillInHints(Graph* graph) {
  for (ValueId v = 0; v < graph->value_slots(); ++v) {
    GraphValue& value = graph->value(v);
    if (value.alive && !(value.type.is_tensor() && value.type.shape.ranked())) value.type = WrittenType(value);
  }
}

void WriteValueInfos(const Graph& graph, const ValueNames& names, const std::vector<WrittenNode>& nodes, Rope* out) {
  const std::unordered_set<ValueId> results(graph.outputs.begin(), graph.outputs.end());
  for (const WrittenNode& n : nodes)
    for (const ValueId v : n.form.outputs)
      if (v != kNone && WorthDescribing(graph.value(v)) && !results.contains(v))
        out->Message(13, WriteValueInfo(graph.value(v), names.Of(v)));
}

// A graph inside a node gives out what it computes, no value from outside: that gets a name of its own.
void NameCaptured(const std::unordered_map<ValueId, ValueId>& stand_ins, Graph* graph,
                  std::vector<WrittenNode>* nodes) {
  for (ValueId& v : graph->outputs) {
    if (!stand_ins.contains(v)) continue;
    const ValueId named = graph->AddValue(graph->value(v).name, graph->value(v).type);
    WrittenNode identity;
    identity.form.type = "Identity";
    identity.form.inputs = {v};
    identity.form.outputs = {named};
    nodes->push_back(std::move(identity));
    v = named;
  }
}

// ONNX Runtime loads no graph with two nodes of one name: the last keeps it.
void MakeNamesDiffer(std::vector<WrittenNode>* nodes) {
  std::unordered_set<std::string> taken;
  for (const WrittenNode& n : *nodes) taken.insert(n.name);
  std::unordered_map<std::string, int> last;  // suffix given
  for (auto n = nodes->rbegin(); n != nodes->rend(); ++n) {
    if (n->name.empty()) continue;
    const auto [it, fresh] = last.try_emplace(n->name, 0);
    if (fresh) continue;
    std::string other;
    do other = Str(n->name, "_", ++it->second);
    while (!taken.insert(other).second);
    n->name = std::move(other);
  }
}

}  // namespace

Result<Rope> WeightSink::Write(const Constant& c, std::string_view name, std::string_view doc) {
  const Tensor* t = &c.tensor;
  if (!t->data && c.generator) {
    HASTEN_ASSIGN(Tensor made, Generate(*c.generator, t->dtype, t->dims));
    t = &generated_.emplace_back(std::move(made));
  }
  const int64_t bytes = t->bytes();
  if (!external_bytes_ || bytes < *external_bytes_ || bytes == 0 || t->dtype == DType::kString)
    return WriteTensor(*t, name, doc);
  // Large tensors begin a page, so that readers can map them alone.
  static constexpr char kZeros[4096] = {};
  const uint64_t alignment = bytes >= (int64_t{1} << 20) ? 4096 : 64;
  const uint64_t padding = (alignment - external_size_ % alignment) % alignment;
  if (padding > 0) external_.push_back({kZeros, padding});
  external_.push_back({reinterpret_cast<const char*>(t->data), static_cast<size_t>(bytes)});
  const uint64_t offset = external_size_ + padding;
  external_size_ = offset + static_cast<uint64_t>(bytes);
  Rope out = WriteTensorHead(*t, name, doc);
  out.Message(13, WriteStringEntry("location", location_));
  out.Message(13, WriteStringEntry("offset", Str(offset)));
  out.Message(13, WriteStringEntry("length", Str(bytes)));
  out.Int(14, 1);
  return out;
}

ValueNames::ValueNames(const Graph* graph, const ValueNames* outer,
                       const std::unordered_map<ValueId, ValueId>& stand_ins)
    : graph_(graph), outer_(outer), stand_ins_(stand_ins) {
  if (!outer) return;
  for (ValueId v = 0; v < graph->value_slots(); ++v) {
    const std::string& name = graph->value(v).name;
    if (!graph->value(v).alive || IsStandIn(v) || !outer->Taken(name)) continue;
    int suffix = 1;
    while (Taken(Str(name, "_", suffix))) ++suffix;
    added_.insert(Str(name, "_", suffix));
    renamed_.emplace(v, Str(name, "_", suffix));
  }
}

std::string_view ValueNames::Of(ValueId v) const {
  if (v == kNone) return {};
  if (const auto it = stand_ins_.find(v); it != stand_ins_.end()) return outer_->Of(it->second);
  const auto it = renamed_.find(v);
  return it == renamed_.end() ? std::string_view(graph_->value(v).name) : std::string_view(it->second);
}

bool ValueNames::Taken(const std::string& name) const {
  for (const ValueNames* scope = this; scope; scope = scope->outer_)
    if (scope->graph_->FindValue(name) != kNone || scope->added_.contains(name)) return true;
  return false;
}

Result<Rope> GraphWriter::Write(Graph* graph, const ValueNames* outer, const StandIns& stand_ins) {
  const size_t values_before = graph->value_slots();
  FillInHints(graph);
  std::vector<WrittenNode> nodes;
  for (const NodeId n : graph->Order()) {
    Status status = Downgrade(graph, n, opsets_, &nodes);
    if (!status.ok()) return std::move(status).At(graph->Where(n));
  }
  NameCaptured(stand_ins, graph, &nodes);
  MakeNamesDiffer(&nodes);
  const ValueNames names(graph, outer, stand_ins);
  Rope out;
  const auto wanted = WantedConstants(*graph, nodes, values_before);
  HASTEN_TRY(WriteConstants(*graph, names, wanted, outer == nullptr, &out));
  for (const WrittenNode& n : nodes) {
    Result<Rope> node = WriteNode(n, names);
    if (!node.ok()) return std::move(node).At(Str("node '", n.name, "' (", n.form.type, ")"));
    out.Message(1, *std::move(node));
  }
  out.Bytes(2, graph->name.empty() ? "graph" : graph->name);
  out.TextUnlessEmpty(10, graph->doc);
  for (const ValueId v : graph->inputs) out.Message(11, WriteValueInfo(graph->value(v), names.Of(v)));
  for (const ValueId v : graph->outputs) out.Message(12, WriteValueInfo(graph->value(v), names.Of(v)));
  WriteValueInfos(*graph, names, nodes, &out);
  WriteMetadata(&out, 16, graph->metadata);
  return out;
}

Status GraphWriter::WriteConstants(const Graph& graph, const ValueNames& names, const std::vector<bool>& wanted,
                                   bool is_main, Rope* out) {
  const bool as_inputs = is_main && ir_version_ < kFirstIrWithFreeInitializers;
  const bool as_nodes = !is_main && ir_version_ < kFirstIrWithFreeInitializers;
  for (ValueId v = 0; v < graph.value_slots(); ++v) {
    if (!wanted[v] || names.IsStandIn(v)) continue;
    const GraphValue& value = graph.value(v);
    HASTEN_ASSIGN(Rope tensor, weights_->Write(*value.constant, names.Of(v), value.doc));
    if (as_inputs) out->Message(11, WriteValueInfo(value, names.Of(v)));
    if (!as_nodes) {
      out->Message(5, std::move(tensor));
      continue;
    }
    Rope attr, node;
    attr.Bytes(1, "value");
    attr.Message(5, std::move(tensor));
    attr.Int(20, 4);
    node.Bytes(2, names.Of(v));
    node.Bytes(4, "Constant");
    node.Message(5, std::move(attr));
    out->Message(1, std::move(node));
  }
  return {};
}

Result<Rope> GraphWriter::WriteNode(const WrittenNode& node, const ValueNames& names) {
  Rope out;
  size_t inputs = node.form.inputs.size();
  while (inputs > 0 && node.form.inputs[inputs - 1] == kNone) --inputs;
  for (size_t i = 0; i < inputs; ++i) out.Bytes(1, names.Of(node.form.inputs[i]));
  for (const ValueId v : node.form.outputs) out.Bytes(2, names.Of(v));
  out.TextUnlessEmpty(3, node.name);
  out.Bytes(4, node.form.type);
  for (const NamedAttr& a : node.form.attrs) {
    HASTEN_ASSIGN(Rope attr, WriteAttr(a, node, names));
    out.Message(5, std::move(attr));
  }
  out.TextUnlessEmpty(6, node.doc);
  out.TextUnlessEmpty(7, node.form.domain);
  WriteMetadata(&out, 9, node.metadata);
  return out;
}

Result<Rope> GraphWriter::WriteBody(const GraphPtr& body, const WrittenNode& node, const ValueNames& names) {
  HASTEN_REQUIRE(body && body->captures.size() == node.captures.size(), "a graph does not fit the node's captures");
  StandIns stand_ins;
  for (size_t i = 0; i < node.captures.size(); ++i)
    if (body->captures[i] != kNone) stand_ins.emplace(body->captures[i], node.captures[i]);
  return Write(body.get(), &names, stand_ins);
}

namespace {

// Kinds of attributes: the numbers of AttributeProto.AttributeType, and the field that holds them.
struct AttrKind {
  int type;
  uint32_t field;
};

AttrKind KindOf(const AttrValue& v) {
  constexpr AttrKind kKinds[] = {
      {2, 3}, {1, 2},  {3, 4}, {7, 8},   {6, 7},   {8, 9},
      {4, 5}, {9, 10}, {5, 6}, {10, 11}, {13, 14}, {14, 15}};  // in the order of AttrValue's alternatives
  return kKinds[v.index()];
}

void WritePlain(const AttrValue& v, uint32_t field, Rope* out) {
  if (const auto* i = std::get_if<int64_t>(&v)) out->Int(field, *i);
  if (const auto* f = std::get_if<float>(&v)) out->Float(field, *f);
  if (const auto* s = std::get_if<std::string>(&v)) out->Bytes(field, *s);
  if (const auto* t = std::get_if<Tensor>(&v)) out->Message(field, WriteTensor(*t, {}, {}));
  if (const auto* t = std::get_if<Type>(&v)) out->Message(field, WriteType(*t));
  if (const auto* list = std::get_if<std::vector<int64_t>>(&v))
    for (const int64_t i : *list) out->Int(field, i);
  if (const auto* list = std::get_if<std::vector<float>>(&v))
    for (const float f : *list) out->Float(field, f);
  if (const auto* list = std::get_if<std::vector<std::string>>(&v))
    for (const std::string& s : *list) out->Bytes(field, s);
  if (const auto* list = std::get_if<std::vector<Tensor>>(&v))
    for (const Tensor& t : *list) out->Message(field, WriteTensor(t, {}, {}));
  if (const auto* list = std::get_if<std::vector<Type>>(&v))
    for (const Type& t : *list) out->Message(field, WriteType(t));
}

}  // namespace

Result<Rope> GraphWriter::WriteAttr(const NamedAttr& attr, const WrittenNode& node, const ValueNames& names) {
  const AttrKind kind = KindOf(attr.value);
  Rope out;
  out.Bytes(1, attr.name);
  WritePlain(attr.value, kind.field, &out);
  std::vector<GraphPtr> bodies;
  if (const auto* one = std::get_if<GraphPtr>(&attr.value)) bodies = {*one};
  if (const auto* many = std::get_if<std::vector<GraphPtr>>(&attr.value)) bodies = *many;
  for (const GraphPtr& body : bodies) {
    HASTEN_ASSIGN(Rope message, WriteBody(body, node, names));
    out.Message(kind.field, std::move(message));
  }
  out.TextUnlessEmpty(13, attr.doc);
  out.Int(20, kind.type);
  return out;
}

}  // namespace hasten::onnx
