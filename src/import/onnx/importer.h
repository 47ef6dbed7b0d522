// What one import shares between its parts.  Internal to import/onnx.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "import/onnx/onnx_import.h"
#include "import/onnx/scope.h"
#include "import/onnx/tensor_data.h"
#include "import/onnx/wire.h"
#include "ir/graph.h"
#include "ops/infer.h"
#include "ops/op.h"

namespace hasten::onnx {

inline constexpr int kMaxOpset = 1 << 20;
inline constexpr size_t kMaxOpsets = 256;  // domains that a model or function may import
inline constexpr int kNewestOpset = 28;    // of ai.onnx that Hasten was built to read; newer ones are read with a note

// What a node carries besides its form.
struct NodeText {
  std::string name, doc;
  std::map<std::string, std::string> metadata;
};

// Reads one model.  The phases lie in several files: import.cc (model), read_graph.cc (graphs), read_node.cc (one
// node), convert.cc (from a file's form of a node to ours), functions.cc (inlining).
class Importer {
 public:
  Importer(const Catalog& catalog, DataSource* data, Bytes file, Model* model);

  Status ReadModel(const WireModel& wire);

 private:
  // A graph's contents into scope->graph.
  Status ReadGraphInto(Scope* scope, const WireGraph& wire);
  Status DefineInputs(Scope* scope, const WireGraph& wire, const std::set<Bytes>& initialised);
  Status DefineInitializers(Scope* scope, const WireGraph& wire);
  Status DefineInitializer(Scope* scope, const WireTensor& described, Result<Constant> contents);
  // What the file claims about values that are defined; the first claim stands.
  Status DescribeValues(Scope* scope, const std::vector<Bytes>& value_infos);
  Status ReadOutputs(Scope* scope, const WireGraph& wire);
  // Nodes of a graph or function body: first all that they write is defined, so that it keeps its name; then they are
  // read in an order that works.
  Result<std::vector<WireNode>> DefineNodes(Scope* scope, const std::vector<Bytes>& messages);
  Status ReadNodes(Scope* scope, const std::vector<WireNode>& nodes);
  Result<ValueId> Define(Scope* scope, Bytes name);

  Status ReadNode(Scope* scope, const WireNode& wire);
  Status ReadConstant(Scope* scope, const WireNode& wire, const std::vector<WireAttr>& attrs);
  Result<Constant> ConstantOf(const std::vector<WireAttr>& attrs);
  // The node's attributes, those by reference replaced by what they stand for.
  Result<std::vector<WireAttr>> ResolveAttrs(const Scope& scope, const WireNode& wire) const;
  Result<AttrValue> ReadAttrValue(Scope* scope, const WireAttr& attr, std::vector<std::unique_ptr<Scope>>* bodies);
  Result<GraphPtr> ReadBody(Scope* scope, const WireAttr& attr, Bytes message,
                            std::vector<std::unique_ptr<Scope>>* bodies);
  Result<Tensor> ReadTensorValue(Bytes message);
  Result<Tensor> ReadSparseValue(Bytes message);

  // Adds the node in our form, and what its conversion asks for around it.
  Status Convert(const Scope& scope, OnnxNode n, NodeText text, std::vector<ValueId> captures, int depth);
  Status ConvertHelpers(const Scope& scope, const OnnxNode& n, const std::vector<OnnxNode::Helper>& around, int depth);
  void DropInternal(const OpDef& op, OnnxNode* n);
  Status Upgrade(const OpDef& op, OnnxNode* n, bool* renamed);
  Status AddKnown(const Scope& scope, const OpDef& op, OnnxNode n, NodeText text, std::vector<ValueId> captures);
  Status AddOpaque(const Scope& scope, OnnxNode n, NodeText text, std::vector<ValueId> captures);
  Result<Attrs> TypedAttrs(const OpDef& op, std::vector<NamedAttr> attrs);
  Status Add(const Scope& scope, Node node);

  const WireFunction* FindFunction(const WireNode& wire) const;
  Status Inline(Scope* scope, const WireNode& wire, const WireFunction& fn, std::vector<WireAttr> attrs);
  Status AllowCall(const Scope& scope, const WireNode& wire, const WireFunction& fn);
  static Status BindCall(const WireFunction& fn, const std::vector<ValueId>& inputs,
                         const std::vector<ValueId>& outputs, Scope* body);
  Status ReturnFrom(const Scope& body, const WireFunction& fn, const std::vector<ValueId>& outputs);
  Status ReadFunctions(const std::vector<Bytes>& messages);
  Status RaiseOpsets(const WireFunction& fn);

  void ReadOpsets(const WireModel& wire);
  // Of the function or else the model; 0 if neither imports the domain.
  int OpsetOf(const Scope& scope, std::string_view domain) const;
  void EnsureOpset(std::string_view domain, int version);
  // Adds a note; each text once, and not without end.
  void Note(std::string text);

  const Catalog& catalog_;
  DataSource* data_;
  Model* model_;
  Inference inference_;
  using FunctionId = std::tuple<std::string, std::string, std::string>;  // domain, name, overload
  std::map<FunctionId, WireFunction> functions_;
  int64_t inlining_left_;  // bytes of function bodies that calls may still add
  int inlined_ = 0;
};

// "" for both spellings of the default domain.
std::string_view NormalDomain(std::string_view domain);
// A name from the file in a message: quoted, and not longer than a line.
inline std::string Shown(std::string_view name) { return Quote(name.substr(0, 120)); }
std::map<std::string, std::string> OwnedMap(const StringMap& entries);
// The record for a node type that becomes others on import; null if there is none.
const OnnxImport* FindImport(std::string_view domain, std::string_view type);

}  // namespace hasten::onnx
