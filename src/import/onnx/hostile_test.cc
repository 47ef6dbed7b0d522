// Whatever the bytes, import ends with a model or an error; the sanitizers' builds watch over the rest.
#include <gtest/gtest.h>

#include <random>

#include "import/onnx/export.h"
#include "import/onnx/test_model.h"
#include "import/onnx/test_ops.h"

namespace hasten::onnx::test {
namespace {

// A model with a bit of everything.
std::string Everything() {
  GraphParts inner;
  inner.nodes = {Node("Once", {"x"}, {"r"}, {}, "local"),
                 Node("Constant", {}, {"k"}, {IntsAttr("value_ints", {1, 2})})};
  inner.outputs = {ValueInfo("r", 1, {"n"})};
  inner.initializers = {FloatTensor("inner_w", {1}, {1})};
  GraphParts other;
  other.nodes = {Node("Stretch", {"w"}, {"r"}, {IntAttr("by", 3)}, "test")};
  other.outputs = {ValueInfo("r", 1, {"n"})};
  GraphParts parts;
  parts.nodes = {
      Node("Choose", {"c"}, {"y"},
           {GraphAttr("then_branch", Graph(std::move(inner))), GraphAttr("else_branch", Graph(std::move(other)))},
           "test", "choose"),
      Node("Add", {"x", "late"}, {"z"}), Node("Relu", {"x"}, {"late"}),
      Node("Unheard", {"z", ""}, {"", "u"}, {TensorAttr("t", FloatTensor("", {1}, {4}))}, "of")};
  parts.inputs = {ValueInfo("x", 1, {"n", "", "0"}), ValueInfo("c", 9, {})};
  parts.outputs = {ValueInfo("y", 1, {"n"}), ValueInfo("u", 1, {}), ValueInfo("strings", 8, {"2"})};
  Rope strings, typed, sparse;
  strings.Int(1, 2);
  strings.Int(2, 8);
  strings.Bytes(6, "one");
  strings.Bytes(6, "two");
  strings.Bytes(8, "strings");
  typed.Int(1, 3);
  typed.Int(2, 22);
  typed.Int(5, 0x21);
  typed.Int(5, 0x03);
  typed.Bytes(8, "nibbles");
  parts.initializers = {FloatTensor("w", {2, 2}, {1, 2, 3, 4}), std::move(strings), std::move(typed)};
  Rope graph = Graph(std::move(parts));
  sparse.Message(1, FloatTensor("sparse", {1}, {5}));
  sparse.Message(2, Tensor("", 7, {1}, std::string(8, '\0')));
  sparse.Int(3, 4);
  graph.Message(15, std::move(sparse));
  std::vector<Rope> functions;
  functions.push_back(Function("Once", {"a"}, {"b"}, {Node("Stretch", {"a"}, {"b"}, {}, "test")}));
  return ModelBytes(std::move(graph), 18, 8, std::move(functions));
}

void ImportAndExport(const std::string& bytes) {
  const auto model = Import(bytes, TestCatalog());
  if (!model.ok()) return;
  const Status verified = Verify((*model)->graph);
  EXPECT_TRUE(verified.ok()) << verified.message();
  const auto written = ExportOnnxBytes(**model);
  if (!written.ok()) return;
  const auto again = Import(*written, TestCatalog());
  EXPECT_TRUE(again.ok()) << again.message();
}

TEST(Hostile, TheModelItself) {
  const auto m = Import(Everything(), TestCatalog());
  ASSERT_TRUE(m.ok()) << m.message();
  ImportAndExport(Everything());
}

TEST(Hostile, TruncatedAnywhere) {
  const std::string bytes = Everything();
  for (size_t n = 0; n < bytes.size(); ++n) ImportAndExport(bytes.substr(0, n));
}

TEST(Hostile, EveryByteChanged) {
  const std::string bytes = Everything();
  for (size_t at = 0; at < bytes.size(); ++at)
    for (const int v : {0, 1, 0x7f, 0x80, 0xff}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(v);
      ImportAndExport(changed);
      changed[at] = static_cast<char>(bytes[at] ^ (1 << (v % 8)));
      ImportAndExport(changed);
    }
}

TEST(Hostile, ManyBytesChanged) {
  const std::string bytes = Everything();
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string changed = bytes;
    for (unsigned n = random() % 8; n-- > 0;) {
      const size_t at = random() % changed.size();
      switch (random() % 4) {
        case 0: changed[at] = static_cast<char>(random()); break;
        case 1: changed.erase(at, random() % 16); break;
        case 2: changed.insert(at, bytes.substr(random() % bytes.size(), random() % 32)); break;
        default: std::swap(changed[at], changed[random() % changed.size()]);
      }
      if (changed.empty()) changed = bytes;
    }
    ImportAndExport(changed);
  }
}

// Steps from version to version see nodes before anything else has looked at them.
TEST(Hostile, EveryVersionOfEveryOpWithAnyOperands) {
  const char* const switches[] = {"spatial", "broadcast", "axis",    "num_groups", "flatten",
                                  "k",       "to",        "is_test", "batched"};
  for (const OpDef* op : Catalog::BuiltIn().ops())
    for (const OnnxVersion& version : op->onnx.domain.empty() ? op->onnx.versions : std::span<const OnnxVersion>())
      for (size_t inputs = 0; inputs < 5; ++inputs)
        for (size_t outputs = 0; outputs < 3; ++outputs)
          for (const int given : {-1, 0, 1}) {  // of the switches: none; 0; 1
            GraphParts parts;
            parts.inputs = {ValueInfo("x", 1, {"2", "4", "3"}), ValueInfo("y", 1, {"4"})};
            std::vector<Rope> attrs;
            for (const char* name : switches)
              if (given >= 0) attrs.push_back(IntAttr(name, given));
            Names in, out;
            for (size_t i = 0; i < inputs; ++i) in.push_back(i == 0 ? "x" : i == 2 ? "" : "y");
            for (size_t i = 0; i < outputs; ++i) out.push_back(Str("out", i));
            for (const std::string& name : out) parts.outputs.push_back(ValueInfo(name, 1, {}));
            parts.nodes = {Node(std::string(op->onnx.type), in, out, std::move(attrs))};
            const auto model = Import(ModelBytes(Graph(std::move(parts)), version.since));
            if (!model.ok()) continue;
            for (const int opset : {7, 9, 12, 15, 18}) (void)ExportOnnxBytes(**model, {.opset = opset}).ok();
          }
}

// Inference of a loop may look at its body more than once: that must not multiply with each level.
TEST(Hostile, LoopsInLoopsThatGrow) {
  Rope body;
  for (int depth = 0; depth < 30; ++depth) {
    GraphParts parts;
    parts.inputs = {ValueInfo("i", 7, {}), ValueInfo("go", 9, {}), ValueInfo("x", 1, {"n"})};
    parts.outputs = {ValueInfo("stay", 9, {}), ValueInfo("y", 1, {"m"})};
    parts.nodes = {Node("Identity", {"go"}, {"stay"})};
    if (depth == 0) {
      parts.nodes.push_back(Node("Concat", {"x", "x"}, {"y"}, {IntAttr("axis", 0)}));
    } else {
      parts.nodes.push_back(Node("Loop", {"i", "go", "x"}, {"t"}, {GraphAttr("body", std::move(body))}));
      parts.nodes.push_back(Node("Concat", {"t", "x"}, {"y"}, {IntAttr("axis", 0)}));
    }
    body = Graph(std::move(parts));
  }
  GraphParts parts;
  parts.inputs = {ValueInfo("n", 7, {}), ValueInfo("go", 9, {}), ValueInfo("x", 1, {"3"})};
  parts.outputs = {ValueInfo("y", 1, {"m"})};
  parts.nodes = {Node("Loop", {"n", "go", "x"}, {"y"}, {GraphAttr("body", std::move(body))})};
  ImportAndExport(ModelBytes(Graph(std::move(parts))));
}

}  // namespace
}  // namespace hasten::onnx::test
