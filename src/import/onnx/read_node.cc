#include "import/onnx/importer.h"
#include "import/onnx/node_order.h"
#include "import/onnx/type_proto.h"

namespace hasten::onnx {
namespace {

std::vector<std::string> OwnedStrings(const std::vector<Bytes>& views) { return {views.begin(), views.end()}; }

}  // namespace

Result<std::vector<WireAttr>> Importer::ResolveAttrs(const Scope& scope, const WireNode& wire) const {
  std::vector<WireAttr> out;
  std::set<Bytes> names;
  for (const Bytes m : wire.attrs) {
    HASTEN_ASSIGN(WireAttr attr, ReadAttr(m));
    if (!attr.reference.empty()) {
      HASTEN_REQUIRE(!scope.calls.empty(), "attribute '", attr.name,
                     "' refers to a function's attribute outside of one");
      const auto argument = scope.arguments->find(attr.reference);
      if (argument == scope.arguments->end()) continue;  // the caller left it out: the op's default holds
      const Bytes name = attr.name;
      attr = argument->second;
      attr.name = name;
      if (attr.graph || !attr.graphs.empty())
        return Status(Code::kUnsupported, Str("attribute '", name, "': graphs cannot be passed to functions"));
    }
    HASTEN_REQUIRE(names.insert(attr.name).second, "attribute '", attr.name, "' is given twice");
    out.push_back(std::move(attr));
  }
  return out;
}

Result<Tensor> Importer::ReadTensorValue(Bytes message) {
  HASTEN_ASSIGN(const WireTensor t, ReadTensor(message));
  HASTEN_ASSIGN(Constant c, data_->Read(t));
  return std::move(c.tensor);
}

Result<Tensor> Importer::ReadSparseValue(Bytes message) {
  HASTEN_ASSIGN(const WireSparse s, ReadSparse(message));
  HASTEN_ASSIGN(Constant c, data_->Read(s));
  return std::move(c.tensor);
}

Result<GraphPtr> Importer::ReadBody(Scope* scope, const WireAttr& attr, Bytes message,
                                    std::vector<std::unique_ptr<Scope>>* bodies) {
  HASTEN_REQUIRE(scope->depth < kMaxGraphDepth, "graphs must not be nested deeper than ", kMaxGraphDepth);
  auto graph = std::make_shared<Graph>();
  auto body = std::make_unique<Scope>();
  body->graph = graph.get();
  body->outer = scope;
  body->opsets = scope->opsets;
  body->arguments = scope->arguments;
  body->calls = scope->calls;
  body->depth = scope->depth + 1;
  HASTEN_ASSIGN(const WireGraph wire, ReadGraph(message));
  Status status = ReadGraphInto(body.get(), wire);
  if (!status.ok()) return std::move(status).At(attr.name);
  bodies->push_back(std::move(body));
  return graph;
}

Result<AttrValue> Importer::ReadAttrValue(Scope* scope, const WireAttr& attr,
                                          std::vector<std::unique_ptr<Scope>>* bodies) {
  // Lists of messages, each through one reader.
  const auto list = [](const std::vector<Bytes>& messages, auto read) -> Result<AttrValue> {
    std::vector<std::decay_t<decltype(*read(Bytes()))>> out;
    for (const Bytes m : messages) {
      HASTEN_ASSIGN(auto v, read(m));
      out.push_back(std::move(v));
    }
    return AttrValue(std::move(out));
  };
  const auto one = [](auto result) -> Result<AttrValue> {
    HASTEN_ASSIGN(auto v, std::move(result));
    return AttrValue(std::move(v));
  };
  const auto tensor = [&](Bytes m) { return ReadTensorValue(m); };
  const auto sparse = [&](Bytes m) { return ReadSparseValue(m); };
  const auto body = [&](Bytes m) { return ReadBody(scope, attr, m, bodies); };
  switch (attr.type) {
    case AttrType::kFloat: return AttrValue(attr.f);
    case AttrType::kInt: return AttrValue(attr.i);
    case AttrType::kString: return AttrValue(std::string(attr.s.bytes));
    case AttrType::kTensor: return one(tensor(attr.tensor.bytes));
    case AttrType::kGraph: return one(body(attr.graph.bytes));
    case AttrType::kSparseTensor: return one(sparse(attr.sparse.bytes));
    case AttrType::kType: return one(ReadType(attr.value_type.bytes));
    case AttrType::kFloats: return AttrValue(attr.floats);
    case AttrType::kInts: return AttrValue(attr.ints);
    case AttrType::kStrings: return AttrValue(OwnedStrings(attr.strings));
    case AttrType::kTensors: return list(attr.tensors, tensor);
    case AttrType::kGraphs: return list(attr.graphs, body);
    case AttrType::kSparseTensors: return list(attr.sparses, sparse);
    case AttrType::kTypes: return list(attr.types, [](Bytes m) { return ReadType(m); });
    case AttrType::kUndefined: return AttrValue(std::vector<int64_t>());  // IR version 1 writes empty lists so
  }
  return Status(Code::kInvalidModel, Str("has the unknown attribute type ", static_cast<int>(attr.type)));
}

Result<Constant> Importer::ConstantOf(const std::vector<WireAttr>& attrs) {
  for (const WireAttr& a : attrs) {
    if (a.name == "value" && a.tensor) {
      HASTEN_ASSIGN(const WireTensor t, ReadTensor(a.tensor.bytes));
      return data_->Read(t);
    }
    if (a.name == "sparse_value" && a.sparse) {
      HASTEN_ASSIGN(const WireSparse s, ReadSparse(a.sparse.bytes));
      return data_->Read(s);
    }
    const auto vector_of = [](const auto& list) { return Dims{static_cast<int64_t>(list.size())}; };
    const std::vector<std::string> strings =
        a.type == AttrType::kString ? std::vector<std::string>{std::string(a.s.bytes)} : OwnedStrings(a.strings);
    Tensor t;
    if (a.name == "value_int") t = TensorOf(Dims{}, std::span(&a.i, 1));
    if (a.name == "value_ints") t = TensorOf(vector_of(a.ints), a.ints);
    if (a.name == "value_float") t = TensorOf(Dims{}, std::span(&a.f, 1));
    if (a.name == "value_floats") t = TensorOf(vector_of(a.floats), a.floats);
    if (a.name == "value_string") t = TensorOf(Dims{}, std::span(strings).first(std::min<size_t>(1, strings.size())));
    if (a.name == "value_strings") t = TensorOf(vector_of(strings), strings);
    if (t.dtype != DType::kNone) return Constant{std::move(t), {}, {}};
  }
  return Status(Code::kInvalidModel,
                "must have one of the attributes value, sparse_value, value_int, value_ints, "
                "value_float, value_floats, value_string, value_strings");
}

Status Importer::ReadConstant(Scope* scope, const WireNode& wire, const std::vector<WireAttr>& attrs) {
  HASTEN_REQUIRE(wire.inputs.empty() && wire.outputs.size() == 1 && !wire.outputs[0].empty(),
                 "must have no inputs and 1 output, has ", wire.inputs.size(), " and ", wire.outputs.size());
  HASTEN_ASSIGN(Constant c, ConstantOf(attrs));
  const ValueId v = scope->names.at(wire.outputs[0]);
  SetConstant(scope->graph, v, std::move(c));
  if (scope->graph->value(v).doc.empty()) scope->graph->value(v).doc = wire.doc;
  return {};
}

Status Importer::ReadNode(Scope* scope, const WireNode& wire) {
  HASTEN_ASSIGN(std::vector<WireAttr> attrs, ResolveAttrs(*scope, wire));
  const std::string_view domain = NormalDomain(wire.domain);
  if (domain.empty() && wire.type == "Constant") return ReadConstant(scope, wire, attrs);
  if (wire.placed) Note("device configurations were dropped");
  const bool known = FindImport(domain, wire.type) || catalog_.FindOnnx(domain, wire.type);
  if (!known)
    if (const WireFunction* fn = FindFunction(wire)) return Inline(scope, wire, *fn, std::move(attrs));

  OnnxNode n;
  n.graph = scope->graph;
  n.type = wire.type;
  n.domain = domain;
  n.opset = OpsetOf(*scope, domain);
  for (size_t i = 0; i < wire.inputs.size(); ++i) {
    const auto v = wire.inputs[i].empty() ? kNone : scope->Find(wire.inputs[i]);
    HASTEN_REQUIRE(v, "input ", i, " ", Shown(wire.inputs[i]), " is no value of the graph");
    n.inputs.push_back(*v);
  }
  for (const Bytes name : wire.outputs) n.outputs.push_back(name.empty() ? kNone : scope->names.at(name));
  while (!n.outputs.empty() && n.outputs.back() == kNone) n.outputs.pop_back();
  std::vector<std::unique_ptr<Scope>> bodies;
  for (const WireAttr& a : attrs) {
    Result<AttrValue> v = ReadAttrValue(scope, a, &bodies);
    const bool is_graph = a.type == AttrType::kGraph || a.type == AttrType::kGraphs;
    if (!v.ok()) return is_graph ? std::move(v).status() : std::move(v).At(Str("attribute '", a.name, "'")).status();
    n.attrs.push_back({std::string(a.name), *std::move(v), std::string(a.doc)});
  }
  NodeText text{wire.name.empty() ? std::string() : Str(scope->prefix, wire.name), std::string(wire.doc),
                OwnedMap(wire.metadata)};
  return Convert(*scope, std::move(n), std::move(text), JoinCaptures(bodies), 0);
}

}  // namespace hasten::onnx
