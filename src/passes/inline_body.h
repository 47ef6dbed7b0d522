// The nodes of a graph inside a node (If, Loop) become nodes of the graph around it.
#pragma once
#include "passes/rule.h"

namespace hasten {

// Copies of one body, in front of the node that holds it.
class BodyInliner {
 public:
  BodyInliner(RewriteContext* context, NodeId holder, const Graph& body);

  // One more copy, for these values of the body's inputs; what stands for its outputs.  `suffix` ends its nodes' names.
  Result<std::vector<ValueId>> Inline(std::span<const ValueId> arguments, std::string_view suffix);
  // The wanted outputs of the holder become these values, and it goes; so does what of the copies serves nothing.
  Status ReplaceHolder(const std::vector<ValueId>& values);

 private:
  ValueId Here(ValueId of_body, std::vector<ValueId>* here);
  Result<ValueId> FreeToReplace(ValueId output, ValueId by, std::vector<ValueId>* taken);

  RewriteContext& context_;
  const NodeId holder_;
  const Graph& body_;
  std::vector<ValueId> shared_;  // by value of the body: what stands for constants and captured ones in every copy
  std::vector<NodeId> made_;
};

// How many values that `body` gives the holder's outputs need a copy to take a graph output's name.
int64_t CopiesForOutputs(const RewriteContext& c, NodeId holder, const Graph& body, size_t first_result);
// Whether such a copy can be written: sequences have an Identity since opset 16 only.
bool CanCopyOutputs(const RewriteContext& c, NodeId holder);

// Whether two runs of the graph may differ.
bool HasRandomOps(const Graph& graph);

}  // namespace hasten
