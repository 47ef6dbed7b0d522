#include "ops/ml/trees.h"

namespace hasten::ops::ml {
namespace {

using A = EnsembleAttrs;
constexpr AttrField kFields[] = {Field<&A::base_values>("base_values"),
                                 Field<&A::base_values_as_tensor>("base_values_as_tensor"),
                                 Field<&A::vote_ids>("class_ids"),
                                 Field<&A::vote_nodeids>("class_nodeids"),
                                 Field<&A::vote_treeids>("class_treeids"),
                                 Field<&A::vote_weights>("class_weights"),
                                 Field<&A::vote_weights_as_tensor>("class_weights_as_tensor"),
                                 Field<&A::classlabels_int64s>("classlabels_int64s"),
                                 Field<&A::classlabels_strings>("classlabels_strings"),
                                 Field<&A::nodes_falsenodeids>("nodes_falsenodeids"),
                                 Field<&A::nodes_featureids>("nodes_featureids"),
                                 Field<&A::nodes_hitrates>("nodes_hitrates"),
                                 Field<&A::nodes_hitrates_as_tensor>("nodes_hitrates_as_tensor"),
                                 Field<&A::nodes_missing_value_tracks_true>("nodes_missing_value_tracks_true"),
                                 Field<&A::nodes_modes>("nodes_modes"),
                                 Field<&A::nodes_nodeids>("nodes_nodeids"),
                                 Field<&A::nodes_treeids>("nodes_treeids"),
                                 Field<&A::nodes_truenodeids>("nodes_truenodeids"),
                                 Field<&A::nodes_values>("nodes_values"),
                                 Field<&A::nodes_values_as_tensor>("nodes_values_as_tensor"),
                                 Field<&A::post_transform>("post_transform")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_TRY(LabelsOf(a).Check());
  HASTEN_TRY(ParsePostTransform(a.post_transform).status());
  HASTEN_TRY(RequireNumbers(c, 0));
  c.Out(0, LabelsOf(a).dtype(), {RowCount(c.shape(0))});
  c.Out(1, DType::kF32, {RowCount(c.shape(0)), static_cast<int64_t>(LabelsOf(a).count())});
  return {};
}

// Where all votes are for one of two classes.  Gives the label, and turns `scores` into the output.
size_t DecideBinary(const Ballot& b, std::span<double> scores) {
  if (b.only < b.base.size()) scores[b.only] += b.base[b.only];
  const double s = scores[b.only];
  const size_t label = s > (b.positive ? 0.5 : 0.0) ? 1 : 0;
  if (b.only == 1 || b.base.size() == 2) {
    Transform(b.transform, scores);
  } else {
    const auto both = BinaryScores(b.transform, s, !b.positive);
    std::copy(both.begin(), both.end(), scores.begin());
  }
  return label;
}

// Elsewhere: the largest score among the classes that have votes or base values.
size_t Decide(const Ballot& b, std::span<double> scores, std::span<const bool> voted) {
  for (size_t k = 0; k < std::min(b.base.size(), scores.size()); ++k) scores[k] += b.base[k];
  std::optional<size_t> label;
  for (size_t k = 0; k < scores.size(); ++k)
    if ((voted[k] || k < b.base.size()) && (!label || scores[k] > scores[*label])) label = k;
  Transform(b.transform, scores);
  return label.value_or(0);
}

// A single label is 1 or 0 of a yes or no, as in onnxruntime; of strings the label or nothing.
void WriteOnly(const Labels& labels, bool yes, int64_t at, Tensor* y) {
  if (labels.ints.empty())
    y->as<std::string>()[at] = yes ? labels.strings[0] : std::string();
  else
    y->SetInt(at, yes);
}

Status Eval(KernelCall& c) {
  const Labels labels = LabelsOf(c.attrs<A>());
  const Rows rows = RowsOf(c.input(0).dims);
  HASTEN_ASSIGN(const Ensemble e, ReadTreeEnsembleClassifier(*c.attributes));
  HASTEN_TRY(e.trees.Check(rows.features, e.targets));
  const Ballot ballot = BallotOf(e);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto scores, c.Scratch<double>(e.targets));
  HASTEN_ASSIGN(const auto voted, c.Scratch<bool>(e.targets));
  for (int64_t r = 0; r < rows.count; ++r) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const auto row = x.subspan(static_cast<size_t>(r * rows.features), static_cast<size_t>(rows.features));
    HASTEN_TRY(SumVotes(e.trees, e.how, row, scores, voted));
    WriteClasses(c, ballot, labels, r, scores, voted);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, nullptr, TensorsToLists}, {3}, {5}};

std::vector<NamedAttr> Stumps(std::vector<int64_t> classes, std::vector<float> weights, std::vector<int64_t> labels) {
  using Ints = std::vector<int64_t>;
  return {{"nodes_treeids", Ints{0, 0, 0, 1, 1, 1}},
          {"nodes_nodeids", Ints{0, 1, 2, 0, 1, 2}},
          {"nodes_featureids", Ints{0, 0, 0, 1, 0, 0}},
          {"nodes_truenodeids", Ints{1, 0, 0, 1, 0, 0}},
          {"nodes_falsenodeids", Ints{2, 0, 0, 2, 0, 0}},
          {"nodes_values", std::vector<float>{0.05f, 0, 0, 0.1f, 0, 0}},
          {"nodes_modes", std::vector<std::string>{"BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_GT", "LEAF", "LEAF"}},
          {"class_treeids", Ints{0, 0, 1, 1}},
          {"class_nodeids", Ints{1, 2, 1, 2}},
          {"class_ids", std::move(classes)},
          {"class_weights", std::move(weights)},
          {"classlabels_int64s", std::move(labels)}};
}

std::vector<Sample> Samples() {
  auto missing = Stumps({0, 1, 2, 0}, {0.1f, 0.7f, 0.3f, 0.2f}, {5, 6, 7});
  missing.push_back({"nodes_missing_value_tracks_true", std::vector<int64_t>{1, 0, 0, 0, 0, 0}});
  auto logistic = Stumps({0, 0, 0, 0}, {-0.1f, 0.7f, 0.3f, -0.2f}, {5, 6});
  logistic.push_back({"post_transform", std::string("LOGISTIC")});
  logistic.push_back({"base_values", std::vector<float>{0.25f}});
  return {{"three classes", {{DType::kF32, {7, 2}}}, Stumps({0, 1, 2, 0}, {0.1f, 0.7f, 0.3f, 0.2f}, {5, 6, 7}), 2},
          {"missing values", {{DType::kF64, {2, 2}, 0, 0, {NAN, 1, 0.5, NAN}}}, missing, 2},
          {"binary, weights of both signs", {{DType::kF32, {7, 2}}}, logistic, 2},
          {"binary, positive weights",
           {{DType::kI64, {5, 2}, -1, 1}},
           Stumps({0, 0, 0, 0}, {0.1f, 0.7f, 0.3f, 0.2f}, {5, 6}),
           2}};
}

}  // namespace

Result<Ensemble> ReadTreeEnsembleClassifier(const Attrs& attrs) {
  const A& a = attrs.as<A>();
  Ensemble e;
  HASTEN_ASSIGN(e.trees, TreesOf(a));
  e.targets = static_cast<int64_t>(LabelsOf(a).count());
  HASTEN_ASSIGN(e.transform, ParsePostTransform(a.post_transform));
  e.base = NumbersOf(a.base_values, a.base_values_as_tensor);
  return e;
}

Ballot BallotOf(const Ensemble& e) {
  const std::vector<Trees::Vote>& votes = e.trees.votes;
  Ballot b{e.transform, e.base};
  for (const Trees::Vote& v : votes) b.positive = b.positive && v.weight >= 0;
  if (e.targets != 2 || votes.empty()) return b;
  b.only = static_cast<size_t>(votes[0].target);
  b.binary = std::all_of(votes.begin(), votes.end(), [&](const Trees::Vote& v) { return v.target == votes[0].target; });
  return b;
}

void WriteClasses(const KernelCall& c, const Ballot& b, const Labels& labels, int64_t row, std::span<double> scores,
                  std::span<const bool> voted) {
  if (scores.size() == 1) {
    if (!b.base.empty()) scores[0] += b.base[0];
    if (c.wants(0)) WriteOnly(labels, scores[0] > 0, row, &c.output(0));
    TransformTargets(b.transform, scores);
  } else {
    const size_t label = b.binary ? DecideBinary(b, scores) : Decide(b, scores, voted);
    if (c.wants(0)) labels.Write(&c.output(0), row, label);
  }
  if (c.wants(1)) WriteDoubles(&c.output(1), row * static_cast<int64_t>(scores.size()), scores);
}

extern const OpDef kTreeEnsembleClassifier = {
    .name = "ai.onnx.ml.TreeEnsembleClassifier",
    .doc =
        "Each tree leads a row of x [N,F] to a leaf, whose weights are added to the scores of classes. Outputs: the "
        "label of "
        "the largest score [N] (of two classes with votes for one alone: whether its score is above 0, or 0.5 if no "
        "weight is "
        "negative), and the scores [N,E] after the transform.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1, 1, 2},
    .onnx = {"ai.onnx.ml", "TreeEnsembleClassifier", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
