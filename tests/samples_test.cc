// Every sample of every op: inference accepts it, the reference runs, and its result agrees with what inference said;
// planned execution, in place or not, gives the same bits.  With an operand of another shape or with other attributes,
// an op says what is wrong or computes, in every way it can be run.
#include <gtest/gtest.h>

#include "base/memory.h"
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

// Other shapes for an operand: fewer and more axes, none, empty, and one longer.
std::vector<Dims> ShapesBeside(const Dims& dims) {
  std::vector<Dims> all = {Dims(), Dims{0}, Dims{1}};
  Dims longer = dims;
  longer.insert(0, 1);
  if (dims.rank() < Dims::kMaxRank) all.push_back(longer);
  if (dims.rank() > 0) all.push_back(Dims(dims.span().subspan(1)));
  for (int axis = 0; axis < dims.rank(); ++axis)
    for (const int64_t length : {int64_t{0}, int64_t{1}, dims[axis] + 1}) {
      Dims other = dims;
      other[axis] = length;
      all.push_back(other);
    }
  return all;
}

// What was given for another shape, over and over.
SampleInput Reshaped(SampleInput in, const Dims& dims) {
  in.dims = dims;
  const auto repeat = [n = static_cast<size_t>(dims.elements())](auto* list) {
    const auto given = *list;
    list->resize(given.empty() ? 0 : n);
    for (size_t i = 0; i < list->size(); ++i) (*list)[i] = given[i % given.size()];
  };
  repeat(&in.values);
  repeat(&in.strings);
  return in;
}

// Other contents for a small operand: an element at a time that is out of any range.
std::vector<std::vector<double>> ContentsBeside(const SampleInput& in) {
  constexpr int64_t kSmall = 16;
  const int64_t n = in.dims.elements();
  if (n == 0 || n > kSmall || !in.strings.empty() || !(IsFloat(in.dtype) || IsInteger(in.dtype))) return {};
  const std::vector<double> others = IsInteger(in.dtype) ? std::vector<double>{-1, 0, 1, 7, 0x1p40, -0x1p63}
                                                         : std::vector<double>{-1, 0, 1e-30, 1e30, INFINITY, NAN};
  std::vector<double> values = in.values;
  if (values.empty()) {
    const Tensor made = Contents(in, 1);
    for (int64_t i = 0; i < n; ++i) values.push_back(made.Double(i));
  }
  std::vector<std::vector<double>> all;
  for (const size_t at : {size_t{0}, values.size() - 1})
    for (const double other : others) {
      all.push_back(values);
      all.back()[at] = other;
    }
  return all;
}

std::vector<AttrValue> ValuesBeside(const AttrValue& value) {
  constexpr int64_t kLarge = int64_t{1} << 40;
  if (const auto* i = std::get_if<int64_t>(&value)) return {-1, 0, *i + 1, kLarge, INT64_MIN};
  if (std::holds_alternative<float>(value)) return {0.0f, -1.0f, INFINITY, NAN};
  std::vector<AttrValue> all;
  if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) {
    all.emplace_back(std::vector<int64_t>());
    for (size_t at = 0; at < list->size(); ++at)
      for (const int64_t other : {int64_t{-1}, int64_t{0}, kLarge, INT64_MIN}) {
        std::vector<int64_t> changed = *list;
        changed[at] = other;
        all.emplace_back(changed);
      }
    std::vector<int64_t> longer = *list;
    longer.push_back(1);
    all.emplace_back(longer);
  }
  return all;
}

struct Beside {
  std::string what;
  Sample sample;
};

std::vector<Beside> SamplesBeside(const Sample& sample) {
  std::vector<Beside> all;
  for (size_t i = 0; i < sample.in.size(); ++i) {
    if (sample.in[i].dtype == DType::kNone) continue;
    for (const Dims& dims : ShapesBeside(sample.in[i].dims)) {
      all.push_back({Str(sample.what, ", input ", i, " is ", dims.Text()), sample});
      all.back().sample.in[i] = Reshaped(sample.in[i], dims);
    }
    for (const DType dtype : {DType::kNone, DType::kF16, DType::kF64, DType::kU8, DType::kI64, DType::kBool,
                              DType::kString, DType::kI4, DType::kC64}) {
      all.push_back({Str(sample.what, ", input ", i, " is ", Name(dtype)), sample});
      all.back().sample.in[i].dtype = dtype;
    }
    for (const std::vector<double>& values : ContentsBeside(sample.in[i])) {
      all.push_back({Str(sample.what, ", input ", i, " has ", Join(values, ",")), sample});
      all.back().sample.in[i].values = values;
    }
  }
  for (size_t i = 0; i < sample.attrs.size(); ++i)
    for (const AttrValue& value : ValuesBeside(sample.attrs[i].value)) {
      all.push_back({Str(sample.what, ", ", sample.attrs[i].name, " is another"), sample});
      all.back().sample.attrs[i].value = value;
    }
  return all;
}

void RunAnyhow(const OpDef& op, const Sample& sample) {
  auto call = CallOf(op, sample);
  if (!call.ok()) {
    EXPECT_NE(call.message(), "");
    return;
  }
  LocalServices services;
  std::vector<Value> expected, actual;
  const Status reference = Interpret(call->model->graph, call->inputs, {}, &expected, services.get());
  auto session = Session::Of(call->model, {});
  EXPECT_TRUE(session.ok() || !reference.ok()) << session.message();
  if (session.ok()) {
    const Status planned = (*session)->Run(call->inputs, &actual);
    EXPECT_EQ(planned.ok(), reference.ok()) << planned.message() << " / " << reference.message();
    for (size_t i = 0; i < actual.size() && planned.ok() && reference.ok(); ++i)
      if (actual[i].is_tensor() && expected[i].is_tensor()) {
        EXPECT_EQ(actual[i].tensor().Text(), expected[i].tensor().Text());
      }
  }
  // Once more with shapes that are known at the run alone.
  auto open = CallOf(op, sample);
  for (const ValueId v : open->model->graph.inputs) {
    Type& type = open->model->graph.value(v).type;
    if (type.is_tensor()) type = Type::Tensor(type.dtype, Shape::Unknown());
  }
  auto dynamic = Session::Of(open->model, {});
  if (dynamic.ok()) {
    EXPECT_EQ((*dynamic)->Run(call->inputs, &actual).ok(), reference.ok());
  }
}

class SamplesOf : public testing::TestWithParam<const OpDef*> {};

TEST_P(SamplesOf, OtherShapesAndAttributesComputeOrSayWhyNot) {
  SetMemoryLimit(int64_t{1} << 30);
  for (const Sample& sample : GetParam()->samples())
    for (const Beside& beside : SamplesBeside(sample)) {
      SCOPED_TRACE(beside.what);
      RunAnyhow(*GetParam(), beside.sample);
    }
}

std::vector<const OpDef*> OpsWithSamples() {
  std::vector<const OpDef*> all;
  for (const OpDef* op : Catalog::BuiltIn().ops())
    if (op->samples) all.push_back(op);
  return all;
}

std::string NameOf(const testing::TestParamInfo<const OpDef*>& info) {
  std::string name(info.param->name);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Ops, SamplesOf, testing::ValuesIn(OpsWithSamples()), NameOf);

}  // namespace
}  // namespace hasten
