// Applies rules to a graph, and to the graphs inside it, until none fires.
#pragma once
#include "passes/rule.h"

namespace hasten {

struct PassReport {
  struct Entry {
    std::string_view name;
    int fired = 0;
    double ms = 0;
  };
  struct Firing {
    std::string_view rule;
    std::string node;  // "'conv1' (Conv)", as it was before; without a name "-> "y" (Conv)", by what it computes
  };
  std::vector<Firing> firings;     // if the options ask for them
  std::vector<Entry> entries;      // rules and passes, in order of first mention
  std::vector<std::string> notes;  // in plain words: a budget that was spent
  size_t nodes_before = 0, nodes_after = 0;

  Entry& Of(std::string_view name);
  std::string Text() const;  // a line for each that fired
};

// One pass over the graphs of a model: rules are tried at each node in falling order of benefit, then of name, and
// again wherever something changed.
Status ApplyRules(std::span<const Rule* const> rules, Graph* graph, Inference* inference, const PassOptions& options,
                  PassReport* report);

// The main graph's live nodes and those of the graphs inside.
size_t CountNodes(const Graph& graph);

}  // namespace hasten
