// Every sample of every op: inference accepts it, the reference runs, and its result agrees with what inference said;
// planned execution, in place or not, gives the same bits.
#include <gtest/gtest.h>

#include "engine/session.h"
#include "ops/infer.h"
#include "ops/interpret.h"

namespace hasten {
namespace {

Tensor Contents(const SampleInput& in, uint64_t seed) {
  Generator g{Generator::Kind::kUniform, seed, in.low, in.high};
  if (!IsFloat(in.dtype)) g = {Generator::Kind::kIntegers, seed, std::ceil(in.low), std::floor(in.high)};
  if (in.low == in.high) g = {Generator::Kind::kConstant, seed, in.low, 0};
  Tensor t = *NewTensor(in.dtype, in.dims);
  if (in.dtype == DType::kString) {
    for (size_t i = 0; i < in.strings.size(); ++i) t.as<std::string>()[i] = in.strings[i];
  } else if (!in.values.empty()) {
    for (size_t i = 0; i < in.values.size(); ++i) t.SetDouble(static_cast<int64_t>(i), in.values[i]);
  } else if (LaneOf(in.dtype) == Lane::kDouble || LaneOf(in.dtype) == Lane::kInt64 ||
             LaneOf(in.dtype) == Lane::kUint64) {
    auto made = Generate(g, in.dtype, in.dims);
    if (made.ok()) t = *made;
  }
  return t;
}

struct Call {
  std::shared_ptr<Model> model = std::make_shared<Model>();
  std::vector<Value> inputs;
};

Result<Call> CallOf(const OpDef& op, const Sample& sample) {
  Call call;
  Graph& graph = call.model->graph;
  Node node;
  node.op = &op;
  node.attrs = Attrs(op.attrs);
  for (const NamedAttr& a : sample.attrs) HASTEN_TRY(node.attrs.Set(a.name, a.value));
  for (size_t i = 0; i < sample.in.size(); ++i) {
    if (sample.in[i].dtype == DType::kNone) {
      node.inputs.push_back(kNone);
      continue;
    }
    call.inputs.emplace_back(Contents(sample.in[i], i + 1));
    const ValueId v = graph.AddValue(Str("in", i), TypeOf(call.inputs.back()));
    graph.inputs.push_back(v);
    node.inputs.push_back(v);
  }
  for (int i = 0; i < sample.outputs; ++i) {
    graph.outputs.push_back(graph.AddValue(Str("out", i)));
    node.outputs.push_back(graph.outputs.back());
  }
  graph.AddNode(std::move(node));
  HASTEN_TRY(InferTypes(&graph));
  return call;
}

void ExpectInferred(const Type& type, const Value& v) {
  if (!type.is_tensor() || !v.is_tensor()) return;
  EXPECT_EQ(Name(type.dtype), Name(v.tensor().dtype));
  if (const auto dims = type.shape.Concrete()) {
    EXPECT_EQ(dims->Text(), v.tensor().dims.Text());
  }
}

void RunSample(const OpDef& op, const Sample& sample) {
  auto call = CallOf(op, sample);
  ASSERT_TRUE(call.ok()) << call.message();
  LocalServices services;
  std::vector<Value> expected, actual;
  Status status = Interpret(call->model->graph, call->inputs, {}, &expected, services.get());
  ASSERT_TRUE(status.ok()) << status.message();
  for (size_t i = 0; i < expected.size(); ++i) {
    ExpectInferred(call->model->graph.value(call->model->graph.outputs[i]).type, expected[i]);
  }
  SessionOptions exact;
  exact.plan.numerics = Numerics::kExact;
  auto session = Session::Of(call->model, exact);
  ASSERT_TRUE(session.ok()) << session.message();
  status = (*session)->Run(call->inputs, &actual);
  ASSERT_TRUE(status.ok()) << status.message();
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(SameBits(actual[i], expected[i])) << "output " << i;
}

TEST(Samples, RunAsInferredAndAsPlanned) {
  int samples = 0;
  for (const OpDef* op : Catalog::BuiltIn().ops()) {
    if (!op->samples) continue;
    for (const Sample& sample : op->samples()) {
      SCOPED_TRACE(Str(op->name, ": ", sample.what));
      RunSample(*op, sample);
      ++samples;
    }
  }
  EXPECT_GT(samples, 500);
}

}  // namespace
}  // namespace hasten
