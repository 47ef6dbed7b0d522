#include "kernels/cpu/flat_trees.h"

namespace hasten::cpu {
namespace {

using ops::ml::Trees;
using Mode = Trees::Mode;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNever = std::numeric_limits<double>::quiet_NaN();  // x <= kNever and x == kNever hold for no x

// The largest T that is at most `v`, or below it.
template <class T>
T Down(double v, bool below) {
  T t = static_cast<T>(v);
  const auto wide = static_cast<double>(t);
  if (wide > v || (below && wide == v))
    t = t == -std::numeric_limits<T>::infinity() ? static_cast<T>(kNever)
                                                 : std::nextafter(t, -std::numeric_limits<T>::infinity());
  return t;
}

// A node's test as one that sends a row to the first child: the first is `no` where `swapped`.
template <class T>
struct Test {
  T split;
  uint32_t flags;
  bool swapped;
};

template <class T>
Test<T> TestOf(const Trees::Node& node) {
  const bool nan = std::isnan(node.split);
  const uint32_t nan_holds = node.nan_is_true ? kNanHolds : 0, nan_fails = node.nan_is_true ? 0 : kNanHolds;
  switch (node.mode) {
    case Mode::kLeq: return {Down<T>(node.split, false), nan_holds, false};
    case Mode::kLt: return {Down<T>(node.split, true), nan_holds, false};
    case Mode::kGt: return {Down<T>(nan ? kInfinity : node.split, false), nan_fails, true};
    case Mode::kGte: return {nan ? static_cast<T>(kInfinity) : Down<T>(node.split, true), nan_fails, true};
    case Mode::kEq:
    case Mode::kNeq: {
      const T split = static_cast<double>(static_cast<T>(node.split)) == node.split ? static_cast<T>(node.split)
                                                                                    : static_cast<T>(kNever);
      if (node.mode == Mode::kNeq) return {split, kEqual, true};
      return {split, kEqual | nan_holds, false};
    }
    default: return {0, kMember | nan_holds, false};
  }
}

template <class T>
class Flattener {
 public:
  Flattener(const Trees& trees, FlatTrees* flat, std::vector<FlatNode<T>>* nodes)
      : trees_(trees), flat_(*flat), nodes_(*nodes), seen_(trees.nodes.size(), false) {}

  bool Run() {
    for (size_t root : trees_.roots) {
      flat_.roots.push_back(Grow(1));
      pending_.push_back({root, flat_.roots.back()});
      while (!pending_.empty()) {
        const auto [from, to] = pending_.back();
        pending_.pop_back();
        if (!Place(from, to)) return false;
      }
    }
    return true;
  }

 private:
  int32_t Grow(size_t n) {
    const auto at = static_cast<int32_t>(nodes_.size());
    nodes_.resize(nodes_.size() + n);
    flat_.leaves.resize(nodes_.size(), FlatLeaf{.votes = {0, 0}});
    return at;
  }

  bool Place(size_t from, int32_t to) {
    const Trees::Node& node = trees_.nodes[from];
    const auto at = static_cast<size_t>(to);
    if (node.mode == Mode::kLeaf) {
      nodes_[at] = {static_cast<T>(kNever), 0, to - 1};
      FlatLeaf& leaf = flat_.leaves[at];
      if (!flat_.single)
        leaf.votes = {static_cast<uint32_t>(node.begin), static_cast<uint32_t>(node.end)};
      else
        leaf.weight = node.begin < node.end ? trees_.votes[node.begin].weight : 0;
      return true;
    }
    if (seen_[from]) return false;
    seen_[from] = true;
    Test<T> test = TestOf<T>(node);
    if (test.flags & kMember) {
      test.split = static_cast<T>(flat_.sets.size());
      if (flat_.sets.size() >= size_t{1} << 24) return false;  // no f32
      flat_.sets.push_back({.votes = {static_cast<uint32_t>(node.begin), static_cast<uint32_t>(node.end)}});
    }
    const int32_t child = Grow(2);
    nodes_[at] = {test.split, static_cast<uint32_t>(node.feature) | test.flags, child};
    flat_.flags = flat_.flags || test.flags;
    pending_.push_back({test.swapped ? node.yes : node.no, child + 1});
    pending_.push_back({test.swapped ? node.no : node.yes, child});
    return true;
  }

  const Trees& trees_;
  FlatTrees& flat_;
  std::vector<FlatNode<T>>& nodes_;
  std::vector<bool> seen_;
  std::vector<std::pair<size_t, int32_t>> pending_;  // a node, and its place
};

bool Single(const Trees& trees) {
  for (const Trees::Vote& v : trees.votes)
    if (v.target != trees.votes[0].target) return false;
  return std::all_of(trees.nodes.begin(), trees.nodes.end(),
                     [](const Trees::Node& n) { return n.mode != Mode::kLeaf || n.end <= n.begin + 1; });
}

template <class T>
bool Holds(const TreeView<T>& trees, const FlatNode<T>& node, T x) {
  if ((node.feature & kNanHolds) && std::isnan(x)) return true;
  if (node.feature & kEqual) return x == node.split;
  if (!(node.feature & kMember)) return x <= node.split;
  const FlatLeaf& set = trees.sets[static_cast<size_t>(node.split)];
  const double* end = trees.members + set.votes.end;
  return std::find(trees.members + set.votes.begin, end, static_cast<double>(x)) != end;
}

// Several walks at once hide each other's latency.
template <class T, bool kFlags>
void WalkAll(const TreeView<T>& trees, const T* const* rows, int32_t* places) {
  int32_t at[kWalks];
  std::copy_n(places, kWalks, at);
  for (int32_t moved = 1; moved != 0;) {
    moved = 0;
    for (int i = 0; i < kWalks; ++i) {
      const FlatNode<T>& node = trees.nodes[at[i]];
      bool holds;
      if constexpr (kFlags)
        holds = Holds(trees, node, rows[i][node.feature & kFeatureMask]);
      else
        holds = rows[i][node.feature] <= node.split;
      const int32_t next = node.child + (holds ? 0 : 1);
      moved |= next ^ at[i];
      at[i] = next;
    }
  }
  std::copy_n(at, kWalks, places);
}

}  // namespace

bool Flatten(const Trees& trees, int64_t targets, bool wide, bool may_be_single, FlatTrees* flat) {
  constexpr size_t kMost = size_t{1} << 29;
  if (trees.nodes.size() + trees.roots.size() > kMost || trees.votes.size() > kMost || trees.members.size() > kMost)
    return false;
  if (!trees.Check(kFeatureMask, targets).ok()) return false;
  for (const Trees::Node& node : trees.nodes)
    if (node.mode != Mode::kLeaf) flat->max_feature = std::max(flat->max_feature, node.feature);
  flat->wide = wide;
  flat->single = may_be_single && Single(trees);
  flat->only = trees.votes.empty() ? 0 : trees.votes[0].target;
  flat->members = trees.members;
  for (const Trees::Vote& v : trees.votes) flat->votes.push_back({static_cast<int32_t>(v.target), v.weight});
  return wide ? Flattener<double>(trees, flat, &flat->wide_nodes).Run()
              : Flattener<float>(trees, flat, &flat->narrow_nodes).Run();
}

template <class T>
void Walk(const TreeView<T>& trees, const T* const* rows, int32_t* at) {
  trees.flags ? WalkAll<T, true>(trees, rows, at) : WalkAll<T, false>(trees, rows, at);
}
template void Walk(const TreeView<float>&, const float* const*, int32_t*);
template void Walk(const TreeView<double>&, const double* const*, int32_t*);

}  // namespace hasten::cpu
