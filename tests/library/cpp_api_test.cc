// The C++ interface, through libhasten.so.
#include "hasten/hasten.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <span>
#include <thread>

namespace {

using hasten::Tensor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kMlp = R"(hasten-ir 1
opset "" 22
graph "mlp" {
  in "x" f32[N,3]
  const "w" f32[3,2] = [1, 2, 3, 4, 5, 6]
  "m" = MatMul("x", "w")
  "y" = Relu("m")
  out "y"
}
)";

hasten::Executor ExecutorOf(const std::string& text, hasten::PlanOptions options = {}) {
  options.threads = 1;
  auto model = hasten::Model::LoadBytes(text.data(), text.size());
  return model.value().MakePlan(options).value().MakeExecutor().value();
}

std::vector<float> Floats(const hasten::Value& v) {
  const auto view = v.As<float>().value();
  return {view.begin(), view.end()};
}

TEST(CppApi, LoadsAFileAndRuns) {
  const std::string path = ::testing::TempDir() + "cpp_api_test.ir";
  std::ofstream(path) << kMlp;
  auto model = hasten::Load(path).value();
  std::vector<float> x = {1, 1, 1, 2, 2, 2};
  auto outputs = model.Run({Tensor::Of(x, {2, 3})}).value();
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_THAT(Floats(outputs[0]), ElementsAre(9, 12, 18, 24));
  EXPECT_EQ(outputs["y"].dims(), (hasten::Dims{2, 2}));
  EXPECT_EQ(outputs["z"].get(), nullptr);
  EXPECT_EQ(outputs[1].kind(), HASTEN_KIND_NONE);
  EXPECT_THAT(hasten::Top(outputs[0].As<float>().value(), 3), ElementsAre(3, 2, 1));
  std::remove(path.c_str());
}

TEST(CppApi, ValuesOutliveWhatTheyCameFrom) {
  hasten::Value y;
  {
    std::vector<float> x = {1, 1, 1};
    y = ExecutorOf(kMlp).Run({Tensor::Of(x, {1, 3})}).value()[0];
  }
  EXPECT_THAT(Floats(y), ElementsAre(9, 12));
}

TEST(CppApi, TakesTensorsFromAnyContainer) {
  auto executor = ExecutorOf(kMlp);
  const std::vector<float> vector = {1, 1, 1};
  std::array<float, 3> array = {1, 1, 1};
  const float plain[] = {1, 1, 1};
  const hasten::Tensor tensors[] = {
      Tensor::Of(vector, {1, 3}), Tensor::Of(array, {1, 3}), Tensor::Of(std::span<const float>(plain), {1, 3}),
      Tensor::Of(std::vector<float>{1, 1, 1}, {1, 3}), Tensor::Of(hasten::View<const float>(plain, 3), {1, 3})};
  for (const Tensor& t : tensors) EXPECT_THAT(Floats(executor.Run({t}).value()[0]), ElementsAre(9, 12));
  EXPECT_THAT(Floats(executor.Run({{"x", tensors[0]}}).value()[0]), ElementsAre(9, 12));
  std::vector<float> columns = {1, 2, 1, 2, 1, 2};
  const auto strided = Tensor::Of(columns, {2, 3}).WithStrides({1, 2});
  EXPECT_THAT(Floats(executor.Run({strided}).value()[0]), ElementsAre(9, 12, 18, 24));
}

TEST(CppApi, WritesIntoMemoryOfTheCallers) {
  auto executor = ExecutorOf(kMlp);
  std::vector<float> x = {1, 1, 1}, y(2), small(1);
  EXPECT_TRUE(executor.RunInto({Tensor::Of(x, {1, 3})}, {{"y", Tensor::Of(y, {1, 2})}}).ok());
  EXPECT_THAT(y, ElementsAre(9, 12));
  EXPECT_EQ(executor.RunInto({Tensor::Of(x, {1, 3})}, {Tensor::Of(small, {1, 1})}).error().code,
            HASTEN_INVALID_ARGUMENT);
}

TEST(CppApi, ErrorsAreValues) {
  auto none = hasten::Load("/nowhere/model.onnx");
  EXPECT_FALSE(none);
  EXPECT_EQ(none.error().code, HASTEN_NOT_FOUND);
  EXPECT_THAT(none.error().message, HasSubstr("/nowhere/model.onnx"));
  try {
    none.value();
    ADD_FAILURE() << "value() of an error must throw";
  } catch (const hasten::Exception& e) {
    EXPECT_EQ(e.code(), HASTEN_NOT_FOUND);
  }
  auto executor = ExecutorOf(kMlp);
  std::vector<float> x = {1, 1, 1};
  EXPECT_THAT(executor.Run({Tensor::Of(x, {2, 3})}).error().message, HasSubstr("6 elements"));
  EXPECT_THAT(executor.Run({Tensor::Of(x, {-1, 3})}).error().message, HasSubstr("negative"));
  EXPECT_THAT(executor.Run({Tensor::Of(x, {1, 3}).WithStrides({1})}).error().message, HasSubstr("strides"));
  EXPECT_THAT(executor.Run({Tensor::Of(x, {1, 3})}).value()[0].As<int64_t>().error().message, HasSubstr("f32"));
}

std::string Long() {
  std::string text = "hasten-ir 1\nopset \"\" 22\ngraph \"long\" {\n  in \"x0\" f32[256,256]\n";
  text += "  const \"w\" f32[256,256] = normal(seed=1, mean=0, deviation=0.06)\n";
  for (int i = 0; i < 1000; ++i)
    text += "  \"x" + std::to_string(i + 1) + "\" = MatMul(\"x" + std::to_string(i) + "\", \"w\")\n";
  return text + "  out \"x1000\"\n}\n";
}

TEST(CppApi, RunsAsynchronouslyAndCancels) {
  auto executor = ExecutorOf(kMlp);
  auto pending = executor.RunAsync({Tensor::Of(std::vector<float>{1, 1, 1}, {1, 3})}).value();
  EXPECT_THAT(Floats(pending.Wait().value()[0]), ElementsAre(9, 12));

  auto slow = ExecutorOf(Long());
  auto stopped = slow.RunAsync({Tensor::Of(std::vector<float>(256 * 256, 1), {256, 256})}).value();
  EXPECT_EQ(slow.Run({}).error().code, HASTEN_BUSY);
  EXPECT_FALSE(stopped.Ready());
  stopped.Cancel();
  EXPECT_EQ(stopped.Wait().error().code, HASTEN_CANCELLED);
  slow.Wait();

  auto token = hasten::CancelToken::Create().value();
  hasten::RunOptions options;
  options.cancel = &token;
  std::thread other([token]() mutable { token.Cancel(); });
  EXPECT_EQ(slow.Run({Tensor::Of(std::vector<float>(256 * 256, 1), {256, 256})}, options).error().code,
            HASTEN_CANCELLED);
  other.join();
  options = {};
  options.deadline = std::chrono::milliseconds(3);
  EXPECT_EQ(slow.Run({Tensor::Of(std::vector<float>(256 * 256, 1), {256, 256})}, options).error().code,
            HASTEN_DEADLINE_EXCEEDED);
}

TEST(CppApi, TellsOfModelsAndPlans) {
  auto model = hasten::Model::LoadBytes(kMlp, std::char_traits<char>::length(kMlp)).value();
  const auto inputs = model.inputs();
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_EQ(inputs[0].name, "x");
  EXPECT_EQ(inputs[0].type, "f32[N,3]");
  EXPECT_THAT(inputs[0].dims, ElementsAre(-1, 3));
  EXPECT_THAT(inputs[0].symbols, ElementsAre("N", ""));
  EXPECT_EQ(model.Metadata("nothing"), std::nullopt);
  hasten::PlanOptions options;
  options.threads = 2;
  options.level = 1;
  options.timing_seconds = 0.05;
  options.shapes = {{"x", {8, 3}}};
  size_t told = 0;
  options.progress = [&](size_t, size_t) { ++told; };
  auto plan = model.MakePlan(options).value();
  EXPECT_GT(told, 0u);
  EXPECT_EQ(plan.threads(), 2);
  EXPECT_EQ(plan.outputs()[0].type, "f32[N,2]");
  const std::string path = ::testing::TempDir() + "cpp_api_test.plan";
  EXPECT_TRUE(plan.Save(path).ok());
  EXPECT_EQ(hasten::Plan::Load(path).value().inputs()[0].name, "x");
  std::remove(path.c_str());
}

TEST(CppApi, StatesStringsSequencesAndMaps) {
  hasten::PlanOptions options;
  options.states = {{"sum", "next"}};
  const std::string counter =
      "hasten-ir 1\nopset \"\" 22\ngraph \"g\" {\n  in \"x\" f32[2]\n  in \"sum\" f32[2]\n"
      "  \"next\" = Add(\"x\", \"sum\")\n  \"y\" = Neg(\"next\")\n  out \"y\"\n  out \"next\"\n}\n";
  auto plan = hasten::Model::LoadBytes(counter.data(), counter.size()).value().MakePlan(options).value();
  auto state = plan.MakeState().value();
  auto executor = plan.MakeExecutor().value();
  std::vector<float> x = {1, 2};
  hasten::RunOptions run;
  run.state = &state;
  for (int i = 1; i <= 3; ++i)
    EXPECT_THAT(Floats(executor.Run({Tensor::Of(x)}, run).value()[0]),
                ElementsAre(static_cast<float>(-i), static_cast<float>(-2 * i)));
  EXPECT_THAT(state.Get<float>("sum").value(), ElementsAre(3, 6));
  EXPECT_TRUE(state.Set("sum", Tensor::Of(x)).ok());
  EXPECT_TRUE(state.Reset().ok());
  EXPECT_THAT(state.Get<float>("sum").value(), ElementsAre(0, 0));

  auto concat = ExecutorOf(
      "hasten-ir 1\nopset \"\" 22\ngraph \"g\" {\n  in \"a\" string[n]\n  \"y\" = StringConcat(\"a\", \"a\")\n"
      "  out \"y\"\n}\n");
  const std::vector<std::string> words = {"ab", ""};
  EXPECT_THAT(concat.Run({Tensor::Of(words)}).value()[0].Strings().value(), ElementsAre("abab", ""));

  auto insert = ExecutorOf(
      "hasten-ir 1\nopset \"\" 22\ngraph \"g\" {\n  in \"s\" seq(f32[n])\n  in \"x\" f32[n]\n"
      "  \"y\" = SequenceInsert(\"s\", \"x\")\n  out \"y\"\n}\n");
  const auto one = hasten::Value::Copy(Tensor::Of(x)).value();
  const auto list = hasten::Value::Sequence(HASTEN_F32, {one}).value();
  const auto y = insert.Run({list, Tensor::Of(std::vector<float>{5})}).value()[0];
  ASSERT_EQ(y.size(), 2u);
  EXPECT_THAT(Floats(y[1]), ElementsAre(5));
  const auto map = hasten::Value::Map(Tensor::Of(std::vector<int64_t>{7, 8}), Tensor::Of(x)).value();
  EXPECT_THAT(Floats(map.values()), ElementsAre(1, 2));
  EXPECT_EQ(map.keys().dtype(), HASTEN_I64);
}

}  // namespace
