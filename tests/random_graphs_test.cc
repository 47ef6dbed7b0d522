// Random graphs: planned execution equals the interpreter, text and ONNX round trips keep the results.
// HASTEN_RANDOM_GRAPHS sets how many (2000 is the whole set); HASTEN_RANDOM_GRAPHS_DIR: where to write each as an ONNX
// file with its data, for tests/random_graphs_onnx_test.py.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "engine/session.h"
#include "import/onnx/export.h"
#include "import/onnx/value_file.h"
#include "ops/interpret.h"
#include "ops/text.h"
#include "random_graph.h"
#include "runtime/verification.h"

namespace hasten {
namespace {

int Count() {
  const char* n = std::getenv("HASTEN_RANDOM_GRAPHS");
  return n ? std::atoi(n) : 200;
}

std::vector<Value> Interpreted(const Model& model, const std::vector<Value>& inputs) {
  LocalServices services;
  std::vector<Value> out;
  Status status = Interpret(model.graph, inputs, {}, &out, services.get());
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

void ExpectPlannedSame(const RandomGraph& g, const std::vector<Value>& expected, bool references_only) {
  SessionOptions options;
  options.plan.numerics = Numerics::kExact;
  options.plan.references_only = references_only;
  auto session = Session::Of(g.model, options);
  ASSERT_TRUE(session.ok()) << session.message();
  std::vector<Value> actual;
  for (int run = 0; run < 2; ++run) {
    Status status = (*session)->Run(g.inputs, &actual);
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_TRUE(SameBits(actual[i], expected[i])) << "output " << (*session)->output_name(i) << " in run " << run;
  }
}

bool AnyDiffers(const Shape& a, const Shape& b) {
  for (int i = 0; i < a.rank(); ++i)
    if (NeverEqual(a[i], b[i])) return true;
  return false;
}

TEST(RandomGraphs, PlannedEqualsInterpretedBitForBit) {
  for (int seed = 0; seed < Count(); ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 40 + seed % 200});
    ASSERT_TRUE(Verify(g.model->graph).ok()) << Verify(g.model->graph).message();
    const auto expected = Interpreted(*g.model, g.inputs);
    ExpectPlannedSame(g, expected, true);
    ExpectPlannedSame(g, expected, false);
    if (::testing::Test::HasFailure()) return;
  }
}

// What inference says for these inputs is what the values turn out to be.
TEST(RandomGraphs, InferenceAgreesWithValues) {
  for (int seed = 0; seed < Count(); ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 40 + seed % 200});
    Inference inference({.fold_small = true, .use_graph_types = false});
    for (size_t i = 0; i < g.inputs.size(); ++i)
      inference.Set(&g.model->graph, g.model->graph.inputs[i], {TypeOf(g.inputs[i]), {}, {}});
    Status status = inference.Run(g.model->graph);
    EXPECT_TRUE(status.ok()) << status.message();
    const auto check = [&](const Graph& graph, NodeId n, const NodeOperands&, std::span<Value* const> out) {
      if (&graph != &g.model->graph) return Status();
      for (size_t i = 0; i < out.size(); ++i) {
        const Type& type = inference.Get(&graph, graph.node(n).outputs[i]).type;
        const Type is = TypeOf(*out[i]);
        const bool agrees =
            !type.known() || !type.shape.ranked() ||
            (type.dtype == is.dtype && type.shape.rank() == is.shape.rank() && !AnyDiffers(type.shape, is.shape));
        if (!agrees) return Status(Code::kInternal, Str("inferred ", type, ", is ", is));
      }
      return Status();
    };
    LocalServices services;
    std::vector<Value> out;
    status = Interpret(g.model->graph, g.inputs, {}, &out, services.get(), check);
    EXPECT_TRUE(status.ok()) << status.message();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(RandomGraphs, TextKeepsResults) {
  for (int seed = 0; seed < Count() / 4; ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed));
    const std::string text = Print(*g.model);
    auto again = ParseText(text, Catalog::BuiltIn());
    ASSERT_TRUE(again.ok()) << again.message();
    EXPECT_EQ(Print(**again), text);
    const auto expected = Interpreted(*g.model, g.inputs), actual = Interpreted(**again, g.inputs);
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(SameBits(actual[i], expected[i])) << i;
  }
}

// Inexact ops too: the plan runs the same references, so only tactics may differ, and none of them more than its bound.
TEST(RandomGraphs, RealValuesByReferenceAreTheSameBits) {
  for (int seed = 0; seed < Count() / 2; ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 80, .real_values = true});
    ExpectPlannedSame(g, Interpreted(*g.model, g.inputs), true);
    if (::testing::Test::HasFailure()) return;
  }
}

// With tactics, passes and threads: each step, computed again from the same operands, is within its bound.
TEST(RandomGraphs, RealValuesKeepEachStepWithinItsBound) {
  int64_t verified = 0;
  for (int seed = 0; seed < Count() / 2; ++seed) {
    SCOPED_TRACE(Str("seed ", seed));
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 80, .real_values = true});
    SessionOptions options;
    options.threads = 1 + seed % 3;
    auto session = seed % 2 ? Session::Optimized(g.model, options) : Session::Of(g.model, options);
    ASSERT_TRUE(session.ok()) << session.message();
    Verification verification(*(*session)->plan());
    RunOptions run;
    run.observer = &verification;
    std::vector<Value> out;
    const Status status = (*session)->Run(g.inputs, &out, run);
    ASSERT_TRUE(status.ok()) << status.message();
    verified += verification.verified();
  }
  EXPECT_GT(verified, Count());
}

TEST(RandomGraphs, WriteForPeers) {
  const char* root = std::getenv("HASTEN_RANDOM_GRAPHS_DIR");
  if (!root) return;  // tests/random_graphs_onnx_test.py asks for it
  for (int seed = 0; seed < Count(); ++seed) {
    const RandomGraph g = MakeRandomGraph(static_cast<uint64_t>(seed), {.nodes = 20 + seed % 60});
    const std::filesystem::path folder = std::filesystem::path(root) / Str("seed_", seed),
                                data = folder / "test_data_set_0";
    std::filesystem::create_directories(data);
    Status status = ExportOnnx(*g.model, (folder / "model.onnx").string(), {});
    ASSERT_TRUE(status.ok()) << status.message();
    const auto outputs = Interpreted(*g.model, g.inputs);
    for (const auto& [stem, values] : {std::pair{"input", &g.inputs}, std::pair{"output", &outputs}})
      for (size_t i = 0; i < values->size(); ++i) {
        status = WriteValuePb((data / Str(stem, "_", i, ".pb")).string(), (*values)[i], TypeOf((*values)[i]));
        ASSERT_TRUE(status.ok()) << status.message();
      }
  }
}

}  // namespace
}  // namespace hasten
