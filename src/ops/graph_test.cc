#include "ir/graph.h"

#include <gtest/gtest.h>

#include "ops/op.h"

namespace hasten {
namespace {

struct Branches {
  std::vector<GraphPtr> graphs;
  GraphPtr graph;
  std::optional<int64_t> maybe;
  std::optional<std::vector<float>> floats;
  int64_t plain = 3;
};
constexpr AttrField kFields[] = {Field<&Branches::graphs>("graphs"), Field<&Branches::graph>("graph"),
                                 Field<&Branches::maybe>("maybe"), Field<&Branches::floats>("floats"),
                                 Field<&Branches::plain>("plain")};
const OpDef kBranches = {.name = "test.Branches", .attrs = SchemaOf<Branches>(kFields), .arity = {0, kMany, 0, kMany}};

GraphPtr Named(std::string name) {
  auto graph = std::make_shared<Graph>();
  graph->name = std::move(name);
  return graph;
}

TEST(Graph, CloneSharesNoGraphInside) {
  Graph graph;
  Node known;
  known.op = &kBranches;
  known.attrs = Attrs(kBranches.attrs);
  known.attrs.as<Branches>() = {{Named("a"), nullptr, Named("b")}, Named("c"), {}, {}};
  const NodeId n = graph.AddNode(std::move(known));
  Node unknown;
  unknown.opaque = std::make_shared<OpaqueOp>();
  unknown.opaque->attrs = {{"one", Named("d")}, {"many", std::vector<GraphPtr>{Named("e"), nullptr}}};
  const NodeId m = graph.AddNode(std::move(unknown));

  const GraphPtr copy = graph.Clone();
  for (const GraphPtr& inner : graph.node(n).attrs.as<Branches>().graphs)
    if (inner) inner->name = "changed";
  graph.node(n).attrs.as<Branches>().graph->name = "changed";
  std::get<GraphPtr>(graph.node(m).opaque->attrs[0].value)->name = "changed";
  std::get<std::vector<GraphPtr>>(graph.node(m).opaque->attrs[1].value)[0]->name = "changed";

  const auto& cloned = copy->node(n).attrs.as<Branches>();
  ASSERT_EQ(cloned.graphs.size(), 3u);
  EXPECT_EQ(cloned.graphs[0]->name, "a");
  EXPECT_EQ(cloned.graphs[1], nullptr);
  EXPECT_EQ(cloned.graphs[2]->name, "b");
  EXPECT_EQ(cloned.graph->name, "c");
  EXPECT_EQ(std::get<GraphPtr>(copy->node(m).opaque->attrs[0].value)->name, "d");
  const auto& many = std::get<std::vector<GraphPtr>>(copy->node(m).opaque->attrs[1].value);
  EXPECT_EQ(many[0]->name, "e");
  EXPECT_EQ(many[1], nullptr);
}

TEST(Attrs, SetOfAWrongKindChangesNothing) {
  Attrs attrs(kBranches.attrs);
  EXPECT_FALSE(attrs.Set("maybe", std::string("text")).ok());
  EXPECT_FALSE(attrs.Set("floats", std::string("text")).ok());
  EXPECT_FALSE(attrs.Set("plain", 1.5f).ok());
  EXPECT_EQ(attrs.as<Branches>().maybe, std::nullopt);
  EXPECT_EQ(attrs.as<Branches>().floats, std::nullopt);
  EXPECT_EQ(attrs.as<Branches>().plain, 3);
  ASSERT_TRUE(attrs.Set("maybe", int64_t{7}).ok());
  ASSERT_TRUE(attrs.Set("floats", std::vector<float>{1, 2}).ok());
  EXPECT_FALSE(attrs.Set("maybe", 1.5f).ok());
  EXPECT_FALSE(attrs.Set("floats", int64_t{1}).ok());
  EXPECT_EQ(attrs.as<Branches>().maybe, 7);
  EXPECT_EQ(attrs.as<Branches>().floats, (std::vector<float>{1, 2}));
  // Some exporters write an empty list of ints for an empty list of floats.
  ASSERT_TRUE(attrs.Set("floats", std::vector<int64_t>()).ok());
  EXPECT_EQ(attrs.as<Branches>().floats, std::vector<float>());
}

Node Call(std::vector<ValueId> in) {
  Node node;
  node.op = &kBranches;
  node.attrs = Attrs(kBranches.attrs);
  node.inputs = std::move(in);
  return node;
}

TEST(Verify, ComparesUseListsAndInputs) {
  Graph graph;
  const ValueId x = graph.AddValue("x"), y = graph.AddValue("y");
  graph.inputs = {x, y};
  const NodeId n = graph.AddNode(Call({x, y, x}));
  ASSERT_TRUE(Verify(graph).ok());
  auto& uses = graph.value(x).uses;
  const Use last = uses.back();
  uses.pop_back();
  EXPECT_EQ(std::string(Verify(graph).message()), "node 0 (test.Branches): input 2 is missing from its use-list");
  uses.push_back(uses.front());
  EXPECT_EQ(std::string(Verify(graph).message()), "use-list of \"x\" names a use twice");
  uses.back() = {n, 1};
  EXPECT_EQ(std::string(Verify(graph).message()), "use-list of \"x\" names a node that does not use it");
  uses.back() = {n, 3};
  EXPECT_FALSE(Verify(graph).ok());
  uses.back() = last;
  EXPECT_TRUE(Verify(graph).ok());
}

// Quadratic in the uses of one value, this would take hours.
TEST(Verify, IsLinearInTheUsesOfOneValue) {
  constexpr size_t kNodes = 1 << 12, kEach = 1 << 7;
  Graph graph;
  const ValueId x = graph.AddValue("x");
  graph.inputs = {x};
  for (size_t i = 0; i < kNodes; ++i) graph.AddNode(Call(std::vector<ValueId>(kEach, x)));
  EXPECT_TRUE(Verify(graph).ok());
}

}  // namespace
}  // namespace hasten
