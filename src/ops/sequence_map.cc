#include "ops/region.h"
#include "ops/sequence.h"

namespace hasten::ops {
namespace {

struct SequenceMapAttrs {
  GraphPtr body;
};
constexpr AttrField kFields[] = {Field<&SequenceMapAttrs::body>("body")};

Status RequireBody(const Graph* body, size_t inputs, size_t outputs) {
  HASTEN_REQUIRE(body, "must have the attribute body");
  HASTEN_REQUIRE(body->inputs.size() == inputs, "body must take ", inputs, " inputs, takes ", body->inputs.size());
  HASTEN_REQUIRE(outputs <= body->outputs.size(), "body must give ", outputs, " outputs, gives ", body->outputs.size());
  return {};
}

Status Infer(InferCall& c) {
  Graph* body = c.attrs<SequenceMapAttrs>().body.get();
  HASTEN_TRY(RequireBody(body, c.in.size(), c.out.size()));
  std::vector<Type> in;
  for (int i = 0; i < c.inputs(); ++i) {
    if (i == 0 || c.type(i).kind == Type::Kind::kSequence) {
      HASTEN_ASSIGN(in.emplace_back(), InferElement(c, i));
    } else {
      in.push_back(c.type(i));
    }
  }
  HASTEN_ASSIGN(std::vector<Type> out, c.driver->InferBody(body, in, *c.node));
  for (size_t i = 0; i < c.out.size(); ++i) c.Out(static_cast<int>(i), Type::Sequence(std::move(out[i])));
  return {};
}

Status Eval(KernelCall& c) {
  const Graph* body = c.attrs<SequenceMapAttrs>().body.get();
  HASTEN_TRY(RequireBody(body, c.in.size(), c.out.size()));
  HASTEN_ASSIGN(const std::vector<Value>* first, ElementsOf(c, 0));
  std::vector<std::vector<Value>> mapped(c.out.size());
  for (size_t at = 0; at < first->size(); ++at) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    std::vector<Value> in, out;
    for (int i = 0; i < c.inputs(); ++i) {
      HASTEN_REQUIRE(c.has(i), "input ", i, " must be there");
      if (c.value(i).kind() != Value::Kind::kSequence) {
        in.push_back(c.value(i));
        continue;
      }
      const std::vector<Value>& elements = c.value(i).elements();
      HASTEN_REQUIRE(elements.size() == first->size(), "sequences must have one length, have ", first->size(), " and ",
                     elements.size());
      in.push_back(elements[at]);
    }
    HASTEN_TRY(c.RunBody(0, in, &out));
    for (size_t i = 0; i < mapped.size(); ++i) {
      HASTEN_ASSIGN(mapped[i].emplace_back(), c.Keep(out[i]));
    }
  }
  for (size_t i = 0; i < mapped.size(); ++i)
    c.Set(static_cast<int>(i), Value::Sequence(body->value(body->outputs[i]).type.dtype, std::move(mapped[i])));
  return {};
}

Status Lower(RegionBuilder& b) {
  const Node& node = b.node();
  HASTEN_TRY(RequireBody(node.attrs.as<SequenceMapAttrs>().body.get(), node.formal_inputs(), node.outputs.size()));
  const Attrs none(kRegionLess.attrs);
  const SlotId i = b.Temporary(), count = b.Temporary(), go = b.Temporary();
  b.Call(kRegionLength, none, {b.Input(0)}, {count});
  b.Move(b.Constant(ScalarI64(0)), i);
  std::vector<SlotId> in, sequences;
  for (size_t k = 0; k < node.formal_inputs(); ++k) in.push_back(b.Temporary());
  for (size_t k = 0; k < node.outputs.size(); ++k) {
    sequences.push_back(b.Temporary());
    b.Call(kRegionEmpty, none, {}, {sequences.back()});
  }
  const LabelId top = b.NewLabel(), end = b.NewLabel();
  b.Place(top);
  b.Call(kRegionLess, none, {i, count}, {go});
  b.BranchIfFalse(go, end);
  for (size_t k = 0; k < in.size(); ++k) b.Call(kRegionAt, none, {b.Input(k), i}, {in[k]});
  HASTEN_ASSIGN(const auto out, b.Body(0, in));
  for (size_t k = 0; k < sequences.size(); ++k) b.Call(kRegionAppend, none, {sequences[k], out[k]}, {sequences[k]});
  b.Call(kRegionIncrement, none, {i}, {i});
  b.Jump(top);
  b.Place(end);
  for (size_t k = 0; k < sequences.size(); ++k)
    if (b.Output(k) != kNone) b.Move(sequences[k], b.Output(k));
  return {};
}

constexpr OnnxVersion kVersions[] = {{17}};

}  // namespace

extern const OpDef kSequenceMap = {
    .name = "SequenceMap",
    .doc =
        "body applied to the i-th elements of the input sequences, for every i; inputs that are tensors go in whole. "
        "The "
        "outputs are sequences as long as input 0.",
    .attrs = SchemaOf<SequenceMapAttrs>(kFields),
    .arity = {1, kMany, 1, kMany},
    .onnx = {"", "SequenceMap", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.region = true},
    .lower = Lower,
};

}  // namespace hasten::ops
