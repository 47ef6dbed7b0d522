// The portable graph: values (edges) with types, nodes (calls of ops) in topological order.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "ir/attr.h"
#include "ir/name_index.h"
#include "ir/pointwise.h"
#include "tensor/tensor.h"
#include "tensor/type.h"

namespace hasten {

struct OpDef;                                 // ops/op.h; the graph only points at it
std::string_view OpDefName(const OpDef* op);  // defined beside OpDef

using ValueId = uint32_t;
using NodeId = uint32_t;
inline constexpr uint32_t kNone = 0xffffffff;

// Seeded contents instead of stored ones (zoo, fixtures): element i is a pure function of seed and i.
struct Generator {
  enum class Kind : uint8_t { kConstant, kNormal, kUniform, kIntegers };
  Kind kind = Kind::kConstant;
  uint64_t seed = 0;
  double a = 0, b = 1;  // constant: a; normal: mean a, deviation b; uniform: [a, b); integers: a..b inclusive
};
Result<Tensor> Generate(const Generator& generator, DType dtype, const Dims& dims);

// Where an imported weight's bytes lie, so that export can leave them there.
struct WeightSource {
  std::string file;  // empty: inside the model
  uint64_t offset = 0, length = 0;
};

// A constant value.  `tensor.data` points into the mapped model where it can (perhaps unaligned).
struct Constant {
  Tensor tensor;
  std::optional<Generator> generator;
  WeightSource source;
};

// A use of a value: input `index` of `node`.
struct Use {
  NodeId node;
  uint32_t index;
  friend bool operator==(Use, Use) = default;
};

struct GraphValue {
  std::string name;  // unique within the graph; may be empty only for absent outputs
  Type type;         // inferred (or declared, for graph inputs)
  Type declared;     // what the file claims; a hint only
  std::string doc;
  std::map<std::string, std::string> metadata;
  NodeId producer = kNone;  // kNone: graph input, constant or captured
  uint32_t output_index = 0;
  std::shared_ptr<const Constant> constant;
  std::vector<Use> uses;  // by nodes; uses as graph outputs are not listed
  bool alive = true;
};

// A node whose op this build does not know: carried, inspected, exported, never run.
struct OpaqueOp {
  std::string domain, type;
  int version = 0;
  std::vector<NamedAttr> attrs;
};

struct Node {
  const OpDef* op = nullptr;  // null: opaque
  std::shared_ptr<OpaqueOp> opaque;
  std::string name, doc;
  std::map<std::string, std::string> metadata;
  std::vector<ValueId> inputs;  // formal inputs (kNone: absent), then epilogue operands, then captured outer values
  uint32_t epilogue_operands = 0;
  uint32_t captures = 0;         // how many of the last inputs are captured by the node's graphs
  std::vector<ValueId> outputs;  // kNone: not wanted
  Attrs attrs;
  PointwiseProgram epilogue;              // applied to output 0; empty: none
  NodeId previous = kNone, next = kNone;  // topological order
  bool alive = true;

  size_t formal_inputs() const { return inputs.size() - epilogue_operands - captures; }
};

// Ids are stable: erasing never renumbers.  Value semantics are expensive, so copies are explicit (Clone).
//
// A graph held by a node (an If branch, a Loop body) sees outer values only through `captures`: captures()[i] is the
// inner stand-in for the node's i-th captured input, or kNone if this graph does not use it.
class Graph {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;
  GraphPtr Clone() const;  // ids kept, graphs inside cloned too, constants shared

  std::string name, doc;
  std::map<std::string, std::string> metadata;
  std::vector<ValueId> inputs, outputs, captures;

  // Room for that many more of each, so that adding them moves none.
  void Reserve(size_t values, size_t nodes);

  // Values.  AddValue makes `name` unique by a suffix if it is taken ("x" -> "x_1"); an empty name gets one ("v12").
  ValueId AddValue(std::string label, Type type = {});
  ValueId AddConstant(std::string label, Constant contents);
  ValueId AddConstant(std::string label, Tensor tensor) {
    return AddConstant(std::move(label), Constant{std::move(tensor), {}, {}});
  }
  ValueId FindValue(std::string_view label) const;  // kNone if there is none
  Status Rename(ValueId v, std::string label);
  GraphValue& value(ValueId v) { return values_[v]; }
  const GraphValue& value(ValueId v) const { return values_[v]; }
  size_t value_slots() const { return values_.size(); }  // ids are below; some may be dead
  const Tensor* constant(ValueId v) const {
    return v != kNone && values_[v].constant ? &values_[v].constant->tensor : nullptr;
  }

  // Nodes.  Outputs must be values without a producer.  Appends, or inserts before `before`.
  NodeId AddNode(Node node, NodeId before = kNone);
  void EraseNode(NodeId n);    // its outputs lose their producer and stay
  void EraseValue(ValueId v);  // must be unused; a capture's stand-in leaves kNone behind
  void SetInput(NodeId n, size_t index, ValueId v);
  void AppendInput(NodeId n, ValueId v, bool captured = false);
  void ReplaceUses(ValueId from, ValueId to);  // in nodes and graph outputs
  void MoveBefore(NodeId n, NodeId before);    // before == kNone: to the end
  Node& node(NodeId n) { return nodes_[n]; }
  const Node& node(NodeId n) const { return nodes_[n]; }
  size_t node_slots() const { return nodes_.size(); }
  size_t live_nodes() const { return live_nodes_; }
  NodeId first() const { return first_; }
  NodeId last() const { return last_; }
  bool IsOutput(ValueId v) const;
  // Live nodes in topological order, as a fresh list (safe to edit the graph while walking it).
  std::vector<NodeId> Order() const;
  // "node 12 'conv1' (Conv)": the path element of messages.  Numbers count from the front.
  std::string Where(NodeId n) const;

 private:
  void Link(NodeId n, NodeId before);
  void Unlink(NodeId n);
  void DropUse(ValueId v, Use use);
  std::string FreeName(const std::string& label) const;

  std::vector<GraphValue> values_;
  std::vector<Node> nodes_;
  NameIndex by_name_;
  NodeId first_ = kNone, last_ = kNone;
  size_t live_nodes_ = 0;
};

// Nodes without a wanted output are never run: kernels may rely on at least one.
bool AnyOutputWanted(const Node& node);

// The op's name as printed: of the record, or "domain.Type" of an opaque node.
std::string OpName(const Node& node);

struct OpsetId {
  std::string domain;  // "" is ai.onnx
  int version = 0;
};

// A whole model: the main graph and what its file says about it.
struct Model {
  Graph graph;
  int ir_version = 10;
  std::vector<OpsetId> opsets;
  std::string producer_name, producer_version, domain, doc;
  int64_t model_version = 0;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> notes;  // what import changed, in plain words: "sorted 12 nodes topologically"

  int opset(std::string_view domain) const;  // 0 if not listed
};

// Structure and use-lists agree, order is topological, names are unique, every node's graphs have their captures.
Status Verify(const Graph& graph);
// Sorts the nodes topologically, keeping their order where it is already right.  Returns how many moved; an error
// names a cycle.
Result<int> SortTopologically(Graph* graph);
// Nodes that reach no output (and are free of side effects, as all are) are erased; so are unused constants.
int RemoveDead(Graph* graph);

}  // namespace hasten
