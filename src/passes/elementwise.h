// Which nodes pointwise programs can compute, and as what.
#pragma once
#include "passes/program.h"
#include "passes/rule.h"

namespace hasten {

// A node that gives one f32 tensor of known rank, from f32 tensors that broadcast to it, element by element.
bool IsPointwise(const RewriteContext& c, NodeId n);
// Inputs of the node that its instructions read as operands: not those that become constants.
std::vector<ValueId> PointwiseInputs(const RewriteContext& c, NodeId n);
// Appends the node's instructions; `at` says where an input of PointwiseInputs is.
ProgramBuilder::Ref CompilePointwise(const RewriteContext& c, NodeId n,
                                     const std::function<ProgramBuilder::Ref(ValueId)>& at, ProgramBuilder* program);

}  // namespace hasten
