// The names that nodes of one graph or function body may use.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "import/onnx/wire.h"
#include "ir/graph.h"

namespace hasten::onnx {

// What a call gives for the attributes of a function.
using Arguments = std::map<Bytes, WireAttr>;

// One graph being built, or one function body on its way into a graph.
//
// A scope with an `outer` is a graph inside a node: what it does not define it captures from the outer scope, as a
// stand-in value of its own graph that shares type and constant contents.
struct Scope {
  Graph* graph = nullptr;
  Scope* outer = nullptr;  // null for the main graph and function bodies
  const std::vector<WireOpset>* opsets = nullptr;
  const Arguments* arguments = nullptr;      // of the function call, for attributes by reference
  std::vector<const WireFunction*> calls;    // being inlined, outermost first
  int depth = 0;                             // of graphs inside nodes
  std::string prefix;                        // of names, for function bodies
  std::unordered_map<Bytes, ValueId> names;  // as the file has them
  std::unordered_set<Bytes> results;         // of a function body: defined by the caller, not yet written
  struct Capture {
    ValueId outer, inner;
  };
  std::vector<Capture> captured;  // in the order of their first use

  // The value of that name here or, captured, outside; nullopt if there is none.  kNone stands for an input of a
  // function that the call left out.
  std::optional<ValueId> Find(Bytes name);

 private:
  ValueId StandInFor(ValueId outer_value);
  std::unordered_map<ValueId, ValueId> stand_ins_;
};

// The outer values that the graphs of one node capture; each graph's list of captures is set to match.
std::vector<ValueId> JoinCaptures(const std::vector<std::unique_ptr<Scope>>& scopes);

// Makes a value a constant.
void SetConstant(Graph* graph, ValueId v, Constant c);

}  // namespace hasten::onnx
