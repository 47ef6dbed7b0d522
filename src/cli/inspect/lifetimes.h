// Where the values of a run lie in its memory, and from which step to which.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "tensor/value.h"

namespace hasten::cli {

struct Lifetime {
  std::string name;
  int64_t offset = 0, bytes = 0;  // in the arena
  uint32_t first = 0, last = 0;   // steps that write it and read it last
};

struct MemoryMap {
  std::vector<std::string> steps;  // "node 3 'conv1' (Conv)"
  std::vector<Lifetime> values;    // of fixed shape, by offset, then by first step; those of data-dependent size lack
  int64_t arena_bytes = 0;         // with the workspace, which lies behind the values
  int64_t value_bytes = 0;         // without it
  std::vector<int64_t> live;       // bytes that values hold during each step: no layout could need less than the most
};

Result<MemoryMap> MapMemory(const std::shared_ptr<const Model>& model, std::span<const Value> inputs);

// A line per value of the largest `most`, time from left to right, and the bytes held over time.
std::string MemoryText(const MemoryMap& map, size_t most);
// Steps from left to right, addresses from bottom to top, a box per value.
std::string MemorySvg(const MemoryMap& map, const std::string& title);

}  // namespace hasten::cli
