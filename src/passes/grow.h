// Moving elementwise nodes into the program of the node that feeds them.
#pragma once
#include "passes/rule.h"

namespace hasten {

// Host and followers become one node: the largest connected group of elementwise nodes behind output 0 of `host` whose
// values nobody else reads but the last.  Other operands must broadcast to the host's output and not depend on it.
// True if any node moved.
Result<bool> GrowEpilogue(RewriteContext& c, NodeId host);

// True if an operand of shape `from` broadcasts to `to` without enlarging it, for every value of the symbols.
bool FitsInto(const Shape& from, const Shape& to);

}  // namespace hasten
