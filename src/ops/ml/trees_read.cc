#include <map>

#include "ops/ml/trees.h"

namespace hasten::ops::ml {
namespace {

using NodeId = std::pair<int64_t, int64_t>;  // tree, node

Result<Trees::Mode> ModeOf(std::string_view name) {
  constexpr std::string_view kNames[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE",    "BRANCH_GT",
                                         "BRANCH_EQ",  "BRANCH_NEQ", "BRANCH_MEMBER", "LEAF"};
  const auto hit = std::find(std::begin(kNames), std::end(kNames), name);
  HASTEN_REQUIRE(hit != std::end(kNames) && name != "BRANCH_MEMBER",
                 "attribute nodes_modes must hold BRANCH_ and LEQ, LT, GTE, GT, EQ or "
                 "NEQ, or LEAF, holds ",
                 Quote(name));
  return static_cast<Trees::Mode>(hit - std::begin(kNames));
}

Status RequireSizes(const EnsembleAttrs& a, size_t splits, size_t weights) {
  const size_t nodes = a.nodes_treeids.size(), votes = a.vote_treeids.size();
  for (size_t n : {a.nodes_nodeids.size(), a.nodes_featureids.size(), a.nodes_truenodeids.size(),
                   a.nodes_falsenodeids.size(), a.nodes_modes.size(), splits})
    HASTEN_REQUIRE(n == nodes, "lists of nodes must be as long, are ", nodes, " and ", n);
  HASTEN_REQUIRE(a.nodes_missing_value_tracks_true.empty() || a.nodes_missing_value_tracks_true.size() == nodes,
                 "attribute nodes_missing_value_tracks_true must have ", nodes, " entries, has ",
                 a.nodes_missing_value_tracks_true.size());
  for (size_t n : {a.vote_nodeids.size(), a.vote_ids.size(), weights})
    HASTEN_REQUIRE(n == votes, "lists of leaf weights must be as long, are ", votes, " and ", n);
  return {};
}

// The votes, gathered leaf by leaf.
Status ReadVotes(const EnsembleAttrs& a, const std::map<NodeId, size_t>& place, std::span<const double> weights,
                 Trees* trees) {
  std::vector<std::pair<size_t, size_t>> order;  // node, vote
  for (size_t i = 0; i < a.vote_treeids.size(); ++i) {
    const auto node = place.find({a.vote_treeids[i], a.vote_nodeids[i]});
    HASTEN_REQUIRE(node != place.end(), "leaf weights must be of nodes that exist, one is of node ", a.vote_nodeids[i],
                   " of tree ", a.vote_treeids[i]);
    if (trees->nodes[node->second].mode == Trees::Mode::kLeaf) order.emplace_back(node->second, i);
  }
  std::sort(order.begin(), order.end());
  for (const auto& [node, i] : order) {
    if (trees->nodes[node].end == 0) trees->nodes[node].begin = trees->votes.size();
    trees->votes.push_back({a.vote_ids[i], weights[i]});
    trees->nodes[node].end = trees->votes.size();
  }
  return {};
}

}  // namespace

std::vector<double> NumbersOf(const std::vector<float>& list, const std::optional<Tensor>& tensor) {
  if (tensor && tensor->elements() > 0) return ToDoubles(*tensor);
  return {list.begin(), list.end()};
}

Result<Trees> TreesOf(const EnsembleAttrs& a) {
  const std::vector<double> splits = NumbersOf(a.nodes_values, a.nodes_values_as_tensor);
  const std::vector<double> weights = NumbersOf(a.vote_weights, a.vote_weights_as_tensor);
  HASTEN_TRY(RequireSizes(a, splits.size(), weights.size()));
  std::map<NodeId, size_t> place, first;
  Trees trees;
  for (size_t i = 0; i < splits.size(); ++i) {
    const int64_t tree = a.nodes_treeids[i];
    HASTEN_REQUIRE(place.emplace(NodeId{tree, a.nodes_nodeids[i]}, i).second, "node ", a.nodes_nodeids[i], " of tree ",
                   tree, " must be listed once");
    if (first.emplace(NodeId{tree, 0}, i).second) trees.roots.push_back(i);
    HASTEN_ASSIGN(const Trees::Mode mode, ModeOf(a.nodes_modes[i]));
    const bool nan_is_true = !a.nodes_missing_value_tracks_true.empty() && a.nodes_missing_value_tracks_true[i] != 0;
    trees.nodes.push_back({mode, nan_is_true, a.nodes_featureids[i], splits[i]});
  }
  for (size_t i = 0; i < trees.nodes.size(); ++i) {
    if (trees.nodes[i].mode == Trees::Mode::kLeaf) continue;
    const auto yes = place.find({a.nodes_treeids[i], a.nodes_truenodeids[i]}),
               no = place.find({a.nodes_treeids[i], a.nodes_falsenodeids[i]});
    HASTEN_REQUIRE(yes != place.end() && no != place.end(), "node ", a.nodes_nodeids[i], " of tree ",
                   a.nodes_treeids[i], " must lead to nodes of its tree, leads to ", a.nodes_truenodeids[i], " and ",
                   a.nodes_falsenodeids[i]);
    trees.nodes[i].yes = yes->second;
    trees.nodes[i].no = no->second;
  }
  HASTEN_TRY(ReadVotes(a, place, weights, &trees));
  return trees;
}

Status TensorsToLists(OnnxNode& n) {
  constexpr std::string_view kSuffix = "_as_tensor";
  std::vector<std::string> names;
  for (const NamedAttr& a : n.attrs)
    if (a.name.ends_with(kSuffix)) names.push_back(a.name);
  for (const std::string& name : names) {
    const auto value = n.Take(name);
    const Tensor* t = std::get_if<Tensor>(&*value);
    HASTEN_REQUIRE(t, "attribute '", name, "' must be a tensor");
    const std::vector<double> wide = ToDoubles(*t);
    std::vector<float> list(wide.begin(), wide.end());
    for (size_t i = 0; i < wide.size(); ++i)
      if (static_cast<double>(list[i]) != wide[i] && !std::isnan(wide[i]))
        return Status(Code::kUnsupported,
                      Str("attribute '", name, "' must be of f32 before opset 3: ", wide[i], " is none"));
    n.Set(name.substr(0, name.size() - kSuffix.size()), std::move(list));
  }
  return {};
}

}  // namespace hasten::ops::ml
