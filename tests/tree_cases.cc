#include "tree_cases.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace hasten {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;

constexpr std::string_view kModes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"};
constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();

struct Forest {
  int64_t trees = 3, depth = 4, features = 3, targets = 1, votes = 1;
  std::vector<int> modes = {0};
  bool missing = false;   // tracks
  bool between = false;   // splits that f32 cannot hold
  bool oddities = false;  // splits that are no numbers
  bool positive = false;  // no weight is negative
};

// Multiples of 1/4, where splits and rows meet.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : random_(seed) {}
  int64_t Below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }
  double Grid() { return static_cast<double>(Below(17) - 8) / 4; }
  double Split(const Forest& f) {
    if (f.oddities && Below(3) == 0) return std::array{kNan, kInfinity, -kInfinity, 1e300, -0.0}[Index(5)];
    return Grid() + (f.between ? static_cast<double>(Below(3) - 1) * 1e-12 : 0);
  }
  double Weight(const Forest& f) { return static_cast<double>(Below(2000) - (f.positive ? 0 : 1000)) / 999; }

 private:
  size_t Index(int64_t n) { return static_cast<size_t>(Below(n)); }
  std::mt19937_64 random_;
};

Tensor TensorOfDoubles(DType dtype, const std::vector<double>& v) {
  Tensor t = *NewTensor(dtype, {static_cast<int64_t>(v.size())});
  for (size_t i = 0; i < v.size(); ++i) t.SetDouble(static_cast<int64_t>(i), v[i]);
  return t;
}

// Nodes of one tree as they come; leaves keep the place of their votes.
struct Made {
  Ints tree, id, feature, yes, no, missing;
  std::vector<double> splits;
  std::vector<int> modes;  // -1: a leaf
  Ints vote_tree, vote_node, vote_id;
  std::vector<double> weights;
};

int64_t Grow(const Forest& f, int64_t tree, int64_t first, int64_t depth, Numbers* numbers, Made* m) {
  const auto at = static_cast<int64_t>(m->id.size());
  const bool leaf = depth == 0 || (depth < f.depth && numbers->Below(5) == 0);
  m->tree.push_back(tree);
  m->id.push_back(at - first);
  m->feature.push_back(leaf ? 0 : numbers->Below(f.features));
  m->splits.push_back(leaf ? 0 : numbers->Split(f));
  m->modes.push_back(leaf ? -1 : f.modes[static_cast<size_t>(numbers->Below(static_cast<int64_t>(f.modes.size())))]);
  m->missing.push_back(f.missing ? numbers->Below(2) : 0);
  m->yes.push_back(0);
  m->no.push_back(0);
  if (!leaf) {
    // Not the order in which they are walked.
    const int64_t no = Grow(f, tree, first, depth - 1, numbers, m), yes = Grow(f, tree, first, depth - 1, numbers, m);
    m->no[static_cast<size_t>(at)] = no;
    m->yes[static_cast<size_t>(at)] = yes;
    return at - first;
  }
  for (int64_t v = 0; v < f.votes; ++v) {
    m->vote_tree.push_back(tree);
    m->vote_node.push_back(at - first);
    m->vote_id.push_back(f.votes == f.targets ? v : numbers->Below(f.targets));
    m->weights.push_back(numbers->Weight(f));
  }
  return at - first;
}

Made MakeForest(const Forest& f, uint64_t seed) {
  Numbers numbers(seed);
  Made m;
  for (int64_t t = 0; t < f.trees; ++t) Grow(f, t, static_cast<int64_t>(m.id.size()), f.depth, &numbers, &m);
  return m;
}

std::vector<NamedAttr> OldForm(const Forest& f, std::string_view votes, uint64_t seed) {
  const Made m = MakeForest(f, seed);
  std::vector<std::string> modes;
  for (int mode : m.modes) modes.emplace_back(mode < 0 ? "LEAF" : kModes[mode]);
  const auto name = [&](std::string_view what) { return std::string(votes) + std::string(what); };
  std::vector<NamedAttr> out = {
      {"nodes_treeids", m.tree},       {"nodes_nodeids", m.id},         {"nodes_featureids", m.feature},
      {"nodes_truenodeids", m.yes},    {"nodes_falsenodeids", m.no},    {"nodes_modes", modes},
      {name("_treeids"), m.vote_tree}, {name("_nodeids"), m.vote_node}, {name("_ids"), m.vote_id}};
  if (f.missing) out.push_back({"nodes_missing_value_tracks_true", m.missing});
  if (f.between) {
    out.push_back({"nodes_values_as_tensor", TensorOfDoubles(DType::kF64, m.splits)});
    out.push_back({name("_weights_as_tensor"), TensorOfDoubles(DType::kF64, m.weights)});
  } else {
    out.push_back({"nodes_values", Floats(m.splits.begin(), m.splits.end())});
    out.push_back({name("_weights"), Floats(m.weights.begin(), m.weights.end())});
  }
  return out;
}

// Leaves apart from nodes, and sets of members: a stump for each mode in turn.
std::vector<NamedAttr> NewForm(const Forest& f, uint64_t seed) {
  Numbers numbers(seed);
  Ints roots, features, yes, no, leaf_flags, missing, targets;
  std::vector<double> modes, splits, weights, members;
  for (int64_t t = 0; t < f.trees; ++t) {
    const int mode = static_cast<int>(t % 7);
    roots.push_back(t);
    modes.push_back(mode);
    splits.push_back(mode == 6 ? 0 : numbers.Split(f));
    for (int64_t i = 0; mode == 6 && i < 3; ++i) members.push_back(numbers.Grid());
    if (mode == 6) members.push_back(kNan);
    features.push_back(numbers.Below(f.features));
    missing.push_back(numbers.Below(2));
    yes.push_back(2 * t);
    no.push_back(2 * t + 1);
    leaf_flags.push_back(1);
    for (int i = 0; i < 2; ++i) {
      targets.push_back(numbers.Below(f.targets));
      weights.push_back(numbers.Weight(f));
    }
  }
  return {{"tree_roots", roots},
          {"nodes_modes", TensorOfDoubles(DType::kU8, modes)},
          {"nodes_splits", TensorOfDoubles(DType::kF64, splits)},
          {"nodes_featureids", features},
          {"nodes_truenodeids", yes},
          {"nodes_falsenodeids", no},
          {"nodes_trueleafs", leaf_flags},
          {"nodes_falseleafs", leaf_flags},
          {"nodes_missing_value_tracks_true", missing},
          {"membership_values", TensorOfDoubles(DType::kF64, members)},
          {"leaf_targetids", targets},
          {"leaf_weights", TensorOfDoubles(DType::kF64, weights)},
          {"n_targets", f.targets}};
}

SampleInput RowsFor(const Forest& f, DType dtype, int64_t rows) {
  Numbers numbers(static_cast<uint64_t>(rows) + 7);
  SampleInput x{dtype, {rows, f.features}};
  for (int64_t i = 0; i < rows * f.features; ++i) {
    double v = numbers.Grid();
    if (IsFloat(dtype) && numbers.Below(6) == 0) v = std::array{kNan, kInfinity, -kInfinity, -0.0}[i % 4];
    x.values.push_back(v);
  }
  return x;
}

std::vector<Forest> Forests() {
  std::vector<Forest> out;
  for (int mode = 0; mode < 6; ++mode)
    for (bool missing : {false, true}) out.push_back({.modes = {mode}, .missing = missing});
  for (bool between : {false, true})
    out.push_back({.depth = 6, .modes = {0, 1, 2, 3, 4, 5}, .missing = true, .between = between, .oddities = true});
  out.push_back({.trees = 7, .features = 1, .modes = {1, 2}, .between = true});
  out.push_back({.trees = 1700, .depth = 3});  // parts
  out.push_back({.trees = 1, .depth = 0});
  return out;
}

}  // namespace

std::vector<TacticCase> TreeCases(std::string_view op) {
  const bool classifies = op == "ai.onnx.ml.TreeEnsembleClassifier", old = op != "ai.onnx.ml.TreeEnsemble";
  std::vector<TacticCase> out;
  uint64_t seed = 1;
  const auto add = [&](const Forest& f, DType dtype, int64_t rows, std::vector<NamedAttr> more) {
    std::vector<NamedAttr> attrs = old ? OldForm(f, classifies ? "class" : "target", ++seed) : NewForm(f, ++seed);
    attrs.insert(attrs.end(), more.begin(), more.end());
    out.push_back({{"forest", {RowsFor(f, dtype, rows)}, attrs, classifies ? 2 : 1}});
  };
  for (Forest f : Forests())
    for (int64_t targets : {1, 3})
      for (int64_t votes : {int64_t{1}, targets}) {
        f.targets = targets;
        f.votes = votes;
        f.positive = seed % 2 == 0;
        const auto how = static_cast<int64_t>(seed % 4);
        std::vector<NamedAttr> more;
        if (classifies && targets == 1) more = {{"classlabels_int64s", Ints{-4, 9}}};
        if (classifies && targets == 3) more = {{"classlabels_strings", std::vector<std::string>{"a", "", "ccc"}}};
        if (!classifies && old)
          more = {
              {"aggregate_function", std::string(std::array{"SUM", "AVERAGE", "MIN", "MAX"}[static_cast<size_t>(how)])},
              {"n_targets", targets},
              {"base_values", Floats(static_cast<size_t>(targets), 0.5f)}};
        if (!old) more = {{"aggregate_function", how}};
        if (f.trees > 100) {
          add(f, DType::kF32, 1, more);
          add(f, DType::kF64, 2, more);
          continue;
        }
        for (DType dtype : {DType::kF32, DType::kF64, DType::kI32, DType::kF16})
          for (int64_t rows : {0, 1, 13}) add(f, dtype, rows, more);
        add(f, DType::kF32, 701, more);
      }
  return out;
}

}  // namespace hasten
