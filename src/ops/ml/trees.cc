#include "ops/ml/trees.h"

namespace hasten::ops::ml {

bool Trees::Holds(const Node& node, double x) const {
  if (node.nan_is_true && std::isnan(x)) return true;
  switch (node.mode) {
    case Mode::kLeq: return x <= node.split;
    case Mode::kLt: return x < node.split;
    case Mode::kGte: return x >= node.split;
    case Mode::kGt: return x > node.split;
    case Mode::kEq: return x == node.split;
    case Mode::kNeq: return x != node.split;
    default: break;
  }
  const auto begin = members.begin() + static_cast<std::ptrdiff_t>(node.begin);
  const auto end = members.begin() + static_cast<std::ptrdiff_t>(node.end);
  return std::find(begin, end, x) != end;
}

Status Trees::Check(int64_t features, int64_t targets) const {
  for (const Node& node : nodes) {
    if (node.mode == Mode::kLeaf) continue;
    HASTEN_REQUIRE(node.feature >= 0 && node.feature < features, "features of nodes must be in [0, ", features,
                   "), one is ", node.feature);
    HASTEN_REQUIRE(node.yes < nodes.size() && node.no < nodes.size(), "nodes must lead to nodes");
  }
  for (size_t root : roots)
    HASTEN_REQUIRE(root < nodes.size(), "roots must be nodes, one is ", root, " of ", nodes.size());
  for (const Vote& vote : votes)
    HASTEN_REQUIRE(vote.target >= 0 && vote.target < targets, "votes must be for [0, ", targets, "), one is for ",
                   vote.target);
  return {};
}

Result<const Trees::Node*> Trees::Leaf(size_t root, std::span<const double> row) const {
  const Node* node = &nodes[root];
  for (size_t steps = 0; node->mode != Mode::kLeaf; ++steps) {
    HASTEN_REQUIRE(steps <= nodes.size(), "trees must not go in circles");
    node = &nodes[Holds(*node, row[static_cast<size_t>(node->feature)]) ? node->yes : node->no];
  }
  return node;
}

Status SumVotes(const Trees& trees, Aggregate how, std::span<const double> row, std::span<double> targets,
                std::span<bool> voted) {
  std::fill(targets.begin(), targets.end(), 0);
  std::fill(voted.begin(), voted.end(), false);
  for (size_t root : trees.roots) {
    HASTEN_ASSIGN(const Trees::Node* leaf, trees.Leaf(root, row));
    for (size_t i = leaf->begin; i < leaf->end; ++i) {
      const auto at = static_cast<size_t>(trees.votes[i].target);
      const double weight = trees.votes[i].weight;
      if (!voted[at])
        targets[at] = weight;
      else if (how == Aggregate::kMin)
        targets[at] = std::min(targets[at], weight);
      else if (how == Aggregate::kMax)
        targets[at] = std::max(targets[at], weight);
      else
        targets[at] += weight;
      voted[at] = true;
    }
  }
  if (how == Aggregate::kAverage)
    for (double& v : targets) v /= static_cast<double>(std::max<size_t>(1, trees.roots.size()));
  return {};
}

void WriteTargets(const KernelCall& c, PostTransform transform, std::span<const double> base, int64_t row,
                  std::span<double> targets) {
  for (size_t k = 0; k < std::min(base.size(), targets.size()); ++k) targets[k] += base[k];
  TransformTargets(transform, targets);
  WriteDoubles(&c.output(0), row * static_cast<int64_t>(targets.size()), targets);
}

Status EvalTargets(KernelCall& c, const Ensemble& e) {
  const Rows rows = RowsOf(c.input(0).dims);
  HASTEN_TRY(e.trees.Check(rows.features, e.targets));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(e.targets));
  HASTEN_ASSIGN(const auto voted, c.Scratch<bool>(e.targets));
  for (int64_t r = 0; r < rows.count; ++r) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const auto row = x.subspan(static_cast<size_t>(r * rows.features), static_cast<size_t>(rows.features));
    HASTEN_TRY(SumVotes(e.trees, e.how, row, y, voted));
    WriteTargets(c, e.transform, e.base, r, y);
  }
  return {};
}

}  // namespace hasten::ops::ml
