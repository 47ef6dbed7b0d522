// Reshapes to shapes that are known.
#pragma once
#include "passes/rule.h"

namespace hasten {

// Replaces y by Reshape(x, its shape) in front of node `before`.  False, and nothing done, where the shape has more
// than one dim that is not constant, or an empty one.
Result<bool> ReplaceByReshape(RewriteContext& c, ValueId y, ValueId x, NodeId before);

}  // namespace hasten
