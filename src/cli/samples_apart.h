// Whether a model treats the samples of a batch apart.
#pragma once
#include "ir/graph.h"

namespace hasten::cli {

// True if the inputs' first axes are one length that is left open, which no other axis of theirs has, and every node
// between them and the outputs is known to compute each entry of that axis alike and from that entry alone: a batch of
// one then tells all that a larger one would.  False also where that is hard to tell.  Types must have been inferred.
bool KeepsSamplesApart(const Graph& graph);

}  // namespace hasten::cli
