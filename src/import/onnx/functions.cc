#include "import/onnx/importer.h"

namespace hasten::onnx {
namespace {

constexpr size_t kMaxCallDepth = 64;
constexpr int64_t kNodeCost = 64;  // bytes that a call is charged for a node besides its message

Result<std::vector<ValueId>> ValuesOf(Scope* scope, const std::vector<Bytes>& names) {
  std::vector<ValueId> out;
  for (const Bytes name : names) {
    const auto v = name.empty() ? kNone : scope->Find(name);
    HASTEN_REQUIRE(v, Shown(name), " is no value of the graph");
    out.push_back(*v);
  }
  return out;
}

}  // namespace

Status Importer::ReadFunctions(const std::vector<Bytes>& messages) {
  for (const Bytes m : messages) {
    HASTEN_ASSIGN(WireFunction fn, ReadFunction(m));
    FunctionId id{NormalDomain(fn.domain), fn.name, fn.overload};
    const std::string shown = Shown(fn.name);
    HASTEN_REQUIRE(fn.opsets.size() <= kMaxOpsets, "function ", shown, " imports more than ", kMaxOpsets, " opsets");
    HASTEN_REQUIRE(functions_.emplace(std::move(id), std::move(fn)).second, "function ", shown, " is defined twice");
  }
  return {};
}

const WireFunction* Importer::FindFunction(const WireNode& wire) const {
  const FunctionId id{NormalDomain(wire.domain), wire.type, wire.overload};
  const auto it = functions_.find(id);
  return it == functions_.end() ? nullptr : &it->second;
}

// Nodes of the body may be of newer opsets than the model says.
Status Importer::RaiseOpsets(const WireFunction& fn) {
  for (const WireOpset& o : fn.opsets) {
    const std::string_view domain = NormalDomain(o.domain);
    const int version = static_cast<int>(std::clamp<int64_t>(o.version, 0, kMaxOpset));
    const int before = model_->opset(domain);
    if (before > 0 && before < version)
      Note(Str("a function uses opset ", version, " of domain ", Quote(domain), ": the model's ", before,
               " was raised to it"));
    EnsureOpset(domain, version);
  }
  return {};
}

Status Importer::AllowCall(const Scope& scope, const WireNode& wire, const WireFunction& fn) {
  HASTEN_REQUIRE(std::find(scope.calls.begin(), scope.calls.end(), &fn) == scope.calls.end(), "function ",
                 Shown(fn.name), " calls itself");
  HASTEN_REQUIRE(scope.calls.size() < kMaxCallDepth, "functions must not call each other deeper than ", kMaxCallDepth);
  HASTEN_REQUIRE(wire.inputs.size() <= fn.inputs.size() && wire.outputs.size() <= fn.outputs.size(), "function takes ",
                 fn.inputs.size(), " inputs and gives ", fn.outputs.size(), " outputs, the node has ",
                 wire.inputs.size(), " and ", wire.outputs.size());
  for (const Bytes m : fn.nodes) inlining_left_ -= static_cast<int64_t>(m.size()) + kNodeCost;
  const size_t signature = fn.inputs.size() + fn.outputs.size() + fn.attribute_defaults.size() + fn.opsets.size();
  inlining_left_ -= static_cast<int64_t>(signature) * kNodeCost;
  if (inlining_left_ < 0) return Status(Code::kOutOfMemory, "the model's functions expand to too many nodes");
  return {};
}

Status Importer::Inline(Scope* scope, const WireNode& wire, const WireFunction& fn, std::vector<WireAttr> attrs) {
  HASTEN_TRY(AllowCall(*scope, wire, fn));
  HASTEN_TRY(RaiseOpsets(fn));
  ++inlined_;
  Arguments arguments;
  for (WireAttr& attr : attrs) arguments.emplace(attr.name, std::move(attr));
  for (const Bytes m : fn.attribute_defaults) {
    HASTEN_ASSIGN(WireAttr attr, ReadAttr(m));
    arguments.emplace(attr.name, std::move(attr));
  }
  Scope body;
  body.graph = scope->graph;
  body.opsets = &fn.opsets;
  body.arguments = &arguments;
  body.calls = scope->calls;
  body.calls.push_back(&fn);
  body.depth = scope->depth;
  body.prefix = Str("call", inlined_, "/");
  HASTEN_ASSIGN(const std::vector<ValueId> inputs, ValuesOf(scope, wire.inputs));
  HASTEN_ASSIGN(const std::vector<ValueId> outputs, ValuesOf(scope, wire.outputs));
  HASTEN_TRY(BindCall(fn, inputs, outputs, &body));
  HASTEN_ASSIGN(const std::vector<WireNode> nodes, DefineNodes(&body, fn.nodes));
  HASTEN_REQUIRE(body.results.empty(), "function ", Shown(fn.name), ": output ", Shown(*body.results.begin()),
                 " is computed by no node");
  Status status = ReadNodes(&body, nodes);
  if (!status.ok()) return std::move(status).At(Str("function ", Shown(fn.name)));
  return ReturnFrom(body, fn, outputs);
}

Status Importer::BindCall(const WireFunction& fn, const std::vector<ValueId>& inputs,
                          const std::vector<ValueId>& outputs, Scope* body) {
  for (size_t i = 0; i < fn.inputs.size(); ++i) {
    const ValueId given = i < inputs.size() ? inputs[i] : kNone;
    HASTEN_REQUIRE(body->names.emplace(fn.inputs[i], given).second, "function has two inputs ", Shown(fn.inputs[i]));
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i] != kNone && body->names.emplace(fn.outputs[i], outputs[i]).second)
      body->results.insert(fn.outputs[i]);
  return {};
}

// Outputs that are inputs of the function, or the same value twice, are copied into the caller's.
Status Importer::ReturnFrom(const Scope& body, const WireFunction& fn, const std::vector<ValueId>& outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto it = body.names.find(fn.outputs[i]);
    if (outputs[i] == kNone || it->second == outputs[i]) continue;
    HASTEN_REQUIRE(it->second != kNone, "function returns an input that the node does not give");
    OnnxNode copy;
    copy.graph = body.graph;
    copy.type = "Identity";
    copy.opset = model_->opset("");
    copy.inputs = {it->second};
    copy.outputs = {outputs[i]};
    HASTEN_TRY(Convert(body, std::move(copy), {}, {}, 0));
  }
  return {};
}

}  // namespace hasten::onnx
