// Ensembles of decision trees: one form for the three ops.
#pragma once
#include "ops/ml/rows.h"
#include "ops/ml/scores.h"

namespace hasten::ops::ml {

class Trees {
 public:
  enum class Mode : uint8_t {
    kLeq,
    kLt,
    kGte,
    kGt,
    kEq,
    kNeq,
    kMember,
    kLeaf
  };  // up to kMember: numbers of the standard
  struct Vote {
    int64_t target;
    double weight;
  };
  struct Node {
    Mode mode = Mode::kLeaf;
    bool nan_is_true = false;
    int64_t feature = 0;
    double split = 0;
    size_t yes = 0, no = 0;     // nodes
    size_t begin = 0, end = 0;  // of a leaf's votes, or of a set's members
  };

  std::vector<Node> nodes;
  std::vector<size_t> roots;
  std::vector<Vote> votes;
  std::vector<double> members;

  // Features are in [0, features), targets in [0, targets), and all places are within the lists.
  Status Check(int64_t features, int64_t targets) const;
  // The leaf that a row reaches from a root; an error if the nodes go in circles.
  Result<const Node*> Leaf(size_t root, std::span<const double> row) const;

 private:
  bool Holds(const Node& node, double x) const;
};

enum class Aggregate : uint8_t { kAverage, kSum, kMin, kMax };  // numbers of the standard

// One row's targets: what the leaves' votes come to.  voted[t] tells whether any leaf voted for t; others stay 0.
Status SumVotes(const Trees& trees, Aggregate how, std::span<const double> row, std::span<double> targets,
                std::span<bool> voted);

// An ensemble, and what becomes of a row's votes.
struct Ensemble {
  Trees trees;
  int64_t targets = 1;
  Aggregate how = Aggregate::kSum;
  PostTransform transform = PostTransform::kNone;
  std::vector<double> base;  // added to the first targets
};
Result<Ensemble> ReadTreeEnsemble(const Attrs& attrs);
Result<Ensemble> ReadTreeEnsembleRegressor(const Attrs& attrs);
Result<Ensemble> ReadTreeEnsembleClassifier(const Attrs& attrs);

// A regressor's row of the output from its targets, which are changed.
void WriteTargets(const KernelCall& c, PostTransform transform, std::span<const double> base, int64_t row,
                  std::span<double> targets);

// The reference of both regressors.
Status EvalTargets(KernelCall& c, const Ensemble& e);

// How a classifier's votes become a label and scores.
struct Ballot {
  PostTransform transform = PostTransform::kNone;
  std::span<const double> base;
  bool binary = false;  // of two classes all votes are for `only`: a score alone decides
  size_t only = 0;
  bool positive = true;  // no weight is negative: scores are probabilities of the second class
};
Ballot BallotOf(const Ensemble& e);  // refers to e.base
// The row's label and scores, which are changed.
void WriteClasses(const KernelCall& c, const Ballot& b, const Labels& labels, int64_t row, std::span<double> scores,
                  std::span<const bool> voted);

// Attributes of the ensembles before opset 5, under the names of neither: votes are of classes or of targets.
struct EnsembleAttrs {
  std::vector<int64_t> nodes_treeids, nodes_nodeids, nodes_featureids, nodes_truenodeids, nodes_falsenodeids;
  std::vector<int64_t> nodes_missing_value_tracks_true;
  std::vector<std::string> nodes_modes;
  std::vector<float> nodes_values, nodes_hitrates;  // hit rates are not used
  std::optional<Tensor> nodes_values_as_tensor, nodes_hitrates_as_tensor;
  std::vector<int64_t> vote_treeids, vote_nodeids, vote_ids;
  std::vector<float> vote_weights, base_values;
  std::optional<Tensor> vote_weights_as_tensor, base_values_as_tensor;
  std::vector<int64_t> classlabels_int64s;
  std::vector<std::string> classlabels_strings;
  std::optional<int64_t> n_targets;
  std::string aggregate_function = "SUM", post_transform = "NONE";
};
inline Labels LabelsOf(const EnsembleAttrs& a) { return {a.classlabels_int64s, a.classlabels_strings}; }
Result<Trees> TreesOf(const EnsembleAttrs& a);
// The list, or the tensor that stands for it.
std::vector<double> NumbersOf(const std::vector<float>& list, const std::optional<Tensor>& tensor);
// Opset 1 has no tensors among the attributes: those that f32 can hold become lists.
Status TensorsToLists(OnnxNode& n);

}  // namespace hasten::ops::ml
