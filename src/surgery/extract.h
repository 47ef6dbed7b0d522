// A part of a model as a model of its own.
#pragma once
#include <string>

#include "ir/graph.h"

namespace hasten {

// Keeps what computes the values `outputs` from the values `inputs`; both become the graph's, in this order, with the
// names and types they have.  No inputs: those of the model that are needed.  No outputs: all of the model's.
//
// An error leaves the model unusable.  kNotFound: no such value; kInvalidArgument: the outputs need an input besides
// (the message lists all), one value is both, or the type of an input is not known.
Status Extract(std::span<const std::string> inputs, std::span<const std::string> outputs, Graph* graph);

// Makes `v` a value that nothing computes, under its name, and what computed it so far something nobody reads.
// The value that has the name then; it is not among the graph's inputs yet.
ValueId CutOff(Graph* graph, ValueId v);

}  // namespace hasten
