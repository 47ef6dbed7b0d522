// What is around the steps of a run: stopping it in the middle of one, watching it, sharing a plan between threads.
#include <gmock/gmock.h>

#include <cstdlib>
#include <thread>

#include "random_graph.h"
#include "runtime/trace.h"
#include "runtime/verification.h"
#include "sessions.h"

namespace hasten {
namespace {

using Clock = std::chrono::steady_clock;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace hasten
