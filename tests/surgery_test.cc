// Edits of graphs (src/surgery) on random graphs with control flow: parts compute what the whole does, bit for bit, and
// edits that change nothing do.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "ops/interpret.h"
#include "ops/text.h"
#include "random_graph.h"
#include "surgery/clean.h"
#include "surgery/edit.h"
#include "surgery/extract.h"
#include "surgery/names.h"
#include "surgery/nodes.h"
#include "surgery/weights.h"

namespace hasten {
namespace {

constexpr int kGraphs = 60;

std::unique_ptr<Model> CopyOf(const Model& model) {
  auto out = std::make_unique<Model>();
  out->graph = std::move(*model.graph.Clone());
  out->ir_version = model.ir_version;
  out->opsets = model.opsets;
  return out;
}

std::vector<Value> Interpreted(const Graph& graph, const std::vector<Value>& inputs,
                               const NodeObserver& observer = {}) {
  LocalServices services;
  std::vector<Value> out;
  Status status = Interpret(graph, inputs, {}, &out, services.get(), observer);
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

// Every value of the main graph, by name.
std::map<std::string, Value> AllValues(const RandomGraph& g) {
  const Graph& graph = g.model->graph;
  std::map<std::string, Value> values;
  for (size_t i = 0; i < g.inputs.size(); ++i) values[graph.value(graph.inputs[i]).name] = g.inputs[i];
  const auto keep = [&](const Graph& of, NodeId n, const NodeOperands&, std::span<Value* const> out) {
    for (size_t i = 0; i < out.size(); ++i)
      if (&of == &graph && out[i] && of.node(n).outputs[i] != kNone)
        values[of.value(of.node(n).outputs[i]).name] = *out[i];
    return Status();
  };
  Interpreted(graph, g.inputs, keep);
  return values;
}

bool HasType(const Graph& graph, ValueId v) {
  const Type& type = graph.value(v).type;
  return type.known() && (!type.is_tensor() || type.dtype != DType::kNone);
}

// Names of what crosses the gap in front of `first`, and of outputs that come later.
void CutAt(const Graph& graph, NodeId first, std::vector<std::string>* from, std::vector<std::string>* to) {
  std::set<NodeId> later;
  for (NodeId n = first; n != kNone; n = graph.node(n).next) later.insert(n);
  std::set<ValueId> across;
  for (const NodeId n : later)
    for (const ValueId v : graph.node(n).inputs)
      if (v != kNone && !graph.value(v).constant && !later.contains(graph.value(v).producer)) across.insert(v);
  for (const ValueId v : across) from->push_back(graph.value(v).name);
  for (const ValueId v : graph.outputs)
    if (later.contains(graph.value(v).producer)) to->push_back(graph.value(v).name);
}

TEST(Surgery, PartsComputeWhatTheWholeDoes) {
  int cuts = 0;
  for (int seed = 0; seed < kGraphs; ++seed) {
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 40});
    const Graph& whole = g.model->graph;
    const auto values = AllValues(g);
    const auto order = whole.Order();
    for (size_t at = 1; at < order.size(); at += 1 + order.size() / 7) {
      SCOPED_TRACE(Str("seed ", seed, ", before ", whole.Where(order[at])));
      std::vector<std::string> from, to;
      CutAt(whole, order[at], &from, &to);
      const auto untyped = [&](const std::string& name) { return !HasType(whole, whole.FindValue(name)); };
      if (to.empty() || from.empty() || std::any_of(from.begin(), from.end(), untyped)) continue;
      auto part = CopyOf(*g.model);
      Status status = Extract(from, to, &part->graph);
      ASSERT_TRUE(status.ok()) << status.message();
      std::vector<Value> inputs;
      for (const std::string& name : from) inputs.push_back(values.at(name));
      const auto is = Interpreted(part->graph, inputs);
      ASSERT_EQ(is.size(), to.size());
      for (size_t i = 0; i < to.size(); ++i) EXPECT_TRUE(SameBits(is[i], values.at(to[i]))) << to[i];
      EXPECT_LE(part->graph.live_nodes(), order.size() - at);
      ++cuts;
    }
  }
  EXPECT_GT(cuts, kGraphs);
}

// What `edit` makes of the model computes the same.
void ExpectSame(const std::function<Status(const RandomGraph&, Model*)>& edit) {
  for (int seed = 0; seed < kGraphs; ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 60});
    const auto want = Interpreted(g.model->graph, g.inputs);
    auto copy = CopyOf(*g.model);
    Status status = edit(g, copy.get());
    ASSERT_TRUE(status.ok()) << status.message();
    status = Verify(copy->graph);
    ASSERT_TRUE(status.ok()) << status.message();
    const auto is = Interpreted(copy->graph, g.inputs);
    ASSERT_EQ(is.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) EXPECT_TRUE(SameBits(is[i], want[i])) << "output " << i;
  }
}

TEST(Surgery, SanitizedComputesTheSame) {
  ExpectSame([](const RandomGraph&, Model* model) {
    PassReport report;
    return Sanitize(model, &report);
  });
}

TEST(Surgery, PrunedComputesTheSame) {
  ExpectSame([](const RandomGraph&, Model* model) { return Prune(&model->graph, false).status(); });
}

TEST(Surgery, RestoredIsWhatWasStripped) {
  int64_t stripped = 0;
  ExpectSame([&](const RandomGraph& g, Model* model) -> Status {
    HASTEN_ASSIGN(const WeightCount count, StripWeights(&model->graph, 0));
    HASTEN_TRY(Verify(model->graph).At("stripped"));
    HASTEN_ASSIGN(const WeightCount back, RestoreWeights(&model->graph, g.model->graph));
    HASTEN_REQUIRE(back.weights == count.weights && back.bytes == count.bytes, "restored ", back.weights, " of ",
                   count.weights);
    stripped += count.weights;
    return {};
  });
  EXPECT_GT(stripped, 0);
}

TEST(Surgery, ANodePutInAndTakenOut) {
  ExpectSame([](const RandomGraph& g, Model* model) -> Status {
    const auto order = g.model->graph.Order();
    const Node& node = g.model->graph.node(order[order.size() / 2]);
    const std::string value = g.model->graph.value(node.outputs[0]).name;
    HASTEN_TRY(InsertAfter(&model->graph, value, {.op = "Identity", .name = "between"}));
    HASTEN_TRY(Verify(model->graph));
    HASTEN_ASSIGN(const NodeId added, NodeNamed(model->graph, "between"));
    HASTEN_REQUIRE(OpName(model->graph.node(added)) == "Identity", "is no Identity");
    return RemoveNode(&model->graph, "between");
  });
}

TEST(Surgery, EditsSayWhatIsWrong) {
  constexpr std::string_view kText = R"(hasten-ir 1
ir_version 8
opset "" 17
graph "g" {
  in "x" f32[n,2]
  "h" = Neg("x") name "first"
  "y" = Abs("h") name "last"
  out "y"
}
)";
  auto model = ParseText(kText, Catalog::BuiltIn());
  ASSERT_TRUE(model.ok()) << model.message();
  Graph* graph = &(*model)->graph;
  const auto says = [](const Status& status, std::string_view part) {
    EXPECT_NE(status.message().find(part), std::string_view::npos) << status.message();
  };
  says(RenameValue(graph, "hh", "z"), "did you mean \"h\"?");
  says(RenameNode(graph, "frist", "z"), "did you mean \"first\"?");
  says(MarkOutput(graph, "x"), "is an input");
  says(MarkInput(graph, "y"), "is an output");
  says(UnmarkOutput(graph, "y"), "only output");
  says(SetInputShape(graph, "x", Shape({2, 2, 2})), "must have 2 dims, not 3");
  says(SetDim(graph, "m", 3), "no input has a dim \"m\"");
  EXPECT_TRUE(SetDim(graph, "n", 3).ok());
  EXPECT_EQ(graph->value(graph->outputs[0]).type.Text(), "f32[3,2]");
}

}  // namespace
}  // namespace hasten
