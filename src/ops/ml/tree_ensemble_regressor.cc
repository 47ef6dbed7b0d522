#include "ops/ml/trees.h"

namespace hasten::ops::ml {
namespace {

using A = EnsembleAttrs;
constexpr AttrField kFields[] = {Field<&A::aggregate_function>("aggregate_function"),
                                 Field<&A::base_values>("base_values"),
                                 Field<&A::base_values_as_tensor>("base_values_as_tensor"),
                                 Field<&A::n_targets>("n_targets"),
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
                                 Field<&A::post_transform>("post_transform"),
                                 Field<&A::vote_ids>("target_ids"),
                                 Field<&A::vote_nodeids>("target_nodeids"),
                                 Field<&A::vote_treeids>("target_treeids"),
                                 Field<&A::vote_weights>("target_weights"),
                                 Field<&A::vote_weights_as_tensor>("target_weights_as_tensor")};

Result<Aggregate> AggregateOf(std::string_view name) {
  if (name == "AVERAGE") return Aggregate::kAverage;
  if (name == "SUM") return Aggregate::kSum;
  if (name == "MIN") return Aggregate::kMin;
  if (name == "MAX") return Aggregate::kMax;
  return Status(Code::kInvalidModel,
                Str("attribute aggregate_function must be AVERAGE, SUM, MIN or MAX, is ", Quote(name)));
}

constexpr int64_t kMaxTargets = int64_t{1} << 31;

int64_t TargetsOf(const A& a) {
  if (a.n_targets || a.vote_ids.empty()) return a.n_targets.value_or(1);
  return std::min(*std::max_element(a.vote_ids.begin(), a.vote_ids.end()), kMaxTargets) + 1;
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_TRY(AggregateOf(a.aggregate_function).status());
  HASTEN_TRY(ParsePostTransform(a.post_transform).status());
  HASTEN_TRY(RequireNumbers(c, 0));
  HASTEN_REQUIRE(TargetsOf(a) >= 1 && TargetsOf(a) < kMaxTargets, "must have targets, at least 1, has ", TargetsOf(a));
  c.Out(0, DType::kF32, {RowCount(c.shape(0)), TargetsOf(a)});
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const Ensemble e, ReadTreeEnsembleRegressor(*c.attributes));
  return EvalTargets(c, e);
}

constexpr OnnxVersion kVersions[] = {{1, nullptr, TensorsToLists}, {3}, {5}};

std::vector<NamedAttr> Stumps(std::vector<int64_t> targets, std::string how) {
  using Ints = std::vector<int64_t>;
  return {{"nodes_treeids", Ints{0, 0, 0, 1, 1, 1}},
          {"nodes_nodeids", Ints{0, 1, 2, 0, 1, 2}},
          {"nodes_featureids", Ints{0, 0, 0, 1, 0, 0}},
          {"nodes_truenodeids", Ints{1, 0, 0, 1, 0, 0}},
          {"nodes_falsenodeids", Ints{2, 0, 0, 2, 0, 0}},
          {"nodes_values", std::vector<float>{0.05f, 0, 0, 0.1f, 0, 0}},
          {"nodes_modes", std::vector<std::string>{"BRANCH_LT", "LEAF", "LEAF", "BRANCH_GTE", "LEAF", "LEAF"}},
          {"target_treeids", Ints{0, 0, 1, 1}},
          {"target_nodeids", Ints{1, 2, 1, 2}},
          {"target_ids", std::move(targets)},
          {"target_weights", std::vector<float>{0.1f, -0.7f, 0.3f, 0.2f}},
          {"aggregate_function", std::move(how)}};
}

std::vector<Sample> Samples() {
  auto two = Stumps({0, 1, 1, 0}, "AVERAGE");
  two.push_back({"n_targets", int64_t{2}});
  two.push_back({"base_values", std::vector<float>{0.25f, -0.5f}});
  two.push_back({"post_transform", std::string("SOFTMAX")});
  const SampleInput x{DType::kF32, {7, 2}};
  return {{"sum", {x}, Stumps({0, 0, 0, 0}, "SUM")},
          {"least", {x}, Stumps({0, 0, 0, 0}, "MIN")},
          {"largest", {{DType::kI32, {5, 2}, -1, 1}}, Stumps({0, 0, 0, 0}, "MAX")},
          {"two targets, base values", {{DType::kF64, {5, 2}}}, two}};
}

}  // namespace

Result<Ensemble> ReadTreeEnsembleRegressor(const Attrs& attrs) {
  const A& a = attrs.as<A>();
  Ensemble e;
  HASTEN_ASSIGN(e.trees, TreesOf(a));
  e.targets = TargetsOf(a);
  HASTEN_ASSIGN(e.how, AggregateOf(a.aggregate_function));
  HASTEN_ASSIGN(e.transform, ParsePostTransform(a.post_transform));
  e.base = NumbersOf(a.base_values, a.base_values_as_tensor);
  return e;
}

extern const OpDef kTreeEnsembleRegressor = {
    .name = "ai.onnx.ml.TreeEnsembleRegressor",
    .doc =
        "Each tree leads a row of x [N,F] to a leaf, whose weights for targets are added up, averaged over the trees, "
        "or their "
        "least or largest taken; then base values, then the transform (of a single target: PROBIT alone, as in "
        "onnxruntime). "
        "y: f32 [N,T].",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "TreeEnsembleRegressor", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
