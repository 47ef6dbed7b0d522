#include "ops/ml/trees.h"

namespace hasten::ops::ml {
namespace {

struct TreeEnsembleAttrs {
  int64_t aggregate_function = 1, post_transform = 0;
  std::optional<int64_t> n_targets;
  std::vector<int64_t> tree_roots, leaf_targetids, nodes_featureids, nodes_truenodeids, nodes_falsenodeids,
      nodes_trueleafs, nodes_falseleafs, nodes_missing_value_tracks_true;
  std::optional<Tensor> leaf_weights, membership_values, nodes_hitrates, nodes_modes,
      nodes_splits;  // hit rates are not used
};
using A = TreeEnsembleAttrs;
constexpr AttrField kFields[] = {Field<&A::aggregate_function>("aggregate_function"),
                                 Field<&A::leaf_targetids>("leaf_targetids"),
                                 Field<&A::leaf_weights>("leaf_weights"),
                                 Field<&A::membership_values>("membership_values"),
                                 Field<&A::n_targets>("n_targets"),
                                 Field<&A::nodes_falseleafs>("nodes_falseleafs"),
                                 Field<&A::nodes_falsenodeids>("nodes_falsenodeids"),
                                 Field<&A::nodes_featureids>("nodes_featureids"),
                                 Field<&A::nodes_hitrates>("nodes_hitrates"),
                                 Field<&A::nodes_missing_value_tracks_true>("nodes_missing_value_tracks_true"),
                                 Field<&A::nodes_modes>("nodes_modes"),
                                 Field<&A::nodes_splits>("nodes_splits"),
                                 Field<&A::nodes_trueleafs>("nodes_trueleafs"),
                                 Field<&A::nodes_truenodeids>("nodes_truenodeids"),
                                 Field<&A::post_transform>("post_transform"),
                                 Field<&A::tree_roots>("tree_roots")};

// The numbers of post_transform have another order than the names elsewhere.
constexpr PostTransform kTransforms[] = {PostTransform::kNone, PostTransform::kSoftmax, PostTransform::kLogistic,
                                         PostTransform::kSoftmaxZero, PostTransform::kProbit};

constexpr int64_t kMaxTargets = int64_t{1} << 31;

int64_t TargetsOf(const A& a) {
  if (a.n_targets || a.leaf_targetids.empty()) return a.n_targets.value_or(1);
  return std::min(*std::max_element(a.leaf_targetids.begin(), a.leaf_targetids.end()), kMaxTargets) + 1;
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_REQUIRE(a.aggregate_function >= 0 && a.aggregate_function <= 3,
                 "attribute aggregate_function must be 0 to 3, is ", a.aggregate_function);
  HASTEN_REQUIRE(a.post_transform >= 0 && a.post_transform <= 4, "attribute post_transform must be 0 to 4, is ",
                 a.post_transform);
  HASTEN_REQUIRE(a.leaf_weights && a.nodes_modes && a.nodes_splits,
                 "must have the attributes leaf_weights, nodes_modes and nodes_splits");
  HASTEN_REQUIRE(TargetsOf(a) >= 1 && TargetsOf(a) < kMaxTargets, "must have targets, at least 1, has ", TargetsOf(a));
  HASTEN_TRY(RequireNumbers(c, 0));
  c.Out(0, c.dtype(0), {RowCount(c.shape(0)), TargetsOf(a)});
  return {};
}

Status RequireSizes(const A& a, size_t nodes, size_t leaves) {
  for (size_t n :
       {a.nodes_featureids.size(), a.nodes_truenodeids.size(), a.nodes_falsenodeids.size(), a.nodes_trueleafs.size(),
        a.nodes_falseleafs.size(), static_cast<size_t>(a.nodes_splits->elements())})
    HASTEN_REQUIRE(n == nodes, "lists of nodes must be as long, are ", nodes, " and ", n);
  HASTEN_REQUIRE(a.nodes_missing_value_tracks_true.empty() || a.nodes_missing_value_tracks_true.size() == nodes,
                 "attribute nodes_missing_value_tracks_true must have ", nodes, " entries, has ",
                 a.nodes_missing_value_tracks_true.size());
  HASTEN_REQUIRE(a.leaf_targetids.size() == leaves, "lists of leaves must be as long, are ", leaves, " and ",
                 a.leaf_targetids.size());
  return {};
}

// Leaves become nodes behind the others.
Result<Trees> Read(const A& a) {
  const std::vector<int64_t> modes = ToInts(*a.nodes_modes);
  const std::vector<double> splits = ToDoubles(*a.nodes_splits), weights = ToDoubles(*a.leaf_weights);
  const std::vector<double> sets = a.membership_values ? ToDoubles(*a.membership_values) : std::vector<double>();
  HASTEN_TRY(RequireSizes(a, modes.size(), weights.size()));
  Trees trees;
  const auto place = [&](int64_t id, bool leaf) {  // out of range: behind all nodes, which Check tells
    const size_t count = leaf ? weights.size() : modes.size();
    if (id < 0 || static_cast<uint64_t>(id) >= count) return modes.size() + weights.size();
    return static_cast<size_t>(id) + (leaf ? modes.size() : 0);
  };
  size_t set = 0;  // where the next one begins
  for (size_t i = 0; i < modes.size(); ++i) {
    HASTEN_REQUIRE(modes[i] >= 0 && modes[i] <= 6, "attribute nodes_modes must hold 0 to 6, holds ", modes[i]);
    Trees::Node node{static_cast<Trees::Mode>(modes[i]),
                     false,
                     a.nodes_featureids[i],
                     splits[i],
                     place(a.nodes_truenodeids[i], a.nodes_trueleafs[i] != 0),
                     place(a.nodes_falsenodeids[i], a.nodes_falseleafs[i] != 0)};
    node.nan_is_true = !a.nodes_missing_value_tracks_true.empty() && a.nodes_missing_value_tracks_true[i] != 0;
    if (node.mode == Trees::Mode::kMember) {
      node.begin = trees.members.size();
      for (; set < sets.size() && !std::isnan(sets[set]); ++set) trees.members.push_back(sets[set]);
      ++set;
      node.end = trees.members.size();
    }
    trees.nodes.push_back(node);
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    trees.votes.push_back({a.leaf_targetids[i], weights[i]});
    trees.nodes.push_back({Trees::Mode::kLeaf, false, 0, 0, 0, 0, i, i + 1});
  }
  for (int64_t root : a.tree_roots) trees.roots.push_back(place(root, false));
  return trees;
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const Ensemble e, ReadTreeEnsemble(*c.attributes));
  return EvalTargets(c, e);
}

constexpr OnnxVersion kVersions[] = {{5}};

Tensor Floats(const std::vector<float>& v) { return TensorOf(Dims{static_cast<int64_t>(v.size())}, v); }
Tensor Bytes(const std::vector<double>& v) {
  auto t = NewTensor(DType::kU8, Dims{static_cast<int64_t>(v.size())});
  if (t.ok()) WriteDoubles(&*t, 0, v);
  return t.ok() ? *std::move(t) : Tensor();
}

std::vector<Sample> Samples() {
  using Ints = std::vector<int64_t>;
  std::vector<NamedAttr> stumps = {{"tree_roots", Ints{0, 1}},
                                   {"nodes_modes", Bytes({0, 3})},
                                   {"nodes_splits", Floats({0.05f, 0.1f})},
                                   {"nodes_featureids", Ints{0, 1}},
                                   {"nodes_truenodeids", Ints{0, 2}},
                                   {"nodes_falsenodeids", Ints{1, 3}},
                                   {"nodes_trueleafs", Ints{1, 1}},
                                   {"nodes_falseleafs", Ints{1, 1}},
                                   {"leaf_targetids", Ints{0, 1, 1, 0}},
                                   {"leaf_weights", Floats({0.1f, 0.7f, -0.3f, 0.2f})},
                                   {"n_targets", int64_t{2}}};
  std::vector<NamedAttr> sets = stumps, average = stumps;
  sets[1].value = Bytes({6, 6});
  sets.push_back({"membership_values", Floats({1, 3, NAN, 2, 4, NAN})});
  sets.push_back({"nodes_missing_value_tracks_true", Ints{1, 0}});
  average.push_back({"aggregate_function", int64_t{0}});
  average.push_back({"post_transform", int64_t{2}});
  return {{"two targets", {{DType::kF32, {7, 2}}}, stumps},
          {"sets, missing values", {{DType::kF32, {3, 2}, 0, 0, {1, 4, NAN, NAN, 2, 1}}}, sets},
          {"average, logistic", {{DType::kF64, {5, 2}}}, average}};
}

}  // namespace

Result<Ensemble> ReadTreeEnsemble(const Attrs& attrs) {
  const A& a = attrs.as<A>();
  Ensemble e;
  HASTEN_ASSIGN(e.trees, Read(a));
  e.targets = TargetsOf(a);
  e.how = static_cast<Aggregate>(a.aggregate_function);
  e.transform = kTransforms[a.post_transform];
  return e;
}

extern const OpDef kTreeEnsemble = {
    .name = "ai.onnx.ml.TreeEnsemble",
    .doc =
        "Each tree leads a row of x [N,F] to a leaf, whose weight for its target is averaged (0), summed (1), or taken "
        "if least "
        "(2) or largest (3); then the transform: none (0), softmax (1), logistic (2), softmax that keeps zeros (3), "
        "normal "
        "quantile (4); of a single target the last alone, as in onnxruntime. y: [N,T] in x's dtype.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "TreeEnsemble", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
