// The C interface, called as C would, through libhasten.so.
#include "calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace calls;  // NOLINT
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CApi, LoadsPlansAndRuns) {
  hasten_model* model = Load(kMlp);
  ASSERT_EQ(hasten_model_inputs(model), 1u);
  hasten_value_info info = {sizeof info};
  Ok(hasten_model_input(model, 0, &info));
  EXPECT_STREQ(info.name, "x");
  EXPECT_EQ(info.kind, HASTEN_KIND_TENSOR);
  EXPECT_EQ(info.dtype, HASTEN_F32);
  ASSERT_EQ(info.ndim, 2);
  EXPECT_EQ(info.dims[0], -1);
  EXPECT_STREQ(info.symbols[0], "N");
  EXPECT_EQ(info.dims[1], 3);
  EXPECT_EQ(info.symbols[1], nullptr);
  EXPECT_STREQ(info.type, "f32[N,3]");
  Ok(hasten_model_output(model, 0, &info));
  EXPECT_STREQ(info.type, "f32[N,2]");

  hasten_plan* plan = nullptr;
  Ok(hasten_plan_create(model, nullptr, &plan));
  hasten_plan* again = nullptr;  // a model may be planned as often as one likes
  Ok(hasten_plan_create(model, nullptr, &again));
  EXPECT_STREQ(hasten_plan_description(plan), hasten_plan_description(again));
  EXPECT_THAT(hasten_plan_description(plan), HasSubstr("MatMul"));
  hasten_plan_free(again);
  hasten_executor* executor = nullptr;
  Ok(hasten_executor_create(plan, nullptr, &executor));
  std::vector<float> x = {1, 0, -1};
  hasten_argument in = Argument(x, HASTEN_F32, kRow);
  hasten_result* result = nullptr;
  Ok(hasten_run(executor, &in, 1, nullptr, 0, nullptr, &result));
  // Everything else may go first.
  hasten_executor_free(executor);
  hasten_plan_free(plan);
  hasten_model_free(model);
  x = {9, 9, 9};
  ASSERT_EQ(hasten_result_count(result), 1u);
  EXPECT_THAT(Floats(hasten_result_output(result, 0)), ElementsAre(0, 0));
  EXPECT_EQ(hasten_result_find(result, "y"), hasten_result_output(result, 0));
  EXPECT_EQ(hasten_result_find(result, "z"), nullptr);
  EXPECT_EQ(hasten_result_output(result, 1), nullptr);
  hasten_result_free(result);
}

TEST(CApi, WritesIntoMemoryOfTheCallersByName) {
  hasten_executor* executor = ExecutorOf(kMlp);
  std::vector<float> x = {1, 1, 1}, y = {7, 7};
  hasten_argument in = Argument(x, HASTEN_F32, kRow), out = Argument(y, HASTEN_F32, kOut);
  in.name = "x";
  out.name = "y";
  Ok(hasten_run(executor, &in, 1, &out, 1, nullptr, nullptr));
  EXPECT_THAT(y, ElementsAre(9, 12));
  hasten_result* result = nullptr;
  Ok(hasten_run(executor, &in, 1, &out, 1, nullptr, &result));
  hasten_tensor t = {};
  Ok(hasten_value_tensor(hasten_result_output(result, 0), &t));
  EXPECT_EQ(t.data, y.data());
  hasten_result_free(result);
  hasten_executor_free(executor);
}

TEST(CApi, MemoryMayBeMisaligned) {
  hasten_executor* executor = ExecutorOf(kMlp);
  std::vector<float> x = {1, 1, 1};
  std::vector<char> from(16), to(16);
  std::memcpy(from.data() + 1, x.data(), 12);
  hasten_argument in = Argument(from, HASTEN_F32, kRow), out = Argument(to, HASTEN_F32, kOut);
  in.tensor.byte_offset = out.tensor.byte_offset = 1;
  Ok(hasten_run(executor, &in, 1, &out, 1, nullptr, nullptr));
  float y[2];
  std::memcpy(y, to.data() + 1, sizeof y);
  EXPECT_THAT(y, ElementsAre(9, 12));
  hasten_executor_free(executor);
}

TEST(CApi, BorrowsRowMajorAndCopiesStridedInputs) {
  hasten_executor* executor = ExecutorOf(kMlp);
  // Two rows that lie as columns, two elements into the memory.
  std::vector<float> x = {-1, -1, 1, 10, 2, 20, 3, 30};
  const int64_t strides[] = {1, 2};
  hasten_argument in = Argument(x, HASTEN_F32, kTwoRows);
  in.tensor.strides = strides;
  in.tensor.byte_offset = 8;
  hasten_result* result = nullptr;
  Ok(hasten_run(executor, &in, 1, nullptr, 0, nullptr, &result));
  EXPECT_THAT(Floats(hasten_result_output(result, 0)), ElementsAre(22, 28, 220, 280));
  hasten_result_free(result);
  // A row counted backwards.
  const int64_t backwards[] = {3, -1};
  in = Argument(x, HASTEN_F32, kRow);
  in.tensor.strides = backwards;
  in.tensor.byte_offset = 16;  // 2, 10, 1
  Ok(hasten_run(executor, &in, 1, nullptr, 0, nullptr, &result));
  EXPECT_THAT(Floats(hasten_result_output(result, 0)), ElementsAre(37, 50));
  hasten_result_free(result);
  hasten_executor_free(executor);
}

TEST(CApi, OutputsThatAreInputsDoNotBorrow) {
  hasten_executor* executor = ExecutorOf(
      "hasten-ir 1\nopset \"\" 22\ngraph \"g\" {\n  in \"x\" f32[3]\n  const \"c\" f32[2] = [4, 5]\n"
      "  \"y\" = Identity(\"x\")\n  \"d\" = Identity(\"c\")\n  out \"y\"\n  out \"d\"\n}\n");
  std::vector<float> x = {1, 2, 3};
  const std::vector<int64_t> shape = {3};
  hasten_argument in = Argument(x, HASTEN_F32, shape);
  hasten_result* result = nullptr;
  Ok(hasten_run(executor, &in, 1, nullptr, 0, nullptr, &result));
  x = {0, 0, 0};
  hasten_executor_free(executor);
  EXPECT_THAT(Floats(hasten_result_output(result, 0)), ElementsAre(1, 2, 3));
  EXPECT_THAT(Floats(hasten_result_output(result, 1)), ElementsAre(4, 5));
  hasten_result_free(result);
}

// --- Control ---

TEST(CApi, CancelsFromAnotherThread) {
  hasten_executor* executor = ExecutorOf(Long());
  hasten_cancel* cancel = nullptr;
  Ok(hasten_cancel_create(&cancel));
  std::vector<float> x(256 * 256, 0.5f);
  const std::vector<int64_t> shape = {256, 256};
  const hasten_argument in = Argument(x, HASTEN_F32, shape);
  hasten_run_options options = {sizeof options};
  options.cancel = cancel;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    hasten_cancel_now(cancel);
  });
  Said(hasten_run(executor, &in, 1, nullptr, 0, &options, nullptr), HASTEN_CANCELLED);
  other.join();
  Said(hasten_run(executor, &in, 1, nullptr, 0, &options, nullptr), HASTEN_CANCELLED);  // it stays so
  hasten_cancel_free(cancel);
  options.cancel = nullptr;
  options.deadline_ms = 3;
  Said(hasten_run(executor, &in, 1, nullptr, 0, &options, nullptr), HASTEN_DEADLINE_EXCEEDED);
  options.deadline_ms = -1;
  Said(hasten_run(executor, &in, 1, nullptr, 0, &options, nullptr), HASTEN_INVALID_ARGUMENT);
  hasten_executor_free(executor);
}

struct Outcome {
  std::promise<void> done;
  std::string error;
  std::vector<float> y;
};

void Done(void* user_data, hasten_error* error, hasten_result* result) {
  auto* outcome = static_cast<Outcome*>(user_data);
  outcome->error = hasten_error_message(error);
  if (result) outcome->y = Floats(hasten_result_output(result, 0));
  EXPECT_EQ(error == nullptr, result != nullptr);
  hasten_error_free(error);
  hasten_result_free(result);
  outcome->done.set_value();
}

TEST(CApi, RunsAsynchronously) {
  hasten_executor* executor = ExecutorOf(kMlp);
  std::vector<float> x = {1, 1, 1};
  for (int i = 0; i < 20; ++i) {
    Outcome outcome;
    {
      std::vector<int64_t> shape = {1, 3};
      std::string name = "x";
      hasten_argument in = Argument(x, HASTEN_F32, shape);
      in.name = name.c_str();
      Ok(hasten_run_async(executor, &in, 1, nullptr, 0, nullptr, Done, &outcome));
      shape = {0, 0};
      name = "?";
    }
    outcome.done.get_future().wait();
    EXPECT_EQ(outcome.error, "ok");
    EXPECT_THAT(outcome.y, ElementsAre(9, 12));
    hasten_executor_wait(executor);
  }
  hasten_executor_free(executor);
}

TEST(CApi, OneRunAtATimeAnExecutor) {
  hasten_executor* executor = ExecutorOf(Long());
  hasten_cancel* cancel = nullptr;
  Ok(hasten_cancel_create(&cancel));
  std::vector<float> x(256 * 256, 0.5f);
  const std::vector<int64_t> shape = {256, 256};
  const hasten_argument in = Argument(x, HASTEN_F32, shape);
  hasten_run_options options = {sizeof options};
  options.cancel = cancel;
  Outcome outcome;
  Ok(hasten_run_async(executor, &in, 1, nullptr, 0, &options, Done, &outcome));
  Said(hasten_run(executor, &in, 1, nullptr, 0, nullptr, nullptr), HASTEN_BUSY);
  Said(hasten_run_async(executor, &in, 1, nullptr, 0, nullptr, Done, &outcome), HASTEN_BUSY);
  hasten_cancel_now(cancel);
  hasten_cancel_free(cancel);
  hasten_executor_free(executor);  // awaits it
  EXPECT_THAT(outcome.error, HasSubstr("cancel"));
}

struct Chain {
  hasten_executor* executor;
  const hasten_argument* in;
  std::atomic<int> runs{0};
};

void Again(void* user_data, hasten_error* error, hasten_result* result) {
  auto* chain = static_cast<Chain*>(user_data);
  Ok(error);
  hasten_result_free(result);
  if (++chain->runs < 10) Ok(hasten_run_async(chain->executor, chain->in, 1, nullptr, 0, nullptr, Again, chain));
}

TEST(CApi, ACallbackMayBeginTheNextRun) {
  hasten_executor* executor = ExecutorOf(kMlp);
  std::vector<float> x = {1, 1, 1};
  const hasten_argument in = Argument(x, HASTEN_F32, kRow);
  Chain chain{executor, &in};
  Ok(hasten_run_async(executor, &in, 1, nullptr, 0, nullptr, Again, &chain));
  hasten_executor_wait(executor);
  EXPECT_EQ(chain.runs, 10);
  hasten_executor_free(executor);
}

TEST(CApi, EightThreadsShareAPlan) {
  hasten_plan_options options = {sizeof options};
  options.threads = 2;
  hasten_plan* plan = PlanOf(kMlp, options);
  EXPECT_EQ(hasten_plan_threads(plan), 2);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      hasten_executor* executor = nullptr;
      Ok(hasten_executor_create(plan, nullptr, &executor));
      for (int i = 0; i < 200; ++i) {
        const auto rows = static_cast<size_t>(1 + (t + i) % 5);
        std::vector<float> x(rows * 3, static_cast<float>(t)), y(rows * 2);
        const std::vector<int64_t> xs = {static_cast<int64_t>(rows), 3}, ys = {static_cast<int64_t>(rows), 2};
        const hasten_argument in = Argument(x, HASTEN_F32, xs), out = Argument(y, HASTEN_F32, ys);
        Ok(hasten_run(executor, &in, 1, &out, 1, nullptr, nullptr));
        for (size_t k = 0; k < y.size(); ++k) wrong += y[k] != static_cast<float>(t * (k % 2 ? 12 : 9));
      }
      hasten_executor_free(executor);
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  hasten_plan_free(plan);
}

// --- States ---

constexpr const char* kCounter = R"(hasten-ir 1
opset "" 22
graph "counter" {
  in "x" f32[B,2]
  in "sum" f32[B,2]
  in "seen" f32[B,T,2]
  const "axis" i64[1] = [1]
  "next" = Add("x", "sum")
  "x3" = Unsqueeze("x", "axis")
  "all" = Concat("seen", "x3") {axis=1}
  "y" = Mul("next", "next")
  out "y"
  out "next"
  out "all"
}
)";

hasten_plan* CounterPlan() {
  const hasten_state_binding states[] = {{"sum", "next", false, 0}, {"seen", "all", true, 1}};
  hasten_plan_options options = {sizeof options};
  options.states = states;
  options.state_count = 2;
  return PlanOf(kCounter, options);
}

TEST(CApi, StatesLastFromRunToRun) {
  hasten_plan* plan = CounterPlan();
  ASSERT_EQ(hasten_plan_inputs(plan), 1u);
  ASSERT_EQ(hasten_plan_outputs(plan), 1u);
  hasten_executor *executor = nullptr, *second = nullptr;
  Ok(hasten_executor_create(plan, nullptr, &executor));
  Ok(hasten_executor_create(plan, nullptr, &second));
  hasten_state* state = nullptr;
  hasten_state_options two = {sizeof two};
  two.open_dim = 2;
  Ok(hasten_state_create(plan, &two, &state));
  std::vector<float> x = {1, 2, 3, 4}, y(4);
  const std::vector<int64_t> shape = {2, 2};
  const hasten_argument in = Argument(x, HASTEN_F32, shape), out = Argument(y, HASTEN_F32, shape);
  hasten_run_options options = {sizeof options};
  Said(hasten_run(executor, &in, 1, &out, 1, nullptr, nullptr), HASTEN_INVALID_ARGUMENT);
  options.state = state;
  for (float i = 1; i <= 5; ++i) {  // states move between executors
    Ok(hasten_run(static_cast<int>(i) % 2 ? executor : second, &in, 1, &out, 1, &options, nullptr));
    EXPECT_THAT(y, ElementsAre(i * i, 4 * i * i, 9 * i * i, 16 * i * i));
  }
  hasten_tensor t = {};
  Ok(hasten_state_get(state, "sum", &t));
  EXPECT_EQ(static_cast<const float*>(t.data)[3], 20);
  Ok(hasten_state_get(state, "seen", &t));
  EXPECT_EQ(t.shape[1], 5);
  // A run that fails changes nothing.
  const std::vector<int64_t> wrong = {1, 4};
  const hasten_argument bad = Argument(x, HASTEN_F32, wrong);
  Said(hasten_run(executor, &bad, 1, nullptr, 0, &options, nullptr), HASTEN_INVALID_ARGUMENT);
  Ok(hasten_state_get(state, "seen", &t));
  EXPECT_EQ(t.shape[1], 5);
  Ok(hasten_state_reset(state));
  Ok(hasten_run(executor, &in, 1, &out, 1, &options, nullptr));
  EXPECT_THAT(y, ElementsAre(1, 4, 9, 16));
  std::vector<float> sum = {1, 1, 1, 1};
  const hasten_argument set = Argument(sum, HASTEN_F32, shape);
  Ok(hasten_state_set(state, "sum", &set.tensor));
  Ok(hasten_run(executor, &in, 1, &out, 1, &options, nullptr));
  EXPECT_THAT(y, ElementsAre(4, 9, 16, 25));
  Said(hasten_state_set(state, "sum", &bad.tensor), HASTEN_INVALID_ARGUMENT);
  Said(hasten_state_get(state, "x", &t), HASTEN_NOT_FOUND);
  // Of another plan.
  hasten_plan* other = CounterPlan();
  hasten_state* foreign = nullptr;
  Ok(hasten_state_create(other, nullptr, &foreign));
  options.state = foreign;
  Said(hasten_run(executor, &in, 1, &out, 1, &options, nullptr), HASTEN_INVALID_ARGUMENT);
  hasten_plan_free(other);
  hasten_plan_free(plan);
  hasten_executor_free(executor);
  hasten_executor_free(second);
  hasten_state_free(foreign);
  hasten_state_free(state);
}

// --- Strings, sequences, maps ---

TEST(CApi, StringsGoInAndOut) {
  hasten_executor* executor = ExecutorOf(
      "hasten-ir 1\nopset \"\" 22\ngraph \"g\" {\n  in \"a\" string[n]\n  in \"b\" string[n]\n"
      "  \"y\" = StringConcat(\"a\", \"b\")\n  out \"y\"\n}\n");
  std::vector<hasten_string> a = {{"x", 1}, {"", 0}, {"long enough not to be inline", 28}},
                             b = {{"1", 1}, {nullptr, 0}, {"3", 1}};
  const std::vector<int64_t> shape = {3};
  const hasten_argument in[] = {Argument(a, HASTEN_STRING, shape), Argument(b, HASTEN_STRING, shape)};
  hasten_result* result = nullptr;
  Ok(hasten_run(executor, in, 2, nullptr, 0, nullptr, &result));
  const hasten_value* y = hasten_result_output(result, 0);
  const auto at = [&](int64_t i) {
    hasten_string s = {};
    Ok(hasten_value_string(y, i, &s));
    return std::string(s.data, s.size);
  };
  EXPECT_EQ(at(0), "x1");
  EXPECT_EQ(at(1), "");
  EXPECT_EQ(at(2), "long enough not to be inline3");
  hasten_string s = {};
  Said(hasten_value_string(y, 3, &s), HASTEN_INVALID_ARGUMENT);
  hasten_tensor t = {};
  Ok(hasten_value_tensor(y, &t));
  EXPECT_EQ(t.data, nullptr);
  EXPECT_EQ(t.shape[0], 3);
  hasten_result_free(result);
  hasten_executor_free(executor);
}

TEST(CApi, SequencesGoInAndOut) {
  hasten_executor* executor = ExecutorOf(
      "hasten-ir 1\nopset \"\" 22\ngraph \"g\" {\n  in \"s\" seq(f32[n])\n  in \"x\" f32[n]\n"
      "  \"y\" = SequenceInsert(\"s\", \"x\")\n  out \"y\"\n}\n");
  std::vector<float> x = {1, 2};
  const std::vector<int64_t> shape = {2};
  hasten_argument in[] = {{}, Argument(x, HASTEN_F32, shape)};
  hasten_value *first = nullptr, *list = nullptr;
  Ok(hasten_value_of_tensor(&in[1].tensor, &first));
  Said(hasten_value_of_elements(&first, 1, HASTEN_I64, &list), HASTEN_INVALID_ARGUMENT);
  EXPECT_EQ(list, nullptr);
  Ok(hasten_value_of_elements(&first, 1, HASTEN_F32, &list));
  hasten_value_free(first);
  in[0].value = list;
  x = {3, 4};
  hasten_result* result = nullptr;
  Ok(hasten_run(executor, in, 2, nullptr, 0, nullptr, &result));
  hasten_value_free(list);
  x = {0, 0};
  const hasten_value* y = hasten_result_output(result, 0);
  EXPECT_EQ(hasten_value_kind(y), HASTEN_KIND_SEQUENCE);
  ASSERT_EQ(hasten_value_count(y), 2u);
  EXPECT_THAT(Floats(hasten_value_element(y, 0)), ElementsAre(1, 2));
  EXPECT_THAT(Floats(hasten_value_element(y, 1)), ElementsAre(3, 4));
  EXPECT_EQ(hasten_value_element(y, 2), nullptr);
  hasten_result_free(result);
  hasten_executor_free(executor);
}

TEST(CApi, MapsGoIn) {
  hasten_executor* executor = ExecutorOf(
      "hasten-ir 1\nopset \"\" 22\nopset \"ai.onnx.ml\" 5\ngraph \"g\" {\n  in \"m\" map(string,f32[])\n"
      "  \"y\" = ai.onnx.ml.DictVectorizer(\"m\") {string_vocabulary=[\"a\", \"b\", \"c\"]}\n  out \"y\"\n}\n");
  std::vector<hasten_string> keys = {{"c", 1}, {"a", 1}};
  std::vector<float> values = {5, 6};
  const std::vector<int64_t> shape = {2}, other = {1};
  const hasten_argument k = Argument(keys, HASTEN_STRING, shape), v = Argument(values, HASTEN_F32, shape);
  hasten_argument in = {};
  hasten_value* map = nullptr;
  Said(hasten_value_of_map(&v.tensor, &v.tensor, &map), HASTEN_INVALID_ARGUMENT);
  Ok(hasten_value_of_map(&k.tensor, &v.tensor, &map));
  in.value = map;
  hasten_result* result = nullptr;
  Ok(hasten_run(executor, &in, 1, nullptr, 0, nullptr, &result));
  EXPECT_THAT(Floats(hasten_result_output(result, 0)), ElementsAre(6, 0, 5));
  EXPECT_EQ(hasten_value_kind(hasten_value_keys(map)), HASTEN_KIND_TENSOR);
  EXPECT_THAT(Floats(hasten_value_values(map)), ElementsAre(5, 6));
  hasten_value_free(map);
  hasten_result_free(result);
  hasten_executor_free(executor);
}

// --- Plan files ---

TEST(CApi, PlanFilesAreSavedAndLoaded) {
  const std::string path = ::testing::TempDir() + "c_api_test.plan";
  hasten_plan* plan = CounterPlan();
  Ok(hasten_plan_save(plan, path.c_str()));
  hasten_plan_free(plan);
  const hasten_state_binding states[] = {{"sum", "next", false, 0}, {"seen", "all", true, 1}};
  hasten_plan_options options = {sizeof options};
  options.states = states;
  options.state_count = 2;
  Ok(hasten_plan_load(path.c_str(), nullptr, &options, &plan));
  EXPECT_EQ(hasten_plan_inputs(plan), 1u);
  hasten_plan_free(plan);
  Ok(hasten_plan_load(path.c_str(), nullptr, nullptr, &plan));
  EXPECT_EQ(hasten_plan_inputs(plan), 3u);
  hasten_plan_free(plan);
  hasten_model* model = nullptr;
  Ok(hasten_model_load(path.c_str(), nullptr, &model));
  EXPECT_EQ(hasten_model_outputs(model), 3u);
  hasten_plan_options release = {sizeof release};
  release.release_weights = true;
  Ok(hasten_plan_create(model, &release, &plan));
  Said(hasten_plan_save(plan, path.c_str()), HASTEN_INVALID_ARGUMENT);
  hasten_plan_free(plan);
  hasten_model_free(model);
  std::ofstream(path, std::ios::binary) << "no plan";
  hasten_error* error = hasten_plan_load(path.c_str(), nullptr, nullptr, &plan);
  EXPECT_THAT(hasten_error_message(error), HasSubstr(path));
  hasten_error_free(error);
  std::remove(path.c_str());
}

TEST(CApi, TellsProgressAndNotes) {
  struct Told {
    size_t calls = 0, last = 0, all = 0;
    std::string log;
  } told;
  hasten_plan_options options = {sizeof options};
  options.level = 1;
  options.timing_seconds = 0.05;
  options.progress = [](void* data, size_t done, size_t all) {
    auto* t = static_cast<Told*>(data);
    ++t->calls, t->last = done, t->all = all;
  };
  options.progress_user_data = &told;
  options.log = [](void* data, hasten_level, const char* message) { static_cast<Told*>(data)->log += message; };
  options.log_user_data = &told;
  hasten_plan_free(
      PlanOf("hasten-ir 1\nopset \"\" 22\ngraph \"g\" {\n  in \"x\" f32[4,4]\n  \"d\" = Det(\"x\")\n  "
             "\"y\" = MatMul(\"x\", \"x\")\n  out \"d\"\n  out \"y\"\n}\n",
             options));
  EXPECT_GT(told.calls, 0u);
  EXPECT_LE(told.last, told.all);
  EXPECT_THAT(told.log, HasSubstr("Det"));
}

}  // namespace
