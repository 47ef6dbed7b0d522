// What is around the steps of a run: stopping it in the middle of one, watching it, sharing a plan between threads.
#include <gmock/gmock.h>

#include <cstdlib>
#include <thread>

#include "engine/session.h"
#include "ops/infer.h"
#include "ops/text.h"
#include "passes/driver.h"
#include "random_graph.h"
#include "runtime/trace.h"
#include "runtime/verification.h"

namespace hasten {
namespace {

using Clock = std::chrono::steady_clock;
using ::testing::HasSubstr;

std::shared_ptr<Model> Parsed(std::string_view body) {
  auto model = ParseText(Str("hasten-ir 1\nopset \"\" 17\ngraph \"g\" {\n", body, "}\n"), Catalog::BuiltIn());
  EXPECT_TRUE(model.ok()) << model.message();
  Status s = InferTypes(&(*model)->graph);
  EXPECT_TRUE(s.ok()) << s.message();
  return *std::move(model);
}

std::vector<Value> InputsOf(const Plan& plan, int64_t open, uint64_t seed = 0) {
  std::vector<Value> inputs;
  for (SlotId s : plan.inputs) {
    const Type& type = plan.values[s].graph->value(plan.values[s].value).type;
    Dims dims;
    for (const Dim& d : type.shape.dims()) dims.push_back(d.is_const() ? d.value() : open);
    const Generator g = IsFloat(type.dtype) ? Generator{Generator::Kind::kUniform, seed + s, -1, 1}
                                            : Generator{Generator::Kind::kIntegers, seed + s, 0, 1};
    inputs.emplace_back(*Generate(g, type.dtype, dims));
  }
  return inputs;
}

std::unique_ptr<Session> SessionOf(std::shared_ptr<const Model> model, int threads, PlanOptions plan = {}) {
  SessionOptions options;
  options.plan = std::move(plan);
  options.threads = threads;
  auto session = Session::Of(std::move(model), options);
  EXPECT_TRUE(session.ok()) << session.message();
  return *std::move(session);
}

double Milliseconds(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

// --- Stopping ---

// One step of many chunks that takes long, the last of the model.
constexpr std::string_view kProduct = R"(
  in "a" f32[2048,2048]
  in "b" f32[2048,2048]
  "y" = MatMul("a", "b")
  out "y"
)";

struct Stopped {
  Code code;
  double whole = 0, after = 0, stopped = 0;  // milliseconds
};

// Runs until the flag (else the deadline) stops it.
Status StopOnce(Session* session, const std::vector<Value>& inputs, bool flag, Clock::duration after,
                double* milliseconds) {
  std::vector<Value> outputs;
  std::atomic<bool> cancel{false};
  RunOptions options;
  options.cancel = &cancel;
  const Clock::time_point start = Clock::now();
  if (!flag) options.deadline = start + after;
  std::thread other([&] {
    if (!flag) return;
    std::this_thread::sleep_for(after);
    cancel = true;
  });
  Status status = session->Run(inputs, &outputs, options);
  *milliseconds = Milliseconds(Clock::now() - start);
  other.join();
  return status;
}

// A run stopped after 5 ms, or after a twentieth of a whole one where that is more (under sanitizers).
Stopped StopEarly(int threads, bool flag) {
  const auto session = SessionOf(Parsed(kProduct), threads);
  EXPECT_NE(session->plan()->steps.back().tactic, nullptr);
  const std::vector<Value> inputs = InputsOf(*session->plan(), 1);
  std::vector<Value> outputs;
  const Clock::time_point start = Clock::now();
  EXPECT_TRUE(session->Run(inputs, &outputs).ok());
  Stopped out;
  out.whole = Milliseconds(Clock::now() - start);
  out.after = std::max(5.0, out.whole / 20);
  const auto after = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(out.after));
  Status status = StopOnce(session.get(), inputs, flag, after, &out.stopped);
  // A busy machine may let the time pass before the first step begins.
  for (int i = 0; i < 20 && status.message().find("node 0") == std::string_view::npos; ++i)
    status = StopOnce(session.get(), inputs, flag, after, &out.stopped);
  out.code = status.code();
  EXPECT_THAT(std::string(status.message()), HasSubstr("node 0"));
  // The session is none the worse for it.
  EXPECT_TRUE(session->Run(inputs, &outputs).ok());
  return out;
}

TEST(RunControl, CancelsInTheMiddleOfAStep) {
  for (int threads : {1, 2}) {
    const Stopped s = StopEarly(threads, true);
    EXPECT_EQ(s.code, Code::kCancelled);
    EXPECT_LT(s.stopped, s.whole / 2) << threads << " threads";
    std::printf("cancelled after %.0f ms: ended at %.1f ms of %.1f, %d threads\n", s.after, s.stopped, s.whole,
                threads);
  }
}

TEST(RunControl, KeepsADeadlineInTheMiddleOfAStep) {
  for (int threads : {1, 2}) {
    const Stopped s = StopEarly(threads, false);
    EXPECT_EQ(s.code, Code::kDeadlineExceeded);
    EXPECT_LT(s.stopped, s.whole / 2) << threads << " threads";
    std::printf("deadline of %.0f ms: ended at %.1f ms of %.1f, %d threads\n", s.after, s.stopped, s.whole, threads);
  }
}

TEST(RunControl, RunsToItsEndBeforeADeadline) {
  const auto session = SessionOf(Parsed(R"(
    in "a" f32[8,8]
    "y" = MatMul("a", "a")
    out "y"
  )"),
                                 2);
  const std::vector<Value> inputs = InputsOf(*session->plan(), 1);
  std::vector<Value> outputs;
  const std::atomic<bool> cancel{false};
  RunOptions options;
  options.cancel = &cancel;
  options.deadline = Clock::now() + std::chrono::hours(1);
  EXPECT_TRUE(session->Run(inputs, &outputs, options).ok());
}

// --- Watching ---

constexpr std::string_view kSmallNetwork = R"ir(
  in "x" f32[N,8,9,9]
  const "w" f32[16,8,3,3] = normal(seed=1, mean=0, deviation=0.2)
  const "d" f32[16,1,3,3] = normal(seed=2, mean=0, deviation=0.2)
  const "f" f32[16,5] = normal(seed=3, mean=0, deviation=0.2)
  const "over" i64[2] = [2, 3]
  "a" = Conv("x", "w") {pads=[1, 1, 1, 1]} epilogue "relu(0)" name "first"
  "b" = Conv("a", "d") {pads=[1, 1, 1, 1], group=16}
  "c" = Relu("b")
  "e" = Add("c", "a")
  "g" = ReduceMean("e", "over") {keepdims=0}
  "m" = MatMul("g", "f")
  "y" = Softmax("m")
  out "y"
)ir";

TEST(Verification, HoldsEveryStepToItsReference) {
  const auto session = SessionOf(Parsed(kSmallNetwork), 1);
  Verification verification(*session->plan());
  RunOptions options;
  options.observer = &verification;
  std::vector<Value> outputs;
  Status s = session->Run(InputsOf(*session->plan(), 2), &outputs, options);
  EXPECT_TRUE(s.ok()) << s.message();
  EXPECT_GE(verification.verified(), 6);
  ASSERT_TRUE(verification.worst().has_value());
  EXPECT_GT(verification.worst()->units, 0);
}

TEST(Verification, PassesOnRandomGraphs) {
  int64_t verified = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const RandomGraph g = MakeRandomGraph(seed);
    const auto session = SessionOf(g.model, 1);
    Verification verification(*session->plan());
    RunOptions options;
    options.observer = &verification;
    std::vector<Value> outputs;
    Status s = session->Run(g.inputs, &outputs, options);
    ASSERT_TRUE(s.ok()) << "seed " << seed << ": " << s.message();
    verified += verification.verified();
  }
  EXPECT_GT(verified, 500);
}

// Relu, but for its fourth element: in place, which must not hide it.
constexpr std::string_view kRelu[] = {"Relu"};
constexpr Tactic kWrongRelu = {
    .name = "wrong_relu",
    .ops = kRelu,
    .bound = 1,
    .in_place = true,
    .run = [](KernelCall& c) -> Status {
      for (int64_t i = 0; i < c.input(0).elements(); ++i)
        c.output(0).as<float>()[i] = std::max(0.0f, c.input(0).as<float>()[i]) + (i == 3 ? 0.125f : 0);
      return {};
    },
};

TEST(Verification, NamesTheFirstStepThatIsWrong) {
  const Tactic* const own[] = {&kWrongRelu};
  PlanOptions plan;
  plan.tactics = own;
  const auto session = SessionOf(Parsed(R"(
    in "x" f32[2,4]
    "a" = Neg("x")
    "b" = Relu("a") name "second"
    "c" = Neg("b")
    "y" = Relu("c")
    out "y"
  )"),
                                 1, plan);
  EXPECT_NE(session->plan()->steps[1].in_place, kNone);
  Verification verification(*session->plan());
  RunOptions options;
  options.observer = &verification;
  std::vector<Value> outputs;
  Status s = session->Run(InputsOf(*session->plan(), 1), &outputs, options);
  ASSERT_FALSE(s.ok());
  EXPECT_THAT(std::string(s.message()),
              ::testing::AllOf(HasSubstr("node 1 'second' (Relu)"), HasSubstr("step 1 by wrong_relu"),
                               HasSubstr("output 0 at element 3"), HasSubstr("at most 1 may be")));
}

TEST(Trace, HasEveryStepOfEveryRun) {
  const auto session = SessionOf(Parsed(kSmallNetwork), 1);
  Trace trace;
  RunOptions options;
  options.observer = &trace;
  std::vector<Value> outputs;
  for (int64_t rows : {1, 3}) EXPECT_TRUE(session->Run(InputsOf(*session->plan(), rows), &outputs, options).ok());
  const auto& steps = session->plan()->steps;
  ASSERT_EQ(trace.events().size(), 2 * steps.size());
  for (size_t i = 0; i < trace.events().size(); ++i) {
    const Trace::Event& e = trace.events()[i];
    EXPECT_EQ(e.step, i % steps.size());
    EXPECT_LE(e.begin, e.end);
    if (i > 0) {
      EXPECT_GE(e.begin, trace.events()[i - 1].end);
    }
    EXPECT_GT(e.cost.bytes, 0);
    if (steps[e.step].where != "node 0 'first' (Conv)") continue;
    const int64_t rows = i < steps.size() ? 1 : 3;
    EXPECT_EQ(e.in[0].Text(), Str("f32[", rows, ",8,9,9]"));
    EXPECT_EQ(e.in[1].Text(), "f32[16,8,3,3]");
    EXPECT_EQ(e.out[0].Text(), Str("f32[", rows, ",16,9,9]"));
    EXPECT_EQ(e.cost.flops, static_cast<double>(2 * rows * 16 * 81 * 72));
  }
}

// --- Threads ---

std::vector<Value> RunOf(const std::shared_ptr<const Plan>& plan, int threads, const std::vector<Value>& inputs) {
  Executor executor(plan, {.pool = threads > 1 ? std::make_shared<ThreadPool>(threads) : nullptr});
  std::vector<Value> outputs;
  Status s = executor.Run(inputs, &outputs);
  EXPECT_TRUE(s.ok()) << s.message();
  return outputs;
}

void ExpectSame(const std::vector<Value>& a, const std::vector<Value>& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(SameBits(a[i], b[i])) << what << ", output " << i;
}

std::vector<std::string> Models() {
  std::vector<std::string> out = {"models/symbols/model.onnx", "zoo:mobilenet_v2", "zoo:lstm_tagger",
                                  "zoo:efficientnet_b0", "zoo:resnet18"};
  if (std::getenv("HASTEN_FULL"))
    for (const char* name : {"zoo:resnet50", "zoo:unet", "zoo:yolo", "zoo:bert_base", "zoo:vit_b16", "zoo:vgg16"})
      out.push_back(name);
  return out;
}

TEST(Threads, DoNotChangeABit) {
  for (const std::string& path : Models()) {
    auto session = Session::Load(path);
    ASSERT_TRUE(session.ok()) << session.message();
    const auto& plan = (*session)->plan();
    const std::vector<Value> inputs = InputsOf(*plan, 1);
    const std::vector<Value> one = RunOf(plan, 1, inputs);
    for (int threads : {2, 4}) ExpectSame(RunOf(plan, threads, inputs), one, Str(path, " at ", threads, " threads"));
  }
}

TEST(Threads, EightShareAPlanAndAPool) {
  auto session = Session::Load("models/symbols/model.onnx");
  ASSERT_TRUE(session.ok()) << session.message();
  const auto& plan = (*session)->plan();
  const auto pool = std::make_shared<ThreadPool>(2);
  constexpr int kThreads = 8, kRuns = 10;
  std::vector<std::vector<Value>> inputs, expected;
  for (int t = 0; t < kThreads; ++t) {
    inputs.push_back(InputsOf(*plan, 1 + t % 3, static_cast<uint64_t>(100 * t)));
    expected.push_back(RunOf(plan, 1, inputs.back()));
  }
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      Executor executor(plan, {.pool = pool});
      std::vector<Value> outputs;
      for (int run = 0; run < kRuns; ++run) {
        if (!executor.Run(inputs[t], &outputs).ok()) ++wrong;
        for (size_t i = 0; i < outputs.size(); ++i) wrong += !SameBits(outputs[i], expected[t][i]);
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

// --- Binding ---

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
    const Clock::time_point start = Clock::now();
    const auto bytes = session->executor().ArenaBytesFor(inputs);
    best = std::min(best, Milliseconds(Clock::now() - start));
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

}  // namespace
}  // namespace hasten
