// Passes keep results: on random graphs, and on the models of HASTEN_TEST_DATA.
// HASTEN_RANDOM_GRAPHS sets how many graphs; HASTEN_PASSES_REPORT=1 prints what fired in each model,
// HASTEN_PASSES_MODEL takes only those whose path has this in it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "engine/session.h"
#include "import/onnx/import.h"
#include "ops/interpret.h"
#include "ops/text.h"
#include "passes/pipeline.h"
#include "random_graph.h"
#include "tensor/compare.h"

namespace hasten {
namespace {

int Count() {
  const char* n = std::getenv("HASTEN_RANDOM_GRAPHS");
  return n ? std::atoi(n) : 200;
}

Status Interpreted(const Graph& graph, const std::vector<Value>& inputs, std::vector<Value>* out) {
  LocalServices services;
  return Interpret(graph, inputs, {}, out, services.get());
}

std::vector<std::string> OutputNames(const Graph& graph) {
  std::vector<std::string> out;
  for (ValueId v : graph.inputs) out.push_back(graph.value(v).name);
  for (ValueId v : graph.outputs) out.push_back(graph.value(v).name);
  return out;
}

// The scans of a loop that never ran are empty; what inference knew of their other dims may have become more.
bool BothEmpty(const Value& a, const Value& b) {
  return a.is_tensor() && b.is_tensor() && a.tensor().dtype == b.tensor().dtype && a.tensor().elements() == 0 &&
         b.tensor().elements() == 0;
}

// Optimises and compares; the tolerance is nullopt where every bit must agree.
void ExpectSameResults(Model* model, const std::vector<Value>& inputs, const PassOptions& options,
                       std::optional<Tolerance> tolerance, PassReport* report) {
  std::vector<Value> want, is;
  Status status = Interpreted(model->graph, inputs, &want);
  ASSERT_TRUE(status.ok()) << status.message();
  const auto names = OutputNames(model->graph);
  status = Optimize(model, options, report);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_TRUE(report->notes.empty()) << report->Text();
  EXPECT_EQ(OutputNames(model->graph), names);
  status = Interpreted(model->graph, inputs, &is);
  ASSERT_TRUE(status.ok()) << status.message() << "\n" << Print(model->graph);
  ASSERT_EQ(is.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    if (!tolerance) {
      const Difference d = Compare(is[i], want[i], {0, 0});
      EXPECT_TRUE(d.equal || BothEmpty(is[i], want[i]))
          << "output " << names[model->graph.inputs.size() + i] << ": " << d.what;
      continue;
    }
    const Difference d = Compare(is[i], want[i], *tolerance);
    EXPECT_TRUE(d.equal || d.scaled() <= tolerance->relative) << "output " << i << ": " << d.what;
  }
}

// For plans, for files, and for files with ops of com.microsoft, which differ from seed to seed.
PassOptions OptionsOf(int seed) {
  return {.target = seed % 3 == 0 ? Target::kRun : Target::kFile, .contrib = seed % 3 == 2};
}

// Every value is a small integer and every op exact there: whatever passes do, no value may change (but -0 to 0).
TEST(Passes, KeepExactResultsOfRandomGraphs) {
  for (int seed = 0; seed < Count(); ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 40 + seed % 200});
    PassReport report;
    ExpectSameResults(g.model.get(), g.inputs, OptionsOf(seed), std::nullopt, &report);
    const std::string text = Print(*g.model);
    auto again = ParseText(text, Catalog::BuiltIn());
    ASSERT_TRUE(again.ok()) << again.message();
    EXPECT_EQ(Print(**again), text);
    if (::testing::Test::HasFailure()) return;
  }
}

// Plans run what passes made as the interpreter does.
TEST(Passes, PlansTakeFusedGraphs) {
  for (int seed = 0; seed < Count() / 2; ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 60, .real_values = seed % 2 == 0});
    ASSERT_TRUE(Optimize(g.model.get(), {}, nullptr).ok());
    std::vector<Value> want, is;
    ASSERT_TRUE(Interpreted(g.model->graph, g.inputs, &want).ok());
    SessionOptions options;
    options.plan.references_only = true;
    auto session = Session::Of(g.model, options);
    ASSERT_TRUE(session.ok()) << session.message();
    Status status = (*session)->Run(g.inputs, &is);
    ASSERT_TRUE(status.ok()) << status.message();
    for (size_t i = 0; i < want.size(); ++i) EXPECT_TRUE(SameBits(is[i], want[i])) << "output " << i;
    if (::testing::Test::HasFailure()) return;
  }
}

// Exact rules alone keep every bit of any contents.
TEST(Passes, ExactRulesKeepEveryBit) {
  for (int seed = 0; seed < Count() / 2; ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 80, .real_values = true});
    std::vector<Value> want, is;
    ASSERT_TRUE(Interpreted(g.model->graph, g.inputs, &want).ok());
    Status status = Optimize(g.model.get(), {.numerics = Numerics::kExact}, nullptr);
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_TRUE(Interpreted(g.model->graph, g.inputs, &is).ok());
    for (size_t i = 0; i < want.size(); ++i)
      EXPECT_TRUE(SameBits(is[i], want[i]) || BothEmpty(is[i], want[i])) << "output " << i;
    if (::testing::Test::HasFailure()) return;
  }
}

// Running them again changes nothing.
TEST(Passes, AreDoneAfterOneRun) {
  for (int seed = 0; seed < Count() / 4; ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 40 + seed % 200});
    ASSERT_TRUE(Optimize(g.model.get(), OptionsOf(seed), nullptr).ok());
    PassReport again;
    ASSERT_TRUE(Optimize(g.model.get(), OptionsOf(seed), &again).ok());
    EXPECT_EQ(again.nodes_after, again.nodes_before) << again.Text();
    if (::testing::Test::HasFailure()) return;
  }
}

// --- Models ---

double FlopsOf(const Graph& graph, const Inference& inference) {
  double sum = 0;
  for (NodeId n : graph.Order()) {
    const Node& node = graph.node(n);
    if (!node.op || !node.op->flops) continue;
    std::vector<Type> in, out;
    for (ValueId v : node.inputs) {
      const Tensor* t = graph.constant(v);
      in.push_back(t ? TypeOf(Value(*t)) : v == kNone ? Type() : inference.Get(&graph, v).type);
    }
    for (ValueId v : node.outputs) out.push_back(v == kNone ? Type() : inference.Get(&graph, v).type);
    const bool known =
        std::all_of(out.begin(), out.end(), [](const Type& t) { return t.shape.Concrete().has_value(); });
    if (known) sum += node.op->flops({in, out, &node.attrs});
  }
  return sum;
}

std::vector<Value> InputsOf(const Graph& graph) {
  std::vector<Value> out;
  uint64_t seed = 1;
  for (ValueId v : graph.inputs) {
    const Type& type = graph.value(v).type;
    Dims dims;
    if (type.shape.ranked())
      for (const Dim& d : type.shape.dims()) dims.push_back(d.is_const() ? d.value() : 1);
    if (const Tensor* t = graph.constant(v)) {
      out.emplace_back(*t);
      continue;
    }
    Generator g{Generator::Kind::kUniform, ++seed, -1, 1};
    if (!IsFloat(type.dtype)) g = {Generator::Kind::kIntegers, seed, 0, 1};
    auto t = Generate(g, type.dtype, dims);
    if (!t.ok()) return {};
    out.emplace_back(*std::move(t));
  }
  return out;
}

TEST(Passes, KeepResultsOfModels) {
  const char* root = std::getenv("HASTEN_TEST_DATA");
  if (!root) GTEST_SKIP() << "HASTEN_TEST_DATA is not set";
  const bool print = std::getenv("HASTEN_PASSES_REPORT") != nullptr;
  constexpr double kMaxFlops = 3e8;  // references are slow
  const char* only = std::getenv("HASTEN_PASSES_MODEL");
  int models = 0, compared = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(root) / "onnx")) {
    if (entry.path().extension() != ".onnx" || (only && entry.path().string().find(only) == std::string::npos))
      continue;
    SCOPED_TRACE(entry.path().string());
    auto model = ImportOnnx(entry.path().string(), Catalog::BuiltIn());
    if (!model.ok()) continue;
    ++models;
    Graph& graph = (*model)->graph;
    const auto inputs = InputsOf(graph);
    Inference inference({.fold_small = true, .use_graph_types = false});
    for (size_t i = 0; i < inputs.size(); ++i) inference.Set(&graph, graph.inputs[i], {TypeOf(inputs[i]), {}, {}});
    std::vector<Value> out;
    PassReport report;
    const bool runs = !inputs.empty() && inference.Run(graph).ok() && FlopsOf(graph, inference) < kMaxFlops &&
                      Interpreted(graph, inputs, &out).ok();
    if (runs) {
      ++compared;
      ExpectSameResults(model->get(), inputs, {}, Tolerance{2e-4, 1e-5}, &report);
    } else {
      Status status = Optimize(model->get(), {}, &report);
      EXPECT_TRUE(status.ok()) << status.message();
    }
    double ms = 0;
    for (const PassReport::Entry& e : report.entries) ms += e.ms;
    if (print)
      std::printf("%s%s: %d ms in rules; %s", entry.path().parent_path().filename().c_str(), runs ? "" : " (not run)",
                  static_cast<int>(ms), report.Text().c_str());
  }
  std::printf("%d models, results of %d compared\n", models, compared);
  EXPECT_GT(models, 0);
}

}  // namespace
}  // namespace hasten
