#include "import/onnx/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/test_model.h"
#include "import/onnx/test_ops.h"

namespace hasten::onnx::test {
namespace {

using ::testing::HasSubstr;

// Nodes whose op nobody knows serve where only structure matters.
Rope Any(const Names& inputs, const Names& outputs) { return Node("Any", inputs, outputs, {}, "elsewhere"); }

std::string OpsOf(const hasten::Graph& graph) {
  std::string out;
  for (const NodeId n : graph.Order()) out += Str(out.empty() ? "" : " ", OpName(graph.node(n)));
  return out;
}

TEST(Import, KeepsNamesDocsAndMetadata) {
  Rope node = Any({"x", "w"}, {"y"});
  node.Bytes(6, "what it does");
  Rope entry;
  entry.Bytes(1, "key");
  entry.Bytes(2, "value");
  node.Message(9, std::move(entry));
  GraphParts parts;
  parts.nodes = {std::move(node)};
  parts.inputs = {ValueInfo("x", 1, {"batch", "3", ""})};
  parts.outputs = {ValueInfo("y", 1, {"batch"})};
  parts.initializers = {FloatTensor("w", {2}, {1, 2})};
  auto m = Import(ModelBytes(Graph(std::move(parts), "main")));
  ASSERT_TRUE(m.ok()) << m.message();
  const hasten::Graph& g = (*m)->graph;
  EXPECT_EQ(g.name, "main");
  ASSERT_EQ(g.inputs.size(), 1u);
  EXPECT_EQ(g.value(g.inputs[0]).type.Text(), "f32[batch,3,x_dim2]");
  const hasten::Node& n = g.node(g.first());
  EXPECT_EQ(n.doc, "what it does");
  EXPECT_EQ(n.metadata.at("key"), "value");
  EXPECT_EQ(g.value(n.outputs[0]).name, "y");
  EXPECT_EQ(g.constant(n.inputs[1])->Double(1), 2);
  EXPECT_EQ((*m)->producer_name, "test");
  EXPECT_TRUE(Verify(g).ok());
}

TEST(Import, InputsThatAreInitializersAreConstants) {
  GraphParts parts;
  parts.nodes = {Any({"x", "w"}, {"y"})};
  parts.inputs = {ValueInfo("w", 1, {"1"}), ValueInfo("x", 1, {"1"})};
  parts.outputs = {ValueInfo("y", 1, {"1"})};
  parts.initializers = {FloatTensor("w", {1}, {1})};
  auto m = Import(ModelBytes(Graph(std::move(parts)), 8, 3));
  ASSERT_TRUE(m.ok()) << m.message();
  EXPECT_EQ((*m)->graph.inputs.size(), 1u);
}

TEST(Import, SortsNodesAndSaysSo) {
  GraphParts parts;
  parts.nodes = {Any({"b"}, {"c"}), Any({"a"}, {"b"}), Any({"x"}, {"a"})};
  parts.inputs = {ValueInfo("x", 1, {})};
  parts.outputs = {ValueInfo("c", 1, {})};
  auto m = Import(ModelBytes(Graph(std::move(parts))));
  ASSERT_TRUE(m.ok()) << m.message();
  EXPECT_TRUE(Verify((*m)->graph).ok());
  EXPECT_THAT((*m)->notes, ::testing::Contains(HasSubstr("sorted the nodes")));
}

TEST(Import, RefusesBrokenStructure) {
  const auto error = [](GraphParts parts) {
    auto m = Import(ModelBytes(Graph(std::move(parts))));
    return m.ok() ? std::string("imported") : std::string(m.message());
  };
  GraphParts cycle;
  cycle.nodes = {Any({"b"}, {"a"}), Any({"a"}, {"b"})};
  EXPECT_THAT(error(std::move(cycle)), HasSubstr("depends on its own outputs"));
  GraphParts missing;
  missing.nodes = {Node("Any", {"nowhere"}, {"a"}, {}, "elsewhere", "first")};
  EXPECT_EQ(error(std::move(missing)), "m.onnx: node 0 'first' (Any): input 0 \"nowhere\" is no value of the graph");
  GraphParts twice;
  twice.nodes = {Any({}, {"a"}), Any({}, {"a"})};
  EXPECT_THAT(error(std::move(twice)), HasSubstr("node 1 (Any): value \"a\" is defined twice"));
  GraphParts output;
  output.outputs = {ValueInfo("y", 1, {})};
  EXPECT_THAT(error(std::move(output)), HasSubstr("output \"y\" is computed by no node"));
}

TEST(Import, ConstantNodesOfEveryKind) {
  Rope strings, floats, text;
  strings.Bytes(1, "value_strings");
  strings.Bytes(9, "a");
  strings.Bytes(9, "b");
  strings.Int(20, 8);
  floats.Bytes(1, "value_floats");
  floats.Float(7, 1.5f);
  floats.Int(20, 6);
  text.Bytes(1, "value_string");
  text.Bytes(4, "one");
  text.Int(20, 3);
  GraphParts parts;
  parts.nodes = {Node("Constant", {}, {"i"}, {IntAttr("value_int", -7)}),
                 Node("Constant", {}, {"is"}, {IntsAttr("value_ints", {3, 4})}),
                 Node("Constant", {}, {"t"}, {TensorAttr("value", FloatTensor("", {}, {2.5f}))}),
                 Node("Constant", {}, {"ss"}, {std::move(strings)}),
                 Node("Constant", {}, {"fs"}, {std::move(floats)}),
                 Node("Constant", {}, {"s"}, {std::move(text)})};
  auto m = Import(ModelBytes(Graph(std::move(parts))));
  ASSERT_TRUE(m.ok()) << m.message();
  const hasten::Graph& g = (*m)->graph;
  const auto constant = [&](const char* name) { return *g.constant(g.FindValue(name)); };
  EXPECT_EQ(constant("i").Int(0), -7);
  EXPECT_EQ(constant("is").Text(), "i64[2]");
  EXPECT_EQ(constant("t").Double(0), 2.5);
  EXPECT_EQ(constant("ss").string(1), "b");
  EXPECT_EQ(constant("fs").Text(), "f32[1]");
  EXPECT_EQ(constant("s").string(0), "one");
  EXPECT_EQ(g.live_nodes(), 0u);
}

TEST(Import, OldFormsBecomeOurs) {
  const auto import_at = [](int opset, std::vector<Rope> attrs) {
    GraphParts parts;
    parts.nodes = {Node("Stretch", {"x"}, {"y"}, std::move(attrs), "test")};
    parts.inputs = {ValueInfo("x", 1, {"n"})};
    parts.outputs = {ValueInfo("y", 1, {"n"})};
    Rope m;
    m.Int(1, 8);
    m.Message(7, Graph(std::move(parts)));
    m.Message(8, Opset("", 18));
    m.Message(8, Opset("test", opset));
    return Import(m.Flat(), TestCatalog());
  };
  auto m = import_at(1, {IntAttr("count", 9), IntAttr("by", 4)});
  ASSERT_TRUE(m.ok()) << m.message();
  const hasten::Graph& g = (*m)->graph;
  EXPECT_EQ(OpsOf(g), "test.Stretch Neg");
  const hasten::Node& n = g.node(g.first());
  EXPECT_EQ(n.attrs.as<StretchAttrs>().times, 9);
  EXPECT_EQ(g.constant(n.inputs[1])->Int(0), 4);
  EXPECT_EQ(g.value(g.outputs[0]).name, "y");
  EXPECT_TRUE(Verify(g).ok());
  auto newest = import_at(7, {IntAttr("times", 3)});
  ASSERT_TRUE(newest.ok()) << newest.message();
  EXPECT_EQ(OpsOf((*newest)->graph), "test.Stretch");
  auto unknown = import_at(7, {IntAttr("secret", 3)});  // internal: no file may set it
  ASSERT_TRUE(unknown.ok()) << unknown.message();
  EXPECT_THAT((*unknown)->notes, ::testing::Contains(HasSubstr("no attribute 'secret'")));
  auto wrong = import_at(7, {IntsAttr("times", {3})});
  EXPECT_THAT(std::string(wrong.message()), HasSubstr("node 0 (Stretch): attribute 'times' must be an int"));
}

Rope Branch(std::vector<Rope> nodes, const std::string& result) {
  GraphParts parts;
  parts.nodes = std::move(nodes);
  parts.outputs = {ValueInfo(result, 1, {})};
  return Graph(std::move(parts), "branch of " + result);
}

TEST(Import, GraphsCaptureThroughEveryLevel) {
  Rope inner = Branch({Any({"x", "w", "t"}, {"r"})}, "r");
  Rope inner_else = Branch({Any({"c"}, {"q"})}, "q");
  Rope deep =
      Node("Choose", {"c"}, {"t2"},
           {GraphAttr("then_branch", std::move(inner)), GraphAttr("else_branch", std::move(inner_else))}, "test");
  // Not sorted: t is computed after its use in a graph two levels down.
  Rope then_branch = Branch({std::move(deep), Any({"x"}, {"t"})}, "t2");
  Rope else_branch = Branch({Any({"late"}, {"e"})}, "e");
  GraphParts parts;
  parts.nodes = {
      Node("Choose", {"c"}, {"y"},
           {GraphAttr("then_branch", std::move(then_branch)), GraphAttr("else_branch", std::move(else_branch))},
           "test"),
      Any({"x"}, {"late"})};
  parts.inputs = {ValueInfo("x", 1, {"n"}), ValueInfo("c", 9, {})};
  parts.outputs = {ValueInfo("y", 1, {})};
  parts.initializers = {FloatTensor("w", {1}, {5})};
  auto m = Import(ModelBytes(Graph(std::move(parts))), TestCatalog());
  ASSERT_TRUE(m.ok()) << m.message();
  const hasten::Graph& g = (*m)->graph;
  ASSERT_TRUE(Verify(g).ok());
  const hasten::Node& outer = g.node(g.last());
  EXPECT_EQ(outer.captures, 4u);  // x, w, c for the inner node, late
  const auto& branches = outer.attrs.as<ChooseAttrs>();
  EXPECT_EQ(branches.else_branch->captures.size(), 4u);
  const hasten::Graph& then_graph = *branches.then_branch;
  const hasten::Node& nested = then_graph.node(then_graph.last());
  const hasten::Graph& deepest = *nested.attrs.as<ChooseAttrs>().then_branch;
  const hasten::Node& user = deepest.node(deepest.first());
  EXPECT_EQ(deepest.value(user.inputs[0]).type.Text(), "f32[n]");
  ASSERT_NE(deepest.constant(user.inputs[1]), nullptr);
  EXPECT_EQ(deepest.constant(user.inputs[1])->Double(0), 5);
}

TEST(Import, FunctionsAreInlined) {
  std::vector<Rope> functions;
  functions.push_back(Function("Twice", {"a", "unused"}, {"b", "a2"},
                               {Node("Once", {"a"}, {"t"}, {ReferenceAttr("k", "times", 2)}, "local"),
                                Node("Once", {"t"}, {"b"}, {}, "local"), Any({"a"}, {"a2"})},
                               {IntAttr("times", 11)}));
  functions.push_back(
      Function("Once", {"a"}, {"b"}, {Node("Stretch", {"a"}, {"b"}, {ReferenceAttr("times", "k", 2)}, "test")}));
  GraphParts parts;
  parts.nodes = {Node("Twice", {"x"}, {"y"}, {}, "local"), Node("Twice", {"y"}, {"z"}, {IntAttr("times", 4)}, "local")};
  parts.inputs = {ValueInfo("x", 1, {"n"})};
  parts.outputs = {ValueInfo("z", 1, {"n"})};
  auto m = Import(ModelBytes(Graph(std::move(parts)), 18, 8, std::move(functions)), TestCatalog());
  ASSERT_TRUE(m.ok()) << m.message();
  const hasten::Graph& g = (*m)->graph;
  ASSERT_TRUE(Verify(g).ok());
  std::vector<int64_t> times;
  for (const NodeId n : g.Order())
    if (g.node(n).op == &kStretch) times.push_back(g.node(n).attrs.as<StretchAttrs>().times);
  EXPECT_EQ(times, (std::vector<int64_t>{11, 2, 4, 2}));  // given, default, default of the op
  EXPECT_NE(g.FindValue("y"), kNone);
  EXPECT_EQ(g.value(g.outputs[0]).name, "z");
}

TEST(Import, FunctionsThatCallThemselvesAreRefused) {
  std::vector<Rope> functions;
  functions.push_back(Function("A", {"x"}, {"y"}, {Node("B", {"x"}, {"y"}, {}, "local")}));
  functions.push_back(Function("B", {"x"}, {"y"}, {Node("A", {"x"}, {"y"}, {}, "local")}));
  GraphParts parts;
  parts.nodes = {Node("A", {}, {"y"}, {}, "local")};
  auto m = Import(ModelBytes(Graph(std::move(parts)), 18, 8, std::move(functions)));
  EXPECT_THAT(std::string(m.message()), HasSubstr("function \"A\" calls itself"));
}

TEST(Import, FunctionsThatMultiplyAreRefused) {
  std::vector<Rope> functions;
  for (int i = 0; i < 40; ++i) {
    const std::string next = Str("F", i + 1);
    functions.push_back(Function(Str("F", i), {"x"}, {"y"},
                                 {Node(next, {"x"}, {"t"}, {}, "local"), Node(next, {"t"}, {"y"}, {}, "local")}));
  }
  functions.push_back(Function("F40", {"x"}, {"y"}, {Any({"x"}, {"y"})}));
  GraphParts parts;
  parts.inputs = {ValueInfo("x", 1, {})};
  parts.nodes = {Node("F0", {"x"}, {"y"}, {}, "local")};
  auto m = Import(ModelBytes(Graph(std::move(parts)), 18, 8, std::move(functions)));
  EXPECT_EQ(m.code(), Code::kOutOfMemory) << m.message();
}

TEST(Import, DepthOfGraphsIsBounded) {
  Rope graph = Branch({Any({"x"}, {"r"})}, "r");
  for (int i = 0; i < 70; ++i)
    graph = Branch({Node("Hold", {}, {"r"}, {GraphAttr("body", std::move(graph))}, "elsewhere")}, "r");
  GraphParts parts;
  parts.inputs = {ValueInfo("x", 1, {})};
  parts.nodes = {Node("Hold", {}, {"y"}, {GraphAttr("body", std::move(graph))}, "elsewhere")};
  auto m = Import(ModelBytes(Graph(std::move(parts))));
  EXPECT_THAT(std::string(m.message()), HasSubstr("must not be nested deeper than 32"));
}

TEST(Import, NotAModel) {
  EXPECT_EQ(std::string(Import("").message()), "m.onnx: the file is empty, must be an ONNX model");
  EXPECT_FALSE(Import("hello, world").ok());
  EXPECT_EQ(ImportOnnx("/nowhere/at/all.onnx", Catalog::BuiltIn()).code(), Code::kNotFound);
}

}  // namespace
}  // namespace hasten::onnx::test
