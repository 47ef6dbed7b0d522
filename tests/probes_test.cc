// The contracts of op, kernel, plan and executor, probed by what strains them most.  Each probe runs the same graph by
// the interpreter and by plan, and states what is particular about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/session.h"
#include "ops/infer.h"
#include "ops/interpret.h"
#include "ops/text.h"
#include "tensor/compare.h"
#include "test_device.h"

namespace hasten {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Model> Parsed(std::string_view body) {
  auto model = ParseText(Str("hasten-ir 1\nopset \"\" 23\ngraph \"probe\" {\n", body, "}\n"), Catalog::BuiltIn());
  EXPECT_TRUE(model.ok()) << model.message();
  Status inferred = InferTypes(&(*model)->graph);
  EXPECT_TRUE(inferred.ok()) << inferred.message();
  return std::move(*model);
}

Tensor Random(DType dtype, const Dims& dims, uint64_t seed) {
  Generator g{Generator::Kind::kUniform, seed, -1, 1};
  if (IsInteger(dtype)) g = {Generator::Kind::kIntegers, seed, -7, 7};
  return *Generate(g, dtype, dims);
}

std::vector<Value> Interpreted(const Model& model, const std::vector<Value>& inputs) {
  LocalServices services;
  std::vector<Value> out;
  Status status = Interpret(model.graph, inputs, {}, &out, services.get());
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

std::vector<Value> Planned(Session* session, const std::vector<Value>& inputs, const RunOptions& options = {}) {
  std::vector<Value> out;
  Status status = session->Run(inputs, &out, options);
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

// Runs both ways; twice by plan, since a second run finds used memory.
std::vector<Value> ExpectSame(const std::shared_ptr<const Model>& model, const std::vector<Value>& inputs) {
  const std::vector<Value> expected = Interpreted(*model, inputs);
  SessionOptions options;
  options.plan.references_only = true;
  auto session = Session::Of(model, options);
  EXPECT_TRUE(session.ok()) << session.message();
  for (int run = 0; run < 2; ++run) {
    const std::vector<Value> actual = Planned(session->get(), inputs);
    EXPECT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_TRUE(SameBits(actual[i], expected[i])) << "output " << i << " of run " << run;
  }
  EXPECT_EQ((*session)->executor().times_bound(), 1);
  return expected;
}

TEST(Probe, ConvWithEpilogue) {
  const std::string fused = R"ir(
    in "x" f32[1,3,7,5]
    in "residual" f32[1,4,7,5]
    const "w" f32[4,3,3,3] = normal(seed=1, mean=0, deviation=0.3)
    "y" = Conv("x", "w") {kernel_shape=[3,3], pads=[1,1,1,1]} epilogue "add(0,1); relu(2)" ["residual"]
    out "y"
  )ir";
  const std::string plain = R"ir(
    in "x" f32[1,3,7,5]
    in "residual" f32[1,4,7,5]
    const "w" f32[4,3,3,3] = normal(seed=1, mean=0, deviation=0.3)
    "c" = Conv("x", "w") {kernel_shape=[3,3], pads=[1,1,1,1]}
    "s" = Add("c", "residual")
    "y" = Relu("s")
    out "y"
  )ir";
  const std::vector<Value> in{Random(DType::kF32, {1, 3, 7, 5}, 1), Random(DType::kF32, {1, 4, 7, 5}, 2)};
  const auto one = ExpectSame(Parsed(fused), in), three = ExpectSame(Parsed(plain), in);
  EXPECT_TRUE(Compare(one[0], three[0], {1e-6, 1e-6}).equal);
}

TEST(Probe, SizeDependsOnData) {
  const auto model = Parsed(R"ir(
    in "x" f32[n]
    "hits" = NonZero("x")
    "t" = Transpose("hits") {perm=[1,0]}
    out "t"
  )ir");
  Tensor x = Random(DType::kF32, {9}, 3);
  x.SetDouble(4, 0);
  const auto out = ExpectSame(model, {x});
  EXPECT_EQ(out[0].tensor().dims, (Dims{8, 1}));
}

// Fibonacci by carried values; every round's sum is scanned out.
TEST(Probe, LoopWithCarriedValues) {
  const auto model = Parsed(R"ir(
    in "n" i64[]
    const "one" i64[1] = [1]
    const "zero" i64[1] = [0]
    "a", "b", "all" = Loop("n", _, "zero", "one") {body=graph "body" {
      in "i" i64[]
      in "go" bool[]
      in "p" i64[1]
      in "q" i64[1]
      "same" = Identity("go")
      "r" = Add("p", "q")
      "s" = Identity("q")
      out "same"
      out "s"
      out "r"
      out "r"
    }}
    out "a"
    out "b"
    out "all"
  )ir");
  const auto out = ExpectSame(model, {ScalarI64(10)});
  EXPECT_EQ(ToInts(out[0].tensor()), (std::vector<int64_t>{55}));
  EXPECT_EQ(out[2].tensor().dims, (Dims{10, 1}));
  EXPECT_EQ(ExpectSame(model, {ScalarI64(0)})[2].tensor().dims, (Dims{0, 1}));
}

TEST(Probe, Sequences) {
  const auto model = Parsed(R"ir(
    in "x" f32[2]
    in "y" f32[n]
    const "at" i64[] = [0]
    "s0" = SequenceConstruct("x")
    "s1" = SequenceInsert("s0", "y", "at")
    "double" = Add("y", "y")
    "s2" = SequenceInsert("s1", "double")
    out "s2"
  )ir");
  const auto out = ExpectSame(model, {Random(DType::kF32, {2}, 4), Random(DType::kF32, {3}, 5)});
  ASSERT_EQ(out[0].elements().size(), 3u);
  EXPECT_EQ(out[0].elements()[0].tensor().dims, (Dims{3}));
}

TEST(Probe, Strings) {
  const auto model = Parsed(R"ir(
    in "x" string[2]
    "parts", "counts" = StringSplit("x") {delimiter="-"}
    out "parts"
    out "counts"
  )ir");
  const std::string words[] = {"a-bc", "d"};
  const auto out = ExpectSame(model, {TensorOf(Dims{2}, std::span<const std::string>(words))});
  EXPECT_EQ(out[0].tensor().string(1), "bc");
  EXPECT_EQ(ToInts(out[1].tensor()), (std::vector<int64_t>{2, 1}));
}

TEST(Probe, BlockedInt4) {
  const auto model = Parsed(R"ir(
    in "x" i4[2,4]
    in "scale" f32[2,2]
    "y" = DequantizeLinear("x", "scale") {axis=1, block_size=2}
    out "y"
  )ir");
  Tensor x = *NewTensor(DType::kI4, {2, 4}), scale = *NewTensor(DType::kF32, {2, 2});
  for (int64_t i = 0; i < 8; ++i) x.SetInt(i, i - 4);
  for (int64_t i = 0; i < 4; ++i) scale.SetDouble(i, static_cast<double>(i + 1));
  const auto out = ExpectSame(model, {x, scale});
  EXPECT_EQ(ToDoubles(out[0].tensor()), (std::vector<double>{-4, -3, -4, -2, 0, 3, 8, 12}));
}

TEST(Probe, Lstm) {
  const auto model = Parsed(R"ir(
    in "x" f32[s,2,3]
    const "w" f32[1,16,3] = normal(seed=1, mean=0, deviation=0.5)
    const "r" f32[1,16,4] = normal(seed=2, mean=0, deviation=0.5)
    "y", "h", "c" = LSTM("x", "w", "r") {hidden_size=4}
    out "y"
    out "h"
    out "c"
  )ir");
  const auto out = ExpectSame(model, {Random(DType::kF32, {5, 2, 3}, 6)});
  EXPECT_EQ(out[0].tensor().dims, (Dims{5, 1, 2, 4}));
}

TEST(Probe, AddInPlace) {
  const auto model = Parsed(R"ir(
    in "x" f32[4,8]
    "a" = Relu("x")
    "b" = Add("a", "x")
    "c" = Sigmoid("b")
    "d" = Mul("c", "x")
    out "d"
  )ir");
  ExpectSame(model, {Random(DType::kF32, {4, 8}, 7)});
  SessionOptions options;
  options.plan.references_only = true;
  auto session = Session::Of(model, options);
  ASSERT_TRUE(session.ok());
  Planned(session->get(), {Random(DType::kF32, {4, 8}, 7)});
  EXPECT_EQ((*session)->executor().arena_bytes(), 4 * 8 * 4) << "three values of one size must share one place";
}

// Two rows whose caches differ in length, decoded token by token; the judge sees each row alone, with its whole past.
TEST(Probe, AttentionOverPagedState) {
  constexpr int64_t kHeads = 2, kSize = 4, kRows = 2;
  const std::string attention = R"ir(
    in "q" f32[b,2,s,4]
    in "k" f32[b,2,s,4]
    in "v" f32[b,2,s,4]
    in "past_k" f32[b,2,p,4]
    in "past_v" f32[b,2,p,4]
    "y", "present_k", "present_v" = Attention("q", "k", "v", _, "past_k", "past_v") {is_causal=1}
    out "y"
    out "present_k"
    out "present_v"
  )ir";
  const auto model = Parsed(attention);
  const StateBinding bindings[] = {{"past_k", "present_k", 2, 64, StateBinding::Kind::kFull},
                                   {"past_v", "present_v", 2, 64, StateBinding::Kind::kFull}};
  SessionOptions options;
  options.plan.references_only = true;
  options.plan.states = bindings;
  auto session = Session::Of(model, options);
  ASSERT_TRUE(session.ok()) << session.message();
  std::vector<std::unique_ptr<State>> states;
  std::vector<State*> rows;
  std::vector<std::vector<Value>> past(kRows);  // of the judge: k, v per row
  uint64_t seed = 100;
  const auto random = [&](int64_t b, int64_t s) { return Random(DType::kF32, {b, kHeads, s, kSize}, ++seed); };
  for (int64_t r = 0; r < kRows; ++r) {
    states.push_back(*State::Create(*(*session)->plan(), 3));
    rows.push_back(states.back().get());
    const std::vector<Value> prompt{random(1, 2 + 3 * r), random(1, 2 + 3 * r),
                                    random(1, 2 + 3 * r)};  // 2 and 5 tokens
    State* row[] = {rows[r]};
    RunOptions run;
    run.states = row;
    Planned(session->get(), prompt, run);
    const Value none(*NewTensor(DType::kF32, {1, kHeads, 0, kSize}));
    const auto judged = Interpreted(*model, {prompt[0], prompt[1], prompt[2], none, none});
    past[r] = {judged[1], judged[2]};
  }
  EXPECT_EQ(rows[0]->length(), 2);
  EXPECT_EQ(rows[1]->length(), 5);
  int64_t bound = 0;
  for (int token = 0; token < 6; ++token) {
    const std::vector<Value> in{random(kRows, 1), random(kRows, 1), random(kRows, 1)};
    RunOptions run;
    run.states = rows;
    const auto out = Planned(session->get(), in, run);
    if (token == 0) bound = (*session)->executor().times_bound();
    EXPECT_EQ((*session)->executor().times_bound(), bound) << "nothing is bound again from token to token";
    for (int64_t r = 0; r < kRows; ++r) {
      std::vector<Value> one;
      for (const Value& v : in) {
        Tensor row = *NewTensor(DType::kF32, {1, kHeads, 1, kSize});
        CopyElements(v.tensor(), r * kHeads * kSize, &row, 0, kHeads * kSize);
        one.emplace_back(row);
      }
      const auto judged = Interpreted(*model, {one[0], one[1], one[2], past[r][0], past[r][1]});
      past[r] = {judged[1], judged[2]};
      Tensor row = *NewTensor(DType::kF32, {1, kHeads, 1, kSize});
      CopyElements(out[0].tensor(), r * kHeads * kSize, &row, 0, kHeads * kSize);
      const Difference d = Compare(Value(row), judged[0], {1e-6, 1e-6});
      EXPECT_TRUE(d.equal) << "token " << token << " row " << r << ": " << d.what;
    }
  }
}

// The op's own reference, as a tactic of the test device.
Status RunOnDevice(KernelCall& call) { return Catalog::BuiltIn().Find("Relu")->eval(call); }
constexpr std::string_view kReluOps[] = {"Relu"};
constexpr Tactic kDeviceRelu = {.name = "relu_test", .ops = kReluOps, .device = "test", .run = RunOnDevice};

TEST(Probe, GraphOverTwoDevices) {
  const auto model = Parsed(R"ir(
    in "x" f32[n,4]
    "a" = Sigmoid("x")
    "b" = Relu("a")
    "c" = Relu("b")
    "d" = Add("c", "a")
    "e" = Relu("d")
    out "e"
    out "b"
  )ir");
  const std::vector<Value> in{Random(DType::kF32, {3, 4}, 8)};
  const auto expected = ExpectSame(model, in);
  TestDevice device;
  Device* devices[] = {&device};
  const Tactic* tactics[] = {&kDeviceRelu};
  SessionOptions options;
  options.plan.devices = devices;
  options.plan.tactics = tactics;
  options.plan.numerics = Numerics::kExact;
  auto session = Session::Of(model, options);
  ASSERT_TRUE(session.ok()) << session.message();
  for (int run = 0; run < 2; ++run) {
    const auto actual = Planned(session->get(), in);
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_TRUE(SameBits(actual[i], expected[i])) << (*session)->plan()->Describe();
  }
  EXPECT_GT(device.copies, 0);
}

// Every random op draws anew in every round, with a seed of its own or without, and another run repeats them all.
TEST(Probe, RandomInALoop) {
  const auto model = Parsed(R"ir(
    in "n" i64[]
    "all", "drops", "outer" = Loop("n", _) {body=graph "body" {
      in "i" i64[]
      in "go" bool[]
      const "ones" f32[16] = constant(value=1)
      const "half" f32[] = [0.5]
      const "yes" bool[] = [true]
      "same" = Identity("go")
      "a" = RandomUniform() {shape=[16]}
      "b" = RandomNormal() {shape=[16], seed=3.0}
      "c" = Dropout("ones", "half", "yes") {seed=5}
      "d" = Dropout("ones", "half", "yes")
      "ab" = Concat("a", "b") {axis=0}
      "cd" = Concat("c", "d") {axis=0}
      out "same"
      out "ab"
      out "cd"
      out "a"
    }}
    "once" = RandomUniform() {shape=[16]}
    out "all"
    out "drops"
    out "once"
  )ir");
  const auto out = ExpectSame(model, {ScalarI64(5)});
  for (int which : {0, 1}) {
    const Tensor& all = out[static_cast<size_t>(which)].tensor();
    ASSERT_EQ(all.dims, (Dims{5, 32}));
    for (int64_t half = 0; half < 2; ++half)
      for (int64_t i = 0; i < 5; ++i)
        for (int64_t j = 0; j < i; ++j) {
          bool differ = false;
          for (int64_t k = 16 * half; k < 16 * half + 16; ++k)
            differ |= all.Double(i * 32 + k) != all.Double(j * 32 + k);
          EXPECT_TRUE(differ) << which << ": rounds " << i << " and " << j << ", half " << half;
        }
  }
}

// Empty optionals are known at run time only: whoever cannot do without the value says so, planned and interpreted.
TEST(Probe, EmptyOptionalForARequiredInput) {
  for (const char* call : {"Relu(\"x\")", "Add(\"c\", \"x\")", "Size(\"x\")", "Concat(\"x\", \"c\") {axis=0}"}) {
    const auto model =
        Parsed(Str("in \"x\" ?\n const \"c\" f32[2] = [1, 2]\n \"i\" = Identity(\"x\")\n \"y\" = ",
                   std::string(call).replace(std::string(call).find("\"x\""), 3, "\"i\""), "\n out \"y\"\n"));
    const std::vector<Value> in(1);
    std::vector<Value> out;
    LocalServices services;
    const Status interpreted = Interpret(model->graph, in, {}, &out, services.get());
    EXPECT_THAT(std::string(interpreted.message()), HasSubstr("must be there, is absent or an empty optional")) << call;
    auto session = Session::Of(model, {});
    ASSERT_TRUE(session.ok()) << session.message();
    const Status planned = (*session)->Run(in, &out, {});
    EXPECT_EQ(std::string(planned.message()), std::string(interpreted.message())) << call;
  }
}

TEST(Probe, AbsentRequiredInput) {
  auto model =
      ParseText("hasten-ir 1\nopset \"\" 23\ngraph \"g\" {\nin \"x\" f32[2]\n\"y\" = Add(_, \"x\")\nout \"y\"\n}\n",
                Catalog::BuiltIn());
  ASSERT_TRUE(model.ok()) << model.message();
  EXPECT_EQ(std::string(InferTypes(&(*model)->graph).message()), "node 0 (Add): input 0 must be there");
}

}  // namespace
}  // namespace hasten
