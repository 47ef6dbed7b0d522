// What every edit of a graph ends with.
#pragma once
#include "ir/graph.h"

namespace hasten {

// Erases what reaches no output, and inputs that were taken off the graph's list; then verifies.
Status CleanUp(Graph* graph);
// Infers all types anew and lets declared ones follow; sorts first.
Status Retype(Graph* graph);

// What a value that becomes an input or output of a graph may be declared as: what inference knows.  The file's claims
// name dims that inference has only expressions for, but fix none: exporters write nonsense there.
Type TrustedType(const GraphValue& value);

}  // namespace hasten
