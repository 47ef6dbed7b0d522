// Shapes bound to a plan: once each, in memory that was there before, and refused where they do not fit.
#include <gmock/gmock.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "base/thread_pool.h"
#include "kernels/bound.h"
#include "passes/driver.h"
#include "runtime/run_memory.h"
#include "sessions.h"

namespace hasten {
namespace {

using ::testing::HasSubstr;

// Blocks as transformers have them, every shape of them open: some 300 nodes.
std::string OpenBlocks(int blocks) {
  std::string body = R"(
  in "x0" f32[B,T,32]
  const "scale" f32[32] = constant(value=1)
  const "shift" f32[32] = constant(value=0)
  const "qw" f32[32,32] = normal(seed=1, mean=0, deviation=0.1)
  const "up" f32[32,64] = normal(seed=2, mean=0, deviation=0.1)
  const "down" f32[64,32] = normal(seed=3, mean=0, deviation=0.1)
  const "heads" i64[4] = [0, 0, 4, 8]
  const "whole" i64[3] = [0, 0, 32]
  const "root" f32[] = [2.828427]
)";
  for (int i = 0; i < blocks; ++i) {
    const auto v = [i](std::string_view name) { return Str("\"", name, i, "\""); };
    body += Str("  ", v("n"), " = LayerNormalization(", v("x"), ", \"scale\", \"shift\")\n");
    for (std::string_view p : {"q", "k", "v"}) {
      body += Str("  ", v(Str(p, "p")), " = MatMul(", v("n"), ", \"qw\")\n");
      body += Str("  ", v(Str(p, "h")), " = Reshape(", v(Str(p, "p")), ", \"heads\")\n");
      body += Str("  ", v(Str(p, "t")), " = Transpose(", v(Str(p, "h")), ") {perm=[0, ",
                  p == "k" ? "2, 3, 1" : "2, 1, 3", "]}\n");
    }
    body += Str("  ", v("s"), " = MatMul(", v("qt"), ", ", v("kt"), ")\n");
    body += Str("  ", v("d"), " = Div(", v("s"), ", \"root\")\n");
    body += Str("  ", v("p"), " = Softmax(", v("d"), ")\n");
    body += Str("  ", v("a"), " = MatMul(", v("p"), ", ", v("vt"), ")\n");
    body += Str("  ", v("at"), " = Transpose(", v("a"), ") {perm=[0, 2, 1, 3]}\n");
    body += Str("  ", v("ar"), " = Reshape(", v("at"), ", \"whole\")\n");
    body += Str("  ", v("o"), " = MatMul(", v("ar"), ", \"qw\")\n");
    body += Str("  ", v("r"), " = Add(", v("o"), ", ", v("x"), ")\n");
    body += Str("  ", v("m"), " = LayerNormalization(", v("r"), ", \"scale\", \"shift\")\n");
    body += Str("  ", v("u"), " = MatMul(", v("m"), ", \"up\")\n");
    body += Str("  ", v("g"), " = Sigmoid(", v("u"), ")\n");
    body += Str("  ", v("h"), " = Mul(", v("g"), ", ", v("u"), ")\n");
    body += Str("  ", v("w"), " = MatMul(", v("h"), ", \"down\")\n");
    body += Str("  \"x", i + 1, "\" = Add(", v("w"), ", ", v("r"), ")\n");
  }
  return body + Str("  out \"x", blocks, "\"\n");
}

// Values of known and of data-dependent shape, a loop and constants.
constexpr std::string_view kDataDependent = R"ir(
  in "x" f32[N,4]
  const "w" f32[4,4] = normal(seed=1, mean=0, deviation=1)
  const "three" i64[] = [3]
  const "yes" bool[] = [true]
  "m" = MatMul("x", "w")
  "r" = Relu("m")
  "at" = NonZero("r")
  "rows" = Transpose("at") {perm=[1, 0]}
  "kept" = GatherND("r", "rows")
  "twice" = Add("kept", "kept")
  "y" = Loop("three", "yes", "m") {body=graph "body" {
    in "i" i64[]
    in "go" bool[]
    in "v" f32[N,4]
    "n" = Abs("v")
    "t" = Identity("go")
    out "t"
    out "n"
  }}
  out "twice"
  out "y"
)ir";

TEST(Binding, InTheMemoryOfAnotherChangesNothing) {
  for (const std::string_view body : {kSmallNetwork, kDataDependent}) {
    const auto session = SessionOf(Parsed(body), 1);
    Executor one(session->plan(), {.max_bindings = 1});
    for (const int64_t rows : {3, 1, 7, 2, 7, 0, 5, 1, 40, 2}) {
      const std::vector<Value> inputs = InputsOf(*session->plan(), rows, static_cast<uint64_t>(rows));
      std::vector<Value> outputs;
      Status s = one.Run(inputs, &outputs);
      ASSERT_TRUE(s.ok()) << s.message();
      ExpectSame(outputs, RunOf(session->plan(), 1, inputs), Str(rows, " rows"));
    }
    EXPECT_EQ(one.times_bound(), 10);
  }
}

TEST(Binding, RefusesDimsOfOneNameThatDiffer) {
  const auto made = Session::Optimized(Parsed(R"(
    in "x" f32[N,3]
    in "r" f32[N,4]
    const "w" f32[3,4] = constant(value=1)
    "m" = MatMul("x", "w")
    "y" = Add("m", "r")
    out "y"
  )"),
                                       {});
  ASSERT_TRUE(made.ok()) << made.message();
  const auto& session = *made;
  ASSERT_FALSE(session->plan()->steps.back().node->epilogue.empty());
  const auto run = [&](int64_t rows, int64_t others) {
    const std::vector<Value> inputs = {Value(*NewTensor(DType::kF32, {rows, 3})),
                                       Value(*NewTensor(DType::kF32, {others, 4}))};
    std::vector<Value> outputs;
    return session->Run(inputs, &outputs);
  };
  EXPECT_TRUE(run(5, 5).ok());
  for (const auto& [rows, others] : {std::pair<int64_t, int64_t>{70000, 5}, {5, 70000}})
    EXPECT_THAT(std::string(run(rows, others).message()), HasSubstr("do not broadcast"));
  EXPECT_TRUE(run(6, 1).ok());
}

TEST(Binding, RefusesDimsBeyondAllNumbers) {
  const auto session = SessionOf(Parsed(R"(
    in "x" f32[1,2]
    const "repeats" i64[2] = [3, 8718968878590328836]
    "y" = Tile("x", "repeats")
    out "y"
  )"),
                                 1);
  const std::vector<Value> inputs = {Value(*NewTensor(DType::kF32, {1, 2}))};
  std::vector<Value> outputs;
  EXPECT_THAT(std::string(session->Run(inputs, &outputs).message()), HasSubstr("fit into 64 bits"));
}

// Milliseconds to bind a new shape, the best of 38.
double TimeToBind(Session* session) {
  double best = 1e9;
  for (int64_t t = 2; t < 40; ++t) {
    const std::vector<Value> inputs = {Value(*NewTensor(DType::kF32, {1, t, 32}))};
    const auto start = std::chrono::steady_clock::now();
    const auto bytes = session->executor().ArenaBytesFor(inputs);
    best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    EXPECT_TRUE(bytes.ok()) << bytes.message();
  }
  return best;
}

TEST(Binding, OfEachNewShapeIsDoneOnce) {
  const auto model = Parsed(OpenBlocks(13));
  const size_t nodes = CountNodes(model->graph);
  const auto unoptimized = SessionOf(model, 1);
  auto optimized = Session::Optimized(Parsed(OpenBlocks(13)), {.threads = 1});
  ASSERT_TRUE(optimized.ok()) << optimized.message();
  for (Session* session : {unoptimized.get(), optimized->get()}) {
    const double best = TimeToBind(session);
    EXPECT_EQ(session->executor().times_bound(), 38);
    std::printf("binding a model of %zu nodes, %zu steps, to new shapes: %.0f us\n", nodes,
                session->plan()->steps.size(), best * 1e3);
  }
}

// A body, and the bytes of memory that its values need at the least.
struct Sharing {
  std::string_view what, body;
  int64_t bytes;
};
constexpr Sharing kSharings[] = {
    {"parts that end there are computed in the whole", R"ir(
  in "x" f32[1,4,16]
  in "z" f32[1,8,16]
  "a" = Softmax("x")
  "b" = Softmax("z")
  "c" = Concat("a", "b") {axis=1}
  "y" = Softmax("c")
  out "y"
)ir",
     (4 + 8) * 16 * 4},
    {"one is read later: it is copied", R"ir(
  in "x" f32[1,4,16]
  in "z" f32[1,8,16]
  "a" = Softmax("x")
  "b" = Softmax("z")
  "c" = Concat("a", "b") {axis=1}
  "y" = Softmax("c")
  "z2" = Softmax("a")
  out "y"
  out "z2"
)ir",
     (4 + 4 + 8) * 16 * 4},
    {"twice the same, a part that is an input, one at an odd place", R"ir(
  in "x" f32[1,2,3]
  "a" = Softmax("x")
  "c" = Concat("a", "x", "a") {axis=1}
  "y" = Softmax("c")
  out "y"
)ir",
     128},
    {"not one behind the other", R"ir(
  in "x" f32[2,4,16]
  in "z" f32[2,4,16]
  "a" = Softmax("x")
  "b" = Softmax("z")
  "c" = Concat("a", "b") {axis=1}
  "y" = Softmax("c")
  out "y"
)ir",
     4 * (2 * 4 * 16) * 4},
    {"pieces of a whole that ends there, one of them written over, joined in another order", R"ir(
  in "x" f32[48,4]
  const "sizes" i64[3] = [16, 16, 16]
  "a" = Softmax("x")
  "p", "q", "r" = Split("a", "sizes") {axis=0}
  "n" = Neg("q")
  "c" = Concat("r", "n", "p") {axis=0}
  "y" = Softmax("c")
  out "y"
)ir",
     2 * 48 * 4 * 4},
    {"a whole in a whole", R"ir(
  in "x" f32[16,4]
  "a" = Softmax("x")
  "b" = Sigmoid("x")
  "c" = Concat("a", "b") {axis=0}
  "d" = Softmax("x")
  "e" = Concat("c", "d") {axis=0}
  "y" = Softmax("e")
  out "y"
)ir",
     48 * 4 * 4}};

TEST(Binding, WholesAndPartsShareMemory) {
  for (const Sharing& sharing : kSharings) {
    SCOPED_TRACE(sharing.what);
    const auto model = Parsed(sharing.body);
    const auto session = SessionOf(model, 1), reference = SessionOf(model, 1, {.references_only = true});
    const auto inputs = InputsOf(*session->plan(), 1);
    std::vector<Value> is, want;
    for (int run = 0; run < 2; ++run) {
      ASSERT_TRUE(session->Run(inputs, &is).ok());
      ASSERT_TRUE(reference->Run(inputs, &want).ok());
      for (size_t i = 0; i < want.size(); ++i) {
        const Distance distance = DistanceOf(is[i].tensor(), want[i].tensor());
        EXPECT_LE(distance.units, 64) << "output " << i << ", element " << distance.element;
      }
    }
    EXPECT_EQ(session->executor().arena_bytes(), sharing.bytes);
  }
}

// Convolutions one behind the other, their values channels last, between operators that have no layout of their own.
std::string Convolutions(int count) {
  std::string body = R"(
  in "x0" f32[N,32,32,32]
  const "w" f32[32,32,1,1] = normal(seed=1, mean=0, deviation=0.1)
)";
  for (int i = 0; i < count; ++i)
    body += Str("  \"c", i, "\" = Conv(\"x", i, "\", \"w\")\n  \"r", i, "\" = Relu(\"c", i, "\")\n  \"x", i + 1,
                "\" = Cast(\"r", i, "\") {to=1}\n");
  return body + Str("  out \"x", count, "\"\n");
}

TEST(Binding, ValuesLieInOneLayoutOnly) {
  const auto session = SessionOf(Parsed(Convolutions(8)), 1);
  int64_t reorders = 0;
  for (const Step& step : session->plan()->steps) reorders += step.node->op->name == "Reorder";
  EXPECT_LE(reorders, 2) << "of the input and of the output";
  const auto bytes = session->executor().ArenaBytesFor(InputsOf(*session->plan(), 1));
  ASSERT_TRUE(bytes.ok()) << bytes.message();
  EXPECT_LE(*bytes, 2 * 32 * 32 * 32 * 4 + (64 << 10)) << "what a convolution reads and what it writes, its workspace";
}

TEST(Binding, SessionsShareThreads) {
  const auto pool = std::make_shared<ThreadPool>(3);
  const auto run = [&pool](const std::shared_ptr<const Model>& model) {
    SessionOptions options{.passes = false};
    options.pool = pool;
    auto session = Session::Of(model, options);
    ASSERT_TRUE(session.ok()) << session.message();
    EXPECT_EQ((*session)->threads(), 3);
    for (const int64_t rows : {1, 3, 2, 1, 5, 3, 1}) {
      pool->Rest(static_cast<int>(rows % 3));
      const auto inputs = InputsOf(*(*session)->plan(), rows, static_cast<uint64_t>(rows));
      std::vector<Value> outputs;
      Status s = (*session)->Run(inputs, &outputs);
      ASSERT_TRUE(s.ok()) << s.message();
      ExpectSame(outputs, RunOf((*session)->plan(), 1, inputs), Str(rows, " rows"));
    }
  };
  std::thread other(run, Parsed(kSmallNetwork));
  run(Parsed(Convolutions(2)));
  other.join();
}

TEST(RunMemory, GrowsAndIsLetGoOf) {
  RunMemory memory;
  auto first = memory.AtLeast(1 << 20);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(memory.AtLeast(1 << 10)->data, first->data) << "held by somebody: as good as any other";
  auto larger = memory.AtLeast(2 << 20);
  ASSERT_TRUE(larger.ok());
  EXPECT_EQ(larger->bytes(), 2 << 20);
  EXPECT_NE(larger->data, first->data);
  std::memset(first->data, 1, 1 << 20);  // still its holder's
  EXPECT_EQ(memory.AtLeast(1 << 20)->bytes(), 2 << 20);
}

TEST(RunMemory, KeepsNothingFarTooLargeForItself) {
  RunMemory memory;
  { ASSERT_TRUE(memory.AtLeast(1 << 20).ok()); }
  EXPECT_EQ(memory.AtLeast(1 << 19)->bytes(), 1 << 20);
  EXPECT_EQ(memory.AtLeast(1 << 10)->bytes(), 1 << 10);
  EXPECT_EQ(memory.AtLeast(0)->bytes(), 0);
}

}  // namespace
}  // namespace hasten
