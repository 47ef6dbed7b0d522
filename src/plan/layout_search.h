// Layout assignment: one layout a step, so that kernels and the reorders between them together cost least.
#pragma once
#include "plan/choose.h"

namespace hasten {

class LayoutSearch {
 public:
  explicit LayoutSearch(const Plan& plan) : plan_(plan), nodes_(plan.steps.size()) {}

  // A step with its candidates.
  void Add(uint32_t step, const StepFacts& facts, const std::vector<Candidate>& candidates);
  // Index of the candidate to take, per step; -1 where none was added.
  std::vector<int> Run();

 private:
  static constexpr double kNever = 1e300;
  struct Edge {
    SlotId slot = kNone;
    uint32_t from = kNone, to = kNone;  // steps; no writer: what comes from outside is plain
    uint64_t bytes = 0;                 // what a reorder would move; 0: the layouts are the same bytes
    int input = 0;                      // of `to`; -1: an operand of its epilogue
    int rank = 0;
  };
  struct Node {
    bool added = false;
    int best[2] = {-1, -1};  // candidate per layout
    double cost[2] = {kNever, kNever};
    const Tactic* tactic[2] = {nullptr, nullptr};
    int layout = 0;
    int rank = 0;              // of the output
    uint64_t plain_bytes = 0;  // of an output of the graph, which is plain
    std::vector<uint32_t> edges;
  };
  bool Wants(const Edge& e, int layout) const;  // reader: the input channels last?
  bool Gives(const Edge& e, int layout) const;  // writer
  double CostAt(uint32_t step, int layout) const;
  int Better(uint32_t step, bool forward) const;

  const Plan& plan_;
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
};

}  // namespace hasten
