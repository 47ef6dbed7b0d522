#include "ops/region.h"

namespace hasten::ops {
namespace {

struct LoopAttrs {
  GraphPtr body;
};
constexpr AttrField kFields[] = {Field<&LoopAttrs::body>("body")};

// Body: (i, condition, carried...) -> (condition, carried..., scanned...).
struct Counts {
  size_t carried, scanned;
};

Result<Counts> CountsOf(const Graph* body, size_t inputs, size_t outputs) {
  HASTEN_REQUIRE(body, "must have the attribute body");
  const size_t carried = inputs < 2 ? 0 : inputs - 2;
  HASTEN_REQUIRE(body->inputs.size() == carried + 2, "body must take ", carried + 2, " inputs, takes ",
                 body->inputs.size());
  HASTEN_REQUIRE(body->outputs.size() > carried, "body must give at least ", carried + 1, " outputs, gives ",
                 body->outputs.size());
  const Counts counts{carried, body->outputs.size() - carried - 1};
  HASTEN_REQUIRE(outputs <= counts.carried + counts.scanned, "gives ", counts.carried + counts.scanned,
                 " outputs, has ", outputs);
  return counts;
}

Status Infer(InferCall& c) {
  Graph* body = c.attrs<LoopAttrs>().body.get();
  HASTEN_ASSIGN(const Counts counts, CountsOf(body, c.in.size(), c.out.size()));
  std::vector<Type> in{Type::Tensor(DType::kI64, Shape::Scalar()), Type::Tensor(DType::kBool, Shape::Scalar())};
  for (size_t i = 0; i < counts.carried; ++i) in.push_back(c.in[i + 2]);
  std::vector<Type> out;
  const auto rounds = c.ConstInts(0);
  const bool never_runs = rounds && rounds->size() == 1 && (*rounds)[0] <= 0;
  // Carried types are joined with what the body makes of them until nothing changes: each round only loses precision.
  constexpr int kRounds = 8;
  for (int round = 0; round < kRounds; ++round) {
    auto inferred = c.driver->InferBody(body, in, *c.node);
    // A body that these shapes make impossible is legal as long as it never runs.
    if (!inferred.ok() && never_runs) return {};
    HASTEN_ASSIGN(out, std::move(inferred));
    bool stable = true;
    for (size_t i = 0; i < counts.carried; ++i) {
      HASTEN_ASSIGN(Type joined, Join(in[i + 2], out[i + 1]));
      if (joined == in[i + 2]) continue;
      stable = false;
      if (round >= kRounds / 2) joined.shape = Shape::Unknown();
      in[i + 2] = std::move(joined);
    }
    if (stable) break;
  }
  for (size_t i = 0; i < counts.carried; ++i) c.Out(static_cast<int>(i), in[i + 2]);
  Dim trips = Dim::Fresh();
  if (const auto limit = c.ConstInts(0); limit && limit->size() == 1 && !c.has(1)) {
    // Without a condition from outside, the body's own may still stop early: only a constant true one cannot.
    const Tensor* keep = body->constant(body->outputs[0]);
    if (keep && keep->elements() == 1 && keep->Int(0) != 0) trips = std::max<int64_t>(0, (*limit)[0]);
  }
  const Tensor* begin = c.constant(1);
  const bool runs = rounds && rounds->size() == 1 && (*rounds)[0] > 0 &&
                    (!c.has(1) || (begin && begin->elements() == 1 && begin->Int(0) != 0));
  for (size_t i = 0; i < counts.scanned; ++i) {
    const size_t at = counts.carried + 1 + i;
    const Type& element = out[at];
    Type stacked = Type::Tensor(element.dtype, Shape::Unknown());
    if (element.is_tensor() && element.shape.ranked()) {
      std::vector<Dim> dims = element.shape.dims();
      // A loop that does not run stacks nothing, and only what the model's own types tell of an element is known then.
      const Type& known = body->value(body->outputs[at]).type;
      for (int d = 0; !runs && known.is_tensor() && known.shape.ranked() && d < std::ssize(dims); ++d)
        if (d < known.shape.rank() && !known.shape[d].is_const()) dims[static_cast<size_t>(d)] = Dim::Fresh();
      dims.insert(dims.begin(), trips);
      stacked.shape = Shape(std::move(dims));
    }
    c.Out(static_cast<int>(counts.carried + i), std::move(stacked));
  }
  return {};
}

Status Eval(KernelCall& c) {
  const Graph& body = *c.attrs<LoopAttrs>().body;
  HASTEN_ASSIGN(const Counts counts, CountsOf(&body, c.in.size(), c.out.size()));
  std::vector<Value> carried;
  for (size_t i = 0; i < counts.carried; ++i) carried.push_back(c.in[i + 2] ? *c.in[i + 2] : Value());
  std::vector<std::vector<Value>> scanned(counts.scanned);
  bool go = !c.has(1) || c.input(1).Int(0) != 0;
  for (int64_t i = 0; go && (!c.has(0) || i < c.input(0).Int(0)); ++i) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    std::vector<Value> in{Value(ScalarI64(i)), Value(ScalarOf(DType::kBool, go))};
    in.insert(in.end(), carried.begin(), carried.end());
    std::vector<Value> out;
    HASTEN_TRY(c.RunBody(0, in, &out));
    go = out[0].tensor().Int(0) != 0;
    for (size_t k = 0; k < counts.carried; ++k) carried[k] = std::move(out[1 + k]);
    for (size_t k = 0; k < counts.scanned; ++k) scanned[k].push_back(std::move(out[1 + counts.carried + k]));
  }
  for (size_t k = 0; k < counts.carried; ++k) c.Set(static_cast<int>(k), std::move(carried[k]));
  for (size_t k = 0; k < counts.scanned; ++k) {
    const auto at = static_cast<int>(counts.carried + k);
    if (!c.wants(at)) continue;
    Attrs attrs(kRegionStack.attrs);
    attrs.as<RegionAxisAttrs>().element = body.value(body.outputs[1 + counts.carried + k]).type;
    const Value sequence = Value::Sequence(DType::kNone, std::move(scanned[k]));
    const Value* in[] = {&sequence};
    HASTEN_TRY(CallOp(c, kRegionStack, attrs, in, c.out[static_cast<size_t>(at)]));
  }
  return {};
}

Status Lower(RegionBuilder& b) {
  const Node& node = b.node();
  const Graph& body = *node.attrs.as<LoopAttrs>().body;
  HASTEN_ASSIGN(const Counts counts, CountsOf(&body, node.formal_inputs(), node.outputs.size()));
  const SlotId i = b.Temporary(), condition = b.Temporary(), go = b.Temporary();
  const Attrs none(kRegionLess.attrs);
  b.Move(b.Constant(ScalarI64(0)), i);
  const SlotId given = node.formal_inputs() > 1 ? b.Input(1) : kNone;
  b.Move(given == kNone ? b.Constant(ScalarOf(DType::kBool, 1)) : given, condition);
  std::vector<SlotId> in{i, condition}, sequences;
  for (size_t k = 0; k < counts.carried; ++k) {
    in.push_back(b.Temporary());
    b.Move(b.Input(k + 2), in.back());
  }
  for (size_t k = 0; k < counts.scanned; ++k) {
    sequences.push_back(b.Temporary());
    b.Call(kRegionEmpty, none, {}, {sequences.back()});
  }
  const LabelId top = b.NewLabel(), end = b.NewLabel();
  b.Place(top);
  b.Call(kRegionLess, none, {i, node.formal_inputs() > 0 ? b.Input(0) : kNone, condition}, {go});
  b.BranchIfFalse(go, end);
  HASTEN_ASSIGN(const auto out, b.Body(0, in));
  for (size_t k = 0; k < counts.scanned; ++k)
    b.Call(kRegionAppend, none, {sequences[k], out[1 + counts.carried + k]}, {sequences[k]});
  // Two stages: a body may hand one carried value on as another.
  std::vector<SlotId> next;
  for (size_t k = 0; k < counts.carried; ++k) {
    next.push_back(b.Temporary());
    b.Move(out[1 + k], next.back());
  }
  b.Move(out[0], condition);
  for (size_t k = 0; k < counts.carried; ++k) b.Move(next[k], in[2 + k]);
  b.Call(kRegionIncrement, none, {i}, {i});
  b.Jump(top);
  b.Place(end);
  for (size_t k = 0; k < counts.carried; ++k)
    if (k < node.outputs.size() && b.Output(k) != kNone) b.Move(in[2 + k], b.Output(k));
  for (size_t k = 0; k < counts.scanned; ++k) {
    const size_t at = counts.carried + k;
    if (at >= node.outputs.size() || b.Output(at) == kNone) continue;
    Attrs attrs(kRegionStack.attrs);
    attrs.as<RegionAxisAttrs>().element = body.value(body.outputs[1 + at]).type;
    b.Call(kRegionStack, std::move(attrs), {sequences[k]}, {b.Output(at)});
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {13}, {16}, {19}, {21}, {23}, {24}, {25}};

}  // namespace

extern const OpDef kLoop = {
    .name = "Loop",
    .doc =
        "Runs body(i, condition, carried...) -> (condition, carried..., scanned...) for i = 0, 1, ... while i < M and "
        "the "
        "condition holds (either may be absent). Outputs: the last carried values, then each scanned value stacked "
        "along a "
        "new axis 0.",
    .attrs = SchemaOf<LoopAttrs>(kFields),
    .arity = {0, kMany, 0, kMany},
    .onnx = {"", "Loop", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.region = true},
    .lower = Lower,
};

}  // namespace hasten::ops
