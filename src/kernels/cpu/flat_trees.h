// Decision trees as arrays of small nodes: children lie side by side, and a walk that has reached a leaf stays there.
#pragma once
#include "ops/ml/trees.h"

namespace hasten::cpu {

// One node.  Its test sends a row to `child` or to `child + 1`: x[feature] <= split holds or does not, unless flags of
// `feature` say otherwise.  A leaf's test never holds, and leads to itself.
template <class T>
struct FlatNode {
  T split;
  uint32_t feature;
  int32_t child;
};
inline constexpr uint32_t kFeatureMask = (1u << 28) - 1, kNanHolds = 1u << 28, kEqual = 1u << 29, kMember = 1u << 30;

struct FlatVote {
  int32_t target;
  double weight;
};
// Votes [begin, end) of a leaf, or the one that it has.
union FlatLeaf {
  struct {
    uint32_t begin, end;
  } votes;
  double weight;
};

// What the arrays below have; plain data.
struct FlatShape {
  bool wide = false;    // nodes and rows of f64, else of f32
  bool flags = false;   // some node has some
  bool single = false;  // leaves have one vote each, and all are for `only`
  int64_t only = 0, max_feature = -1;
};

struct FlatTrees : FlatShape {
  std::vector<FlatNode<float>> narrow_nodes;
  std::vector<FlatNode<double>> wide_nodes;
  std::vector<FlatLeaf> leaves;  // a place per node
  std::vector<int32_t> roots;
  std::vector<FlatVote> votes;
  std::vector<double> members;
  std::vector<FlatLeaf> sets;  // members [begin, end)
};

// Whether a row is told apart by these as by `trees`; false: only the reference may judge them (nodes in circles or
// shared, places out of range, too many of something).
bool Flatten(const ops::ml::Trees& trees, int64_t targets, bool wide, bool may_be_single, FlatTrees* flat);

// The same as views.
template <class T>
struct TreeView {
  const FlatNode<T>* nodes;
  const double* members;
  const FlatLeaf* sets;
  bool flags;
};
inline constexpr int kWalks = 8;
// Turns kWalks nodes into the leaves that their rows reach.
template <class T>
void Walk(const TreeView<T>& trees, const T* const* rows, int32_t* at);

}  // namespace hasten::cpu
