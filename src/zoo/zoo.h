// Built-in topologies with generated weights: models to run, inspect and measure without a file.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "zoo/builder.h"

namespace hasten::zoo {

// One file of this folder each, named after it.
struct Topology {
  std::string_view name;
  std::string_view doc;  // one sentence: what it is, its input, where it comes from
  void (*build)(Builder&);
};

// In the order of their names.
std::span<const Topology* const> Topologies();
const Topology* Find(std::string_view name);  // null if there is none

// The graph; float weights are generators without contents, so that even a large one takes no memory.
Result<std::unique_ptr<Model>> BuildGraph(const Topology& topology);
// The same with every weight made.  kNotFound lists the names.
Result<std::unique_ptr<Model>> Build(std::string_view name);

}  // namespace hasten::zoo
