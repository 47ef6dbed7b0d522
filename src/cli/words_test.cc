// Small texts and numbers of the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/nearest.h"
#include "cli/classes.h"
#include "cli/figures.h"
#include "cli/json.h"
#include "cli/shapes.h"
#include "cli/timing.h"

namespace hasten::cli {
namespace {

TEST(Nearest, FindsTypingErrorsOnly) {
  const std::vector<std::string> names = {"--input", "--input-dir", "--image", "--labels"};
  EXPECT_EQ(Nearest("--lables", names), "--labels");
  EXPECT_EQ(Nearest("--inptu", names), "--input");
  EXPECT_EQ(Nearest("--imag", names), "--image");
  EXPECT_EQ(Nearest("--frobnicate", names), "");
  EXPECT_EQ(Nearest("", names), "");
  EXPECT_EQ(Nearest(std::string(100000, 'x'), names), "");
}

TEST(Figures, ReadWell) {
  EXPECT_EQ(HumanCount(51588), "51,588");
  EXPECT_EQ(HumanCount(999), "999");
  EXPECT_EQ(HumanCount(-1234567), "-1,234,567");
  EXPECT_EQ(HumanBytes(999), "999 bytes");
  EXPECT_EQ(HumanBytes(206352), "206 KB");
  EXPECT_EQ(HumanBytes(999999), "1.00 MB");
  EXPECT_EQ(HumanScaled(12345678), "12.3 M");
  EXPECT_EQ(HumanMilliseconds(0.1234), "0.123 ms");
  EXPECT_EQ(HumanMilliseconds(12.34), "12.3 ms");
  EXPECT_EQ(HumanMilliseconds(1234), "1.23 s");
}

TEST(Shapes, Parse) {
  auto shape = ParseShape("a=b=1x3x224");
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->input, "a=b");
  EXPECT_EQ(shape->dims, (Dims{1, 3, 224}));
  EXPECT_EQ(ParseShape("x=2,0")->dims, (Dims{2, 0}));
  EXPECT_EQ(ParseShape("x=")->dims, Dims());
  for (const char* wrong : {"", "x", "=1", "x=1x", "x=x1", "x=-1", "x=1x3.5", "x=1 3", "x=99999999999999999999",
                            "x=4611686018427387904x4", "x=1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1"})
    EXPECT_FALSE(ParseShape(wrong).ok()) << wrong;
}

TEST(Shapes, SymbolsAreShared) {
  Graph graph;
  const Dim n = Dim::Symbol("n");
  graph.inputs = {graph.AddValue("x", Type::Tensor(DType::kF32, {n, 3})),
                  graph.AddValue("y", Type::Tensor(DType::kF32, {n * 2, Dim::Symbol("m")})),
                  graph.AddValue("z", Type::Tensor(DType::kF32, Shape::Unknown()))};
  const std::vector<std::string> flags = {"x=5x3"};
  auto shapes = InputShapes::Of(graph, flags);
  ASSERT_TRUE(shapes.ok());
  EXPECT_EQ(*shapes->DimsOf(0), (Dims{5, 3}));
  EXPECT_EQ(*shapes->DimsOf(1), (Dims{10, 1}));
  EXPECT_THAT(std::string(shapes->DimsOf(2).message()), ::testing::HasSubstr("give --shape z="));
  const std::vector<std::string> unknown = {"xx=1"};
  EXPECT_THAT(std::string(InputShapes::Of(graph, unknown).message()), ::testing::HasSubstr("did you mean \"x\"?"));
}

TEST(Timing, QuantilesLieBetween) {
  const std::vector<double> sorted = {1, 2, 3, 4, 5};
  EXPECT_EQ(Quantile(sorted, 0), 1);
  EXPECT_EQ(Quantile(sorted, 0.5), 3);
  EXPECT_DOUBLE_EQ(Quantile(sorted, 0.1), 1.4);
  EXPECT_EQ(Quantile(std::vector<double>{7}, 0.99), 7);
}

TEST(Classes, SoftmaxOnlyWhereNeeded) {
  const std::vector<float> logits = {0, 2, 1}, probabilities = {0.25f, 0.25f, 0.5f};
  const Ranking ranked = RankClasses(TensorOf({1, 3}, logits), 2, true);
  EXPECT_TRUE(ranked.softmax);
  ASSERT_EQ(ranked.rows[0].size(), 2u);
  EXPECT_EQ(ranked.rows[0][0].index, 1);
  EXPECT_NEAR(ranked.rows[0][0].score, 0.665241, 1e-6);
  const Ranking plain = RankClasses(TensorOf({3}, probabilities), 3, true);
  EXPECT_FALSE(plain.softmax);
  EXPECT_EQ(plain.rows[0][0].index, 2);
  EXPECT_EQ(plain.rows[0][1].index, 0);
  EXPECT_FALSE(RankClasses(TensorOf({1, 3}, logits), 3, false).softmax);
}

TEST(Classes, WhatIsARowOfScores) {
  const auto of = [](const Dims& dims) { return ScoresClasses(Value(*NewTensor(DType::kF32, dims))); };
  EXPECT_TRUE(of({10}));
  EXPECT_TRUE(of({2, 10}));
  EXPECT_TRUE(of({1, 10, 1, 1}));
  EXPECT_FALSE(of({}));
  EXPECT_FALSE(of({1, 1}));
  EXPECT_FALSE(of({0, 10}));
  EXPECT_FALSE(of({1, 10, 2}));
  EXPECT_FALSE(ScoresClasses(Value(*NewTensor(DType::kString, {10}))));
  EXPECT_FALSE(ScoresClasses(Value()));
}

std::string JsonOf(const Value& v) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  json.SetIndent(' ', 0);
  WriteValue(&json, v);
  std::string text = buffer.GetString();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

TEST(Json, WritesEveryKindOfValue) {
  const std::vector<float> floats = {0.1f, INFINITY};
  EXPECT_EQ(JsonOf(Value(TensorOf({2}, floats))), R"({ "dtype": "f32", "shape": [2], "data": [0.1, Infinity] })");
  EXPECT_EQ(JsonOf(Value(ScalarI64(int64_t{1} << 62))),
            R"({ "dtype": "i64", "shape": [], "data": [4611686018427387904] })");
  const std::vector<std::string> words = {"a\"\xff"};
  EXPECT_EQ(JsonOf(Value(TensorOf({1}, words))),
            "{ \"dtype\": \"string\", \"shape\": [1], \"data\": [\"a\\\"\xef\xbf\xbd\"] }");
  EXPECT_EQ(JsonOf(Value()), "null");
  EXPECT_EQ(JsonOf(Value::Sequence(DType::kBool, {Value(ScalarOf(DType::kBool, 1))})),
            R"({ "sequence": [{ "dtype": "bool", "shape": [], "data": [true] }] })");
}

}  // namespace
}  // namespace hasten::cli
