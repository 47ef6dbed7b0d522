// Every built-in tactic against the reference of each op it serves: on the op's samples and on shapes of the kernel's
// own, in every variant and layout, its chunks in any order.
#include <gtest/gtest.h>

#include <set>

#include "kernels/invocation.h"
#include "ops/infer.h"
#include "ops/interpret.h"
#include "tactic_cases.h"

namespace hasten {
namespace {

Tensor Contents(const SampleInput& in, uint64_t seed) {
  Generator g{Generator::Kind::kUniform, seed, in.low, in.high};
  if (!IsFloat(in.dtype)) g = {Generator::Kind::kIntegers, seed, std::ceil(in.low), std::floor(in.high)};
  if (in.low == in.high) g = {Generator::Kind::kConstant, seed, in.low, 0};
  Tensor t = *NewTensor(in.dtype, in.dims);
  if (!in.values.empty()) {
    for (size_t i = 0; i < in.values.size(); ++i) t.SetDouble(static_cast<int64_t>(i), in.values[i]);
  } else if (in.dtype != DType::kString) {
    auto made = Generate(g, in.dtype, in.dims);
    if (made.ok()) t = *made;
  }
  return t;
}

// A call of one op whose inputs are all constants or (a bit each in `variable`) all are not.
struct Call {
  Graph graph;
  std::vector<Tensor> operands;  // formal inputs, then operands of the epilogue; none: absent
  std::vector<Type> out;
  NodeId node = kNone;
};

Result<std::unique_ptr<Call>> CallOf(const OpDef& op, const TacticCase& from, bool constants) {
  auto call = std::make_unique<Call>();
  Graph& graph = call->graph;
  Node node;
  node.op = &op;
  node.attrs = Attrs(op.attrs);
  for (const NamedAttr& a : from.sample.attrs) HASTEN_TRY(node.attrs.Set(a.name, a.value));
  std::vector<SampleInput> inputs = from.sample.in;
  inputs.insert(inputs.end(), from.epilogue_in.begin(), from.epilogue_in.end());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const DType dtype = inputs[i].dtype;
    if (dtype == DType::kString || (dtype != DType::kNone && IsSubByte(dtype)))
      return Status(Code::kUnsupported, "no kernel");
    call->operands.push_back(dtype == DType::kNone ? Tensor() : Contents(inputs[i], i + 1));
    const Tensor& t = call->operands.back();
    if (t.dtype == DType::kNone) {
      node.inputs.push_back(kNone);
    } else if (constants && i > 0) {
      node.inputs.push_back(graph.AddConstant("", t));
    } else {
      graph.inputs.push_back(graph.AddValue("", Type::Tensor(t.dtype, t.dims)));
      node.inputs.push_back(graph.inputs.back());
    }
  }
  if (!from.program.empty()) {
    HASTEN_ASSIGN(node.epilogue, PointwiseProgram::Parse(static_cast<int>(from.epilogue_in.size()) + 1, from.program));
    node.epilogue_operands = static_cast<uint32_t>(from.epilogue_in.size());
  }
  for (int i = 0; i < from.sample.outputs; ++i) {
    graph.outputs.push_back(graph.AddValue(""));
    node.outputs.push_back(graph.outputs.back());
  }
  call->node = graph.AddNode(std::move(node));
  HASTEN_TRY(InferTypes(&graph));
  for (ValueId v : graph.outputs) call->out.push_back(graph.value(v).type);
  return call;
}

// Rank 3 and more between [N, C, d...] and [N, d..., C].
Tensor Relayout(const Tensor& from, bool to_last) {
  if (from.dtype == DType::kNone || from.dims.rank() < 3) return from;
  Tensor to = *NewTensor(from.dtype, from.dims);
  const int64_t channels = from.dims[1], pixels = from.dims.Product(2, from.dims.rank());
  for (int64_t n = 0; n < from.dims[0]; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = 0; p < pixels; ++p) {
        const int64_t plain = (n * channels + c) * pixels + p, last = (n * pixels + p) * channels + c;
        CopyElements(from, to_last ? plain : last, &to, to_last ? last : plain, 1);
      }
  return to;
}

std::vector<Value> Expected(const Call& call) {
  std::vector<Value> inputs, out;
  for (ValueId v : call.graph.inputs)
    for (size_t i = 0; i < call.operands.size(); ++i)
      if (call.graph.node(call.node).inputs[i] == v) inputs.emplace_back(call.operands[i]);
  LocalServices services;
  const Status s = Interpret(call.graph, inputs, {}, &out, services.get());
  EXPECT_TRUE(s.ok()) << s.message();
  return out;
}

double Epsilon(DType t) {
  return t == DType::kF16    ? 0x1p-10
         : t == DType::kBF16 ? 0x1p-7
         : t == DType::kF64  ? 0x1p-52
         : IsFloat(t)        ? 0x1p-23
                             : 1;
}

// The largest finite magnitude.
double Largest(const Tensor& t) {
  double most = 0;
  for (int64_t i = 0; i < t.elements(); ++i)
    if (std::isfinite(t.Double(i))) most = std::max(most, std::fabs(t.Double(i)));
  return most;
}

// Within `bound` units of the largest magnitude, which is `scale` at least.
void ExpectNear(const Tensor& actual, const Tensor& expected, double bound, double scale) {
  ASSERT_EQ(actual.dims.Text(), expected.dims.Text());
  for (int64_t i = 0; expected.dtype == DType::kString && i < expected.elements(); ++i)
    ASSERT_EQ(actual.string(i), expected.string(i)) << "element " << i;
  if (expected.dtype == DType::kString) return;
  double most = IsFloat(expected.dtype) ? std::max(scale, Largest(expected)) : 1;
  if (most == 0) most = 1;
  for (int64_t i = 0; i < expected.elements(); ++i) {
    const double a = actual.Double(i), e = expected.Double(i);
    if (std::isnan(e) ? std::isnan(a) : a == e) continue;
    const double units = std::fabs(a - e) / (most * Epsilon(expected.dtype));
    ASSERT_LE(units, bound) << "element " << i << " is " << a << ", must be " << e;
    ASSERT_FALSE(std::isnan(units)) << "element " << i << " is " << a << ", must be " << e;
  }
}

struct Runner {
  const Tactic& tactic;
  const Call& call;
  std::vector<Type> in, out, epilogue_in;
  std::vector<const Tensor*> constants;
  PlanCall plan;

  Runner(const Tactic& t, const Call& c, int variant, Layout layout) : tactic(t), call(c) {
    const Node& node = c.graph.node(c.node);
    const auto formal = static_cast<size_t>(node.formal_inputs());
    for (size_t i = 0; i < c.operands.size(); ++i) {
      const Tensor& x = c.operands[i];
      const Type type = x.dtype == DType::kNone ? Type() : Type::Tensor(x.dtype, x.dims);
      (i < formal ? in : epilogue_in).push_back(type);
      if (i >= formal) continue;
      const bool constant = node.inputs[i] != kNone && c.graph.value(node.inputs[i]).constant != nullptr;
      constants.push_back(constant ? &x : nullptr);
    }
    out = c.out;
    plan = {.node = &node, .in = in, .out = out, .epilogue_in = epilogue_in, .constants = constants};
    plan.variant = variant;
    plan.layout = layout;
  }

  bool Applies() const {
    const bool last = plan.layout == Layout::kChannelsLast;
    if (last ? tactic.layouts == Layouts::kPlain : tactic.layouts == Layouts::kChannelsLast) return false;
    for (const Type& y : out)
      if (!y.is_tensor() || !y.shape.is_const()) return false;  // known from values alone
    if (last && out[0].shape.rank() < 3) return false;
    if (!plan.node->epilogue.empty() && !tactic.fuses_epilogue) return false;
    return !tactic.supports || tactic.supports(plan);
  }

  // In place: output 0 over the op's input for that.
  void Run(const std::vector<Value>& expected, double scale, uint64_t seed, bool in_place) {
    auto made = Invocation::Of(tactic, plan);
    ASSERT_TRUE(made.ok()) << made.message();
    Status s = made->Bind(in, out, epilogue_in);
    ASSERT_TRUE(s.ok()) << s.message();
    const bool last = plan.layout == Layout::kChannelsLast;
    std::vector<Value> values, results;
    for (size_t i = 0; i < call.operands.size(); ++i) {
      const Tensor& x = call.operands[i];
      const bool follows = last && (i >= in.size() || (i < 32 && (tactic.layout_inputs >> i & 1)));
      values.emplace_back(x.dtype == DType::kNone ? Value() : Value(*Clone(follows ? Relayout(x, true) : x)));
    }
    for (size_t i = 0; i < out.size(); ++i) results.emplace_back(*NewTensor(out[i].dtype, *out[i].shape.Concrete()));
    if (in_place) results[0] = values[static_cast<size_t>(plan.node->op->traits.in_place_input)];
    std::vector<const Value*> formal, epilogue;
    std::vector<Value*> outputs;
    for (size_t i = 0; i < values.size(); ++i) (i < in.size() ? formal : epilogue).push_back(&values[i]);
    for (Value& v : results) outputs.push_back(&v);
    s = made->Run(formal, epilogue, outputs, nullptr, seed);
    ASSERT_TRUE(s.ok()) << s.message();
    for (size_t i = 0; i < expected.size(); ++i) {
      SCOPED_TRACE(Str("output ", i));
      ExpectNear(last && i == 0 ? Relayout(results[i].tensor(), false) : results[i].tensor(), expected[i].tensor(),
                 tactic.bound, i == 0 ? scale : 0);
    }
  }

  bool CanBeInPlace() const {
    const int i = plan.node->op->traits.in_place_input;
    if (!tactic.in_place || i < 0 || static_cast<size_t>(i) >= in.size() || !in[static_cast<size_t>(i)].is_tensor())
      return false;
    const Type& x = in[static_cast<size_t>(i)];
    return x.dtype == out[0].dtype && x.shape == out[0].shape;
  }
};

// The largest magnitude that the epilogue is given: what it makes small may keep the error of what was large.
double ScaleBefore(const OpDef& op, const TacticCase& c) {
  if (c.program.empty()) return 0;
  const auto call = CallOf(op, {c.sample}, true);
  if (!call.ok()) return 0;
  return Largest(Expected(**call)[0].tensor());
}

class Conformance {
 public:
  void Try(const Tactic& tactic, const OpDef& op, const TacticCase& c) {
    std::vector<Value> expected;
    double scale = 0;
    for (const bool constants : {false, true}) {
      auto call = CallOf(op, c, constants);
      if (!call.ok()) return;
      const int variants = std::max<int>(1, static_cast<int>(tactic.variants.size()));
      for (int v = 0; v < variants; ++v)
        for (Layout layout : {Layout::kPlain, Layout::kChannelsLast}) {
          Runner runner(tactic, **call, v, layout);
          if (!runner.Applies()) continue;
          SCOPED_TRACE(Str(tactic.name, " for ", op.name, ": ", c.sample.what, ", ", c.program, ", variant ", v, ", ",
                           Name(layout), constants ? ", constants" : ""));
          if (expected.empty()) {
            expected = Expected(**call);
            scale = ScaleBefore(op, c);
          }
          for (uint64_t seed : {uint64_t{0}, uint64_t{5}}) runner.Run(expected, scale, seed, false);
          if (runner.CanBeInPlace()) runner.Run(expected, scale, 9, true);
          reached_.insert({tactic.name, op.name});
        }
    }
  }
  bool Reached(const Tactic& t, std::string_view op) const { return reached_.count({t.name, op}) > 0; }

 private:
  std::set<std::pair<std::string_view, std::string_view>> reached_;
};

// Type of output 0.
Type OutputOf(const OpDef& op, const TacticCase& c) {
  const auto call = CallOf(op, c, true);
  return call.ok() ? (*call)->out[0] : Type();
}

class TacticConformance : public ::testing::TestWithParam<const Tactic*> {};

TEST_P(TacticConformance, AgreesWithTheReference) {
  const Tactic& tactic = *GetParam();
  if (tactic.device != "cpu" || !Available(tactic.isa)) GTEST_SKIP();
  Conformance conformance;
  for (std::string_view name : tactic.ops) {
    const OpDef* op = Catalog::BuiltIn().Find(name);
    if (!op || !op->samples) continue;  // made by the planner only
    std::vector<TacticCase> cases;
    if (op->samples)
      for (Sample& s : op->samples()) cases.push_back({std::move(s)});
    for (TacticCase& c : MoreCases(name)) cases.push_back(std::move(c));
    for (const TacticCase& c : cases) {
      conformance.Try(tactic, *op, c);
      if (HasFailure()) return;
      if (!tactic.fuses_epilogue) continue;
      for (TacticCase& fused : WithEpilogues(c, OutputOf(*op, c))) {
        conformance.Try(tactic, *op, fused);
        if (HasFailure()) return;
      }
    }
    EXPECT_TRUE(conformance.Reached(tactic, name)) << "no sample of " << name << " reaches " << tactic.name;
  }
}

INSTANTIATE_TEST_SUITE_P(BuiltIn, TacticConformance,
                         ::testing::ValuesIn(BuiltInTactics().begin(), BuiltInTactics().end()),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace hasten
