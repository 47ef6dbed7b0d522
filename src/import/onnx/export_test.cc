#include "import/onnx/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/mapped_file.h"
#include "import/onnx/test_model.h"
#include "import/onnx/test_ops.h"
#include "import/onnx/value_file.h"
#include "import/onnx/wire.h"
#include "ops/text.h"

namespace hasten::onnx::test {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Model> MustImport(const std::string& bytes) {
  auto m = Import(bytes, TestCatalog());
  EXPECT_TRUE(m.ok()) << m.message();
  return m.ok() ? *std::move(m) : nullptr;
}

std::string MustExport(const Model& m, const ExportOptions& options = {}) {
  auto bytes = ExportOnnxBytes(m, options);
  EXPECT_TRUE(bytes.ok()) << bytes.message();
  return bytes.ok() ? *bytes : std::string();
}

std::vector<WireNode> NodesOf(const std::string& model) {
  std::vector<WireNode> out;
  const auto m = ReadModel(model);
  const auto g = ReadGraph((*m).graph.bytes);
  for (const Bytes b : (*g).nodes) out.push_back(*ReadNode(b));
  return out;
}

std::string StretchModel(int opset, std::vector<Rope> attrs) {
  GraphParts parts;
  parts.nodes = {Node("Stretch", {"x"}, {"y"}, std::move(attrs), "test", "s")};
  parts.inputs = {ValueInfo("x", 1, {"n", "", "3"})};
  parts.outputs = {ValueInfo("y", 1, {"n", "", "3"})};
  parts.initializers = {FloatTensor("unused", {1}, {7})};
  Rope m;
  m.Int(1, 8);
  m.Bytes(2, "producer");
  m.Bytes(3, "1.2");
  m.Bytes(4, "org.example");
  m.Int(5, 42);
  m.Bytes(6, "about");
  m.Message(7, Graph(std::move(parts), "the graph"));
  m.Message(8, Opset("", 18));
  m.Message(8, Opset("test", opset));
  Rope entry;
  entry.Bytes(1, "k");
  entry.Bytes(2, "v");
  m.Message(14, std::move(entry));
  return m.Flat();
}

TEST(Export, WritesTheFormOfTheModelsOpset) {
  for (const int opset : {1, 2, 3, 4, 5, 9}) {
    std::vector<Rope> attrs;
    attrs.push_back(IntAttr(opset == 1 ? "count" : "times", 9));
    if (opset < 3) attrs.push_back(IntAttr("by", 4));
    const auto model = MustImport(StretchModel(opset, std::move(attrs)));
    const std::string bytes = MustExport(*model);
    const std::vector<WireNode> nodes = NodesOf(bytes);
    // Before version 5 the result is negated twice on the way: once coming in, once going out.
    ASSERT_EQ(nodes.size(), opset < 5 ? 3u : 1u);
    EXPECT_EQ(nodes[0].inputs.size(), 1u);
    ASSERT_EQ(nodes[0].attrs.size(), opset < 3 ? 2u : 1u);
    EXPECT_EQ((*ReadAttr(nodes[0].attrs[opset < 3 && opset == 1 ? 1 : 0])).name, opset == 1 ? "count" : "times");
    EXPECT_EQ(nodes.back().outputs[0], "y");
    const auto again = MustImport(bytes);
    EXPECT_EQ(again->opset("test"), opset);
  }
}

TEST(Export, KeepsWhatTheModelSays) {
  const auto model = MustImport(StretchModel(5, {}));
  const std::string bytes = MustExport(*model);
  const auto m = ReadModel(bytes);
  EXPECT_EQ((*m).producer_name, "producer");
  EXPECT_EQ((*m).producer_version, "1.2");
  EXPECT_EQ((*m).domain, "org.example");
  EXPECT_EQ((*m).model_version, 42);
  EXPECT_EQ((*m).doc, "about");
  EXPECT_EQ((*m).ir_version, 8);
  ASSERT_EQ((*m).metadata.size(), 1u);
  EXPECT_EQ((*m).metadata[0].second, "v");
  const auto again = MustImport(bytes);
  const hasten::Graph& g = again->graph;
  EXPECT_EQ(g.name, "the graph");
  EXPECT_EQ(g.value(g.inputs[0]).type.Text(), "f32[n,x_dim1,3]");
  ASSERT_NE(g.FindValue("unused"), kNone);
  EXPECT_EQ(g.constant(g.FindValue("unused"))->Double(0), 7);
  EXPECT_EQ(MustExport(*again), bytes);
}

TEST(Export, NodesOfOneNameGetOthersButTheLast) {
  GraphParts parts;
  parts.inputs = {ValueInfo("x", 1, {})};
  parts.nodes = {Node("Relu", {"x"}, {"a"}, {}, "", "n"), Node("Relu", {"a"}, {"b"}, {}, "", "n_1"),
                 Node("Relu", {"b"}, {"c"}, {}, "", "n"), Node("Relu", {"c"}, {"d"}, {}, "", ""),
                 Node("Relu", {"d"}, {"e"}, {}, "", ""),  Node("Relu", {"e"}, {"y"}, {}, "", "n")};
  parts.outputs = {ValueInfo("y", 1, {})};
  const std::string bytes = MustExport(*MustImport(ModelBytes(Graph(std::move(parts)), 15)));
  const auto nodes = NodesOf(bytes);  // views of them
  std::vector<std::string> names;
  for (const auto& n : nodes) names.emplace_back(n.name);
  EXPECT_EQ(names, (std::vector<std::string>{"n_3", "n_1", "n_2", "", "", "n"}));
}

TEST(Export, RefusesWhatHasNoForm) {
  auto model = MustImport(StretchModel(5, {}));
  hasten::Node& n = model->graph.node(model->graph.first());
  n.attrs.as<StretchAttrs>().secret = 1;
  EXPECT_THAT(std::string(ExportOnnxBytes(*model).message()),
              HasSubstr("node 0 's' (test.Stretch): has no form in ONNX: attribute 'secret'"));
  model = MustImport(StretchModel(3, {}));
  model->opsets = {{"", 18}, {"test", 0}};
  EXPECT_THAT(std::string(ExportOnnxBytes(*model).message()), HasSubstr("exists since opset 1"));
  EXPECT_EQ(ExportOnnxBytes(*model, {.opset = 0}).code(), Code::kInvalidArgument);
}

TEST(Export, UnknownOpsKeepTheirOpset) {
  GraphParts parts;
  parts.inputs = {ValueInfo("x", 1, {})};
  parts.nodes = {Node("Unheard", {"x"}, {"y"})};
  parts.outputs = {ValueInfo("y", 1, {})};
  const auto model = MustImport(ModelBytes(Graph(std::move(parts)), 15));
  EXPECT_EQ(NodesOf(MustExport(*model))[0].type, "Unheard");
  EXPECT_THAT(std::string(ExportOnnxBytes(*model, {.opset = 13}).message()),
              HasSubstr("node 0 (Unheard): is an op this build does not know"));
}

TEST(Export, AWantedOpsetRaisesTheIrVersion) {
  GraphParts parts;
  parts.inputs = {ValueInfo("x", 1, {})};
  parts.outputs = {ValueInfo("x", 1, {})};
  const auto model = MustImport(ModelBytes(Graph(std::move(parts)), 9, 4));
  const std::string bytes = MustExport(*model, {.opset = 21});
  const auto m = ReadModel(bytes);
  EXPECT_EQ((*m).ir_version, 10);
  EXPECT_EQ(MustImport(bytes)->opset(""), 21);
}

Rope Branch(std::vector<Rope> nodes, std::vector<Rope> initializers = {}) {
  GraphParts parts;
  parts.nodes = std::move(nodes);
  parts.initializers = std::move(initializers);
  parts.outputs = {ValueInfo("r", 1, {})};
  return Graph(std::move(parts));
}

std::string ModelWithBranches(int ir) {
  GraphParts parts;
  // "x" and "w" of the first branch hide the outer ones; the second captures them.
  Rope hides = Branch({Node("Any", {"w"}, {"x"}, {}, "elsewhere"), Node("Any", {"x"}, {"r"}, {}, "elsewhere")},
                      {FloatTensor("w", {1}, {2})});
  Rope captures = Branch({Node("Any", {"x", "w"}, {"r"}, {}, "elsewhere")});
  parts.nodes = {Node("Choose", {"c"}, {"y"},
                      {GraphAttr("then_branch", std::move(hides)), GraphAttr("else_branch", std::move(captures))},
                      "test")};
  parts.inputs = {ValueInfo("x", 1, {}), ValueInfo("c", 9, {})};
  parts.outputs = {ValueInfo("y", 1, {})};
  parts.initializers = {FloatTensor("w", {1}, {1})};
  return ModelBytes(Graph(std::move(parts)), 18, ir);
}

TEST(Export, NamesInGraphsInsideNodesDoNotClash) {
  for (const int ir : {3, 8}) {
    const auto model = MustImport(ModelWithBranches(ir));
    const std::string bytes = MustExport(*model);
    const auto again = MustImport(bytes);
    const hasten::Graph& g = again->graph;
    const hasten::Node& n = g.node(g.first());
    ASSERT_EQ(n.captures, 2u);
    EXPECT_EQ(g.value(n.inputs[1]).name, "x");
    EXPECT_EQ(g.constant(n.inputs[2])->Double(0), 1);
    const hasten::Graph& hides = *n.attrs.as<ChooseAttrs>().then_branch;
    EXPECT_EQ(hides.constant(hides.node(hides.first()).inputs[0])->Double(0), 2);
    for (const NodeId m : hides.Order())
      for (const ValueId v : hides.node(m).outputs) EXPECT_EQ(g.FindValue(hides.value(v).name), kNone);
    EXPECT_EQ(MustExport(*again), bytes);
  }
}

TEST(Export, GraphsInsideNodesGiveOutWhatTheyCompute) {
  const auto model = ParseText(R"(hasten-ir 1
opset "" 18
graph "g" {
  in "c" bool[]
  in "x" f32[2]
  "y" = If("c") {then_branch=graph "t" { capture "x" f32[2] out "x" },
                 else_branch=graph "e" { capture "x" f32[2] "n" = Neg("x") out "n" }} captures ["x"]
  out "y"
}
)",
                               Catalog::BuiltIn());
  ASSERT_TRUE(model.ok()) << model.message();
  const auto imported = Import(MustExport(**model), Catalog::BuiltIn());
  ASSERT_TRUE(imported.ok()) << imported.message();
  const hasten::Graph& g = (*imported)->graph;
  for (const GraphPtr& branch : g.node(g.first()).attrs.Graphs())
    EXPECT_NE(branch->value(branch->outputs[0]).producer, kNone) << branch->name << ": ONNX wants a node's output";
}

class ExportToFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / Str("hasten_export_", ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::filesystem::path folder_;
};

TEST_F(ExportToFile, LargeTensorsGoBesideTheModel) {
  Model m;
  m.opsets = {{"", 18}};
  std::vector<float> large(1000), small{1, 2};
  std::iota(large.begin(), large.end(), 0.f);
  m.graph.outputs = {m.graph.AddConstant("a", TensorOf(Dims{1000}, large)),
                     m.graph.AddConstant("b", TensorOf(Dims{2}, small)),
                     m.graph.AddConstant("c", TensorOf(Dims{10, 100}, large))};
  Status status = ExportOnnx(m, Path("m.onnx"), {.external_bytes = 100});
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(std::filesystem::file_size(Path("m.onnx.data")), 4032u + 4000u);  // the second begins aligned
  auto back = ImportOnnx(Path("m.onnx"), Catalog::BuiltIn());
  ASSERT_TRUE(back.ok()) << back.message();
  const hasten::Graph& g = (*back)->graph;
  for (size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(SameBits(*g.constant(g.outputs[i]), *m.graph.constant(m.graph.outputs[i])));
  EXPECT_EQ(g.value(g.outputs[2]).constant->source.file, "m.onnx.data");
  // In place, over the files that the weights lie in.
  status = ExportOnnx(**back, Path("m.onnx"), {.external_bytes = 100});
  ASSERT_TRUE(status.ok()) << status.message();
  auto again = ImportOnnx(Path("m.onnx"), Catalog::BuiltIn());
  ASSERT_TRUE(again.ok()) << again.message();
  EXPECT_TRUE(SameBits(*(*again)->graph.constant((*again)->graph.outputs[2]), *m.graph.constant(m.graph.outputs[2])));
  EXPECT_FALSE(ExportOnnx(m, Path("no/such/folder/m.onnx")).ok());
}

TEST_F(ExportToFile, GeneratedWeightsAreWritten) {
  Model m;
  m.opsets = {{"", 18}};
  Constant c;
  c.tensor.dtype = DType::kF32;
  c.tensor.dims = Dims{5};
  c.generator = Generator{Generator::Kind::kConstant, 0, 3, 0};
  m.graph.outputs = {m.graph.AddConstant("w", c)};
  ASSERT_TRUE(ExportOnnx(m, Path("g.onnx")).ok());
  auto back = ImportOnnx(Path("g.onnx"), Catalog::BuiltIn());
  ASSERT_TRUE(back.ok()) << back.message();
  EXPECT_EQ(ToDoubles(*(*back)->graph.constant((*back)->graph.outputs[0])), std::vector<double>(5, 3.0));
}

TEST_F(ExportToFile, ValuesOfEveryKind) {
  const std::vector<float> numbers{1, 2, 3};
  const Value tensor(TensorOf(Dims{3}, numbers));
  const Value sequence = Value::Sequence(DType::kF32, {tensor, Value(TensorOf(Dims{1, 3}, numbers))});
  const std::vector<std::string> keys{"a", "b", "c"};
  const std::vector<int64_t> ids{4, -5, 6};
  const Value by_name = Value::Map({TensorOf(Dims{3}, keys), TensorOf(Dims{3}, numbers)});
  const Value by_id = Value::Map({TensorOf(Dims{3}, ids), TensorOf(Dims{3}, numbers)});
  const Type f32 = Type::Tensor(DType::kF32, Shape::Unknown());
  const Type map = Type::Map(DType::kString, f32);
  const std::pair<Value, Type> cases[] = {
      {tensor, f32},
      {sequence, Type::Sequence(f32)},
      {Value::Sequence(DType::kF32, {}), Type::Sequence(f32)},
      {Value::Sequence(DType::kNone, {sequence}), Type::Sequence(Type::Sequence(f32))},
      {by_name, map},
      {by_id, Type::Map(DType::kI64, f32)},
      {Value::Sequence(DType::kNone, {by_name, by_name}), Type::Sequence(map)},
      {tensor, Type::Optional(f32)},
      {sequence, Type::Optional(Type::Sequence(f32))},
      {Value(), Type::Optional(f32)},
  };
  for (const auto& [value, type] : cases) {
    const Status status = WriteValuePb(Path("v.pb"), value, type, "v");
    ASSERT_TRUE(status.ok()) << status.message();
    const auto back = ReadValuePb(Path("v.pb"), type);
    ASSERT_TRUE(back.ok()) << type.Text() << ": " << back.message();
    EXPECT_TRUE(SameBits(value, *back)) << type.Text();
  }
}

}  // namespace
}  // namespace hasten::onnx::test
