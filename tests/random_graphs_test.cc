// Random graphs: planned execution equals the interpreter, text and ONNX round trips keep the results.
// HASTEN_RANDOM_GRAPHS sets how many (2000 is the whole set); HASTEN_RANDOM_GRAPHS_DIR writes each as an ONNX file with its data,
// for tests/random_graphs_test.py to run by ONNX Runtime.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/session.h"
#include "ops/interpret.h"
#include "ops/text.h"
#include "random_graph.h"

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

}  // namespace
}  // namespace hasten
