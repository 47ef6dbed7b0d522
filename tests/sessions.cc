#include "sessions.h"

#include <gtest/gtest.h>

#include "ops/infer.h"
#include "ops/text.h"

namespace hasten {

const std::string_view kSmallNetwork = R"ir(
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

std::shared_ptr<Model> Parsed(std::string_view body) {
  auto model = ParseText(Str("hasten-ir 1\nopset \"\" 17\ngraph \"g\" {\n", body, "}\n"), Catalog::BuiltIn());
  EXPECT_TRUE(model.ok()) << model.message();
  Status s = InferTypes(&(*model)->graph);
  EXPECT_TRUE(s.ok()) << s.message();
  return *std::move(model);
}

std::vector<Value> InputsOf(const Plan& plan, int64_t open, uint64_t seed) {
  std::vector<Value> inputs;
  for (SlotId s : plan.inputs) {
    const Type& type = plan.values[s].graph->value(plan.values[s].value).type;
    Dims dims;
    if (type.is_tensor() && type.shape.ranked())
      for (const Dim& d : type.shape.dims()) dims.push_back(d.is_const() ? d.value() : open);
    const Generator g = IsFloat(type.dtype) ? Generator{Generator::Kind::kUniform, seed + s, -1, 1}
                                            : Generator{Generator::Kind::kIntegers, seed + s, 0, 1};
    inputs.emplace_back(*Generate(g, type.dtype, dims));
  }
  return inputs;
}

std::unique_ptr<Session> SessionOf(std::shared_ptr<const Model> model, int threads, PlanOptions plan) {
  SessionOptions options;
  options.plan = std::move(plan);
  options.threads = threads;
  auto session = Session::Of(std::move(model), options);
  EXPECT_TRUE(session.ok()) << session.message();
  return *std::move(session);
}

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

}  // namespace hasten
