// Type inference over graphs: the same driver serves import (symbolic), binding (concrete) and data-dependent steps.
#pragma once
#include <unordered_map>

#include "ops/op.h"
#include "tensor/dim_bounds.h"

namespace hasten {

// What is known of one value: its type, and its contents if they are small integers or a constant.
struct Fact {
  Type type;
  std::optional<KnownInts> ints;
  Tensor value;  // data == nullptr: unknown
};

// Facts about every value of a graph and of the graphs inside it.  The graph itself is not changed, so that one graph
// can be inferred for many sets of input shapes, by several threads at once.
class Inference final : public InferDriver {
 public:
  struct Options {
    // Evaluate nodes whose operands are all known and whose output is small (shape arithmetic), by their references.
    bool fold_small = false;
    // Take the types that the graph's own values carry for inputs that were not set.
    bool use_graph_types = true;
    // Learn what symbols are at most from what the nodes of this graph need: all of them run, if it does.
    const Graph* learn_from = nullptr;
  };
  Inference() : Inference(Options()) {}
  explicit Inference(Options options);
  ~Inference() override;

  void Set(const Graph* graph, ValueId v, Fact fact) { Table(graph).At(v, graph->value_slots()) = std::move(fact); }
  const Fact& Get(const Graph* graph, ValueId v) const;

  // Forgets all facts; the memory they took serves again.
  void Clear();
  // Facts of all nodes, in order.  Errors carry the node's path.
  Status Run(const Graph& graph);
  Status RunNode(const Graph& graph, NodeId n);
  Result<std::vector<Type>> InferBody(Graph* body, std::span<const Type> inputs, const Node& node) override;

 private:
  // The facts of one graph, by value.  References stay valid.
  class FactTable {
   public:
    const Fact* Find(ValueId v) const { return v < slots_.size() ? slots_[v] : nullptr; }
    Fact* Find(ValueId v) { return v < slots_.size() ? slots_[v] : nullptr; }
    Fact& At(ValueId v, size_t values);  // made if it is not there
    void Clear();                        // memory stays

   private:
    static constexpr size_t kBlock = 32;
    std::vector<Fact*> slots_;
    std::vector<std::unique_ptr<Fact[]>> blocks_;
    size_t used_ = 0;
  };
  struct Arrays;
  FactTable& Table(const Graph* graph) {
    if (graph != last_graph_) last_table_ = &facts_[last_graph_ = graph];  // those of a map stay where they are
    return *last_table_;
  }
  Fact& At(const Graph* graph, ValueId v);
  Arrays& ArraysOfDepth();
  Fact FactOfInput(const Graph& graph, ValueId v);
  void Fold(const Graph& graph, const Node& node);
  void LearnBounds(const InferCall& call);
  void KeepBounds(InferCall* call) const;
  Options options_;
  std::unordered_map<const Graph*, FactTable> facts_;
  const Graph* last_graph_ = nullptr;
  FactTable* last_table_ = nullptr;
  std::vector<std::unique_ptr<Arrays>> arrays_;  // of each depth of nested graphs
  const Graph* current_ = nullptr;               // of the node being inferred, for InferBody
  DimBounds bounds_;
  int depth_ = 0;
  int bodies_inferred_ = 0;
};

// Runs inference over the model and writes the types into the graph's values (and into inner graphs).
// Declared types of outputs are hints: a conflict leaves the inferred type.
Status InferTypes(Graph* graph);
// The same for one node just added (import); known contents of earlier nodes come from `inference`.
Status InferNode(Graph* graph, NodeId n, Inference* inference);
// Whether a node with an op has as many inputs and outputs as the op's record wants, and those that must be there.
Status CheckArity(const Node& node);

// One call of an op's infer, outside any graph: types and contents of the inputs (null: absent).  Used before
// references.
Status InferOutputs(const Node& node, std::span<const Value* const> in, InferDriver* driver, std::vector<Type>* out);
Type TypeOf(const Value& v);

}  // namespace hasten
