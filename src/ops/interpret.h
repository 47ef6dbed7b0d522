// Node-by-node evaluation by the ops' references: the judge of planned execution, and the constant folder.
#pragma once
#include "ops/op.h"

namespace hasten {

// Operands of one node, in the order of Node::inputs.
struct NodeOperands {
  std::span<const Value* const> formal, epilogue, captured;
};

// An error unless the operands that the node cannot do without are there: an optional that a caller or a branch leaves
// empty is known at run time only.
Status RequireOperands(const Node& node, std::span<const Value* const> formal);

// Runs one node by its reference: infers and allocates outputs, evaluates, applies the epilogue.  out[i] is null where
// an output is not wanted.  Errors carry no path.
Status RunReference(const Node& node, uint64_t node_key, const NodeOperands& operands, std::span<Value* const> out,
                    RunServices* services);

// Called after each node with its operands and results; an error ends the run.
using NodeObserver = std::function<Status(const Graph&, NodeId, const NodeOperands&, std::span<Value* const> out)>;

// Evaluates a graph; at depth 0 that is a run, whose random draws count from 0.  `captured` matches graph.captures.
// Values are dropped after their last use.
Status Interpret(const Graph& graph, std::span<const Value> inputs, std::span<const Value* const> captured,
                 std::vector<Value>* outputs, RunServices* services, const NodeObserver& observer = {});

// Services on the heap, for one thread: own scratch, no limit, never stopped.
class LocalServices {
 public:
  explicit LocalServices(Allocator* allocator = HeapAllocator());
  RunServices* get() { return &services_; }
  const RunServices* get() const { return &services_; }

 private:
  ScratchArena scratch_;
  DrawCounts draws_;
  RunServices services_;
};

}  // namespace hasten
