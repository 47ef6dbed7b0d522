#include "zoo/zoo.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "ir/text.h"
#include "ops/text.h"

namespace hasten::zoo {
namespace {

// Parameters as publications count them: weights and biases, neither running statistics nor scalars of formulas.
int64_t Parameters(const Graph& graph) {
  int64_t sum = 0;
  for (ValueId v = 0; v < graph.value_slots(); ++v) {
    const GraphValue& value = graph.value(v);
    if (!value.constant || !value.constant->generator) continue;
    const bool statistic = value.name.ends_with("running_mean") || value.name.ends_with("running_var");
    if (!statistic) sum += value.constant->tensor.elements();
  }
  return sum;
}

// Two for each multiplication with addition; elementwise ops are not counted, as publications do.
double MultiplyAdds(const Graph& graph) {
  constexpr std::string_view kCounted[] = {"Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM"};
  double sum = 0;
  for (const NodeId n : graph.Order()) {
    const Node& node = graph.node(n);
    if (std::find(std::begin(kCounted), std::end(kCounted), node.op->name) == std::end(kCounted)) continue;
    std::vector<Type> in, out;
    for (const ValueId v : node.inputs) in.push_back(graph.value(v).type);
    for (const ValueId v : node.outputs) out.push_back(graph.value(v).type);
    sum += node.op->flops({in, out, &node.attrs});
  }
  return sum;
}

struct Published {
  int64_t parameters;
  double giga;  // 1e9 operations
};

// torchvision 0.20's table of weights (parameters and 2 GFLOPS, which counts a multiplication with addition as one);
// YOLOv5n's and the Hub's U-Net's own pages; Transformers' BertModel.  Operations of BERT, tagger and U-Net by hand:
// 12 layers * (12 * 768^2 * 128 + 2 * 128^2 * 768) * 2 + the pooler; 128 steps * 2 directions * 1024 * (128 + 256) * 2.
const std::map<std::string_view, Published> kPublished = {
    {"resnet18", {11'689'512, 3.63}},
    {"resnet50", {25'557'032, 8.18}},
    {"vgg16", {138'357'544, 30.94}},
    {"mobilenet_v2", {3'504'872, 0.602}},
    {"efficientnet_b0", {5'288'548, 0.772}},
    {"vit_b16", {86'567'656, 35.13}},
    {"bert_base", {109'482'240, 22.35}},
    {"yolo", {1'872'157, 4.5}},
    {"unet", {7'763'041, 24.14}},
    {"lstm_tagger", {2'079'249, 0.2035}},
};

TEST(Zoo, CountsArePublishedOnes) {
  EXPECT_EQ(Topologies().size(), kPublished.size());
  for (const Topology* t : Topologies()) {
    SCOPED_TRACE(t->name);
    const auto model = BuildGraph(*t);
    ASSERT_TRUE(model.ok()) << model.message();
    const auto expected = kPublished.find(t->name);
    ASSERT_NE(expected, kPublished.end());
    EXPECT_EQ(Parameters((*model)->graph), expected->second.parameters);
    const double giga = MultiplyAdds((*model)->graph) / 1e9;
    EXPECT_NEAR(giga / expected->second.giga, 1, 0.01) << giga;
  }
}

TEST(Zoo, ValuesHaveConcreteTypesAndNodesHaveNames) {
  for (const Topology* t : Topologies()) {
    const auto model = BuildGraph(*t);
    ASSERT_TRUE(model.ok()) << model.message();
    std::set<std::string> names;
    for (const NodeId n : (*model)->graph.Order()) {
      const Node& node = (*model)->graph.node(n);
      EXPECT_TRUE(names.insert(node.name).second) << t->name << " has two nodes " << node.name;
      for (const ValueId v : node.outputs)
        EXPECT_TRUE((*model)->graph.value(v).type.shape.is_const()) << (*model)->graph.Where(n);
    }
  }
}

TEST(Zoo, WeightsAreThoseOfTheTextForm) {
  const auto model = Build("mobilenet_v2");
  ASSERT_TRUE(model.ok()) << model.message();
  const auto again = ParseText(Print(**model), Catalog::BuiltIn());
  ASSERT_TRUE(again.ok()) << again.message();
  const Graph &a = (*model)->graph, &b = (*again)->graph;
  int64_t compared = 0;
  for (ValueId v = 0; v < a.value_slots(); ++v) {
    if (!a.constant(v)) continue;
    const ValueId other = b.FindValue(a.value(v).name);
    ASSERT_NE(other, kNone) << a.value(v).name;
    ASSERT_TRUE(SameBits(*a.constant(v), *b.constant(other))) << a.value(v).name;
    ++compared;
  }
  EXPECT_GT(compared, 200);
}

TEST(Zoo, LayersDifferInTheirWeights) {
  const auto model = BuildGraph(*Find("resnet18"));
  ASSERT_TRUE(model.ok());
  std::set<uint64_t> seeds;
  const Graph& graph = (*model)->graph;
  for (ValueId v = 0; v < graph.value_slots(); ++v) {
    if (!graph.value(v).constant || !graph.value(v).constant->generator) continue;
    EXPECT_TRUE(seeds.insert(graph.value(v).constant->generator->seed).second) << graph.value(v).name;
  }
}

TEST(Zoo, AnUnknownNameListsTheNames) {
  const auto message = [](std::string_view name) { return std::string(Build(name).message()); };
  EXPECT_EQ(Build("resnet5").code(), Code::kNotFound);
  EXPECT_NE(message("resnet5").find("there is no \"resnet5\"; did you mean 'resnet50'?"), std::string::npos);
  EXPECT_NE(message("frobnicate").find("there is no \"frobnicate\". The zoo has bert_base, efficientnet_b0,"),
            std::string::npos);
  EXPECT_EQ(message("").find("must name one of bert_base, "), 0U) << message("");
}

TEST(Builder, TheFirstErrorSticks) {
  Builder b("broken");
  const ValueId x = b.Input("x", DType::kF32, {1, 3, 4, 4});
  const ValueId y = b.Add("Flatten", "flat", {x}, {{"axis", int64_t{9}}});
  b.Output(b.Relu(b.Linear(y, "fc", 2), "relu"), "y");
  const auto model = b.Finish();
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.message().find("'flat' (Flatten)"), std::string::npos) << model.message();
}

}  // namespace
}  // namespace hasten::zoo
