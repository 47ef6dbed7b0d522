#include "ops/scan.h"

namespace hasten {

Attrs ScanSliceAttrs(const ScanAttrs& attrs, size_t i) {
  Attrs slice(kRegionSlice.attrs);
  auto& to = slice.as<RegionAxisAttrs>();
  to.axis = attrs.InputAxis(i);
  to.reverse = attrs.InputReversed(i);
  return slice;
}

Attrs ScanStackAttrs(const ScanAttrs& attrs, const ScanCounts& counts, size_t i) {
  Attrs stack(kRegionStack.attrs);
  auto& to = stack.as<RegionAxisAttrs>();
  to.axis = attrs.OutputAxis(i);
  to.reverse = attrs.OutputReversed(i);
  to.element = attrs.body->value(attrs.body->outputs[counts.states + i]).type;
  return stack;
}

namespace ops {
namespace {

constexpr AttrField kFields[] = {Field<&ScanAttrs::body>("body"),
                                 Field<&ScanAttrs::num_scan_inputs>("num_scan_inputs"),
                                 Field<&ScanAttrs::scan_input_axes>("scan_input_axes"),
                                 Field<&ScanAttrs::scan_input_directions>("scan_input_directions"),
                                 Field<&ScanAttrs::scan_output_axes>("scan_output_axes"),
                                 Field<&ScanAttrs::scan_output_directions>("scan_output_directions"),
                                 InternalField<&ScanAttrs::batched>("batched")};

// One run over the scanned axis: operands of the body at the start, and what came out.
struct Pass {
  std::vector<Value> states, scans;  // in; states are overwritten
  std::vector<Value> stacks;         // out
};

Result<Value> SliceOf(const KernelCall& c, const Value& x, int64_t i, const Attrs& attrs) {
  const Value at{ScalarI64(i)};
  const Value* in[] = {&x, &at};
  Value out;
  HASTEN_TRY(CallOp(c, kRegionSlice, attrs, in, &out));
  return out;
}

Status StackInto(const KernelCall& c, std::vector<Value> parts, const Attrs& attrs, Value* out) {
  const Value sequence = Value::Sequence(DType::kNone, std::move(parts));
  const Value* in[] = {&sequence};
  return CallOp(c, kRegionStack, attrs, in, out);
}

Result<int64_t> LengthOf(const ScanAttrs& attrs, const std::vector<Value>& scans) {
  std::optional<int64_t> length;
  for (size_t i = 0; i < scans.size(); ++i) {
    HASTEN_REQUIRE(scans[i].is_tensor(), "scan inputs must be there");
    const Dims& dims = scans[i].tensor().dims;
    HASTEN_ASSIGN(const int axis, NormalizeAxis(attrs.InputAxis(i), dims.rank()));
    HASTEN_REQUIRE(!length || *length == dims[axis], "scan inputs must have one length, have ", *length, " and ",
                   dims[axis]);
    length = dims[axis];
  }
  return *length;
}

Status RunPass(KernelCall& c, const ScanCounts& counts, int64_t length, Pass* pass) {
  const auto& attrs = c.attrs<ScanAttrs>();
  std::vector<std::vector<Value>> stacked(counts.stacks);
  for (int64_t t = 0; t < length; ++t) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    std::vector<Value> in = pass->states, out;
    for (size_t i = 0; i < counts.scans; ++i) {
      HASTEN_ASSIGN(Value element, SliceOf(c, pass->scans[i], t, ScanSliceAttrs(attrs, i)));
      in.push_back(std::move(element));
    }
    HASTEN_TRY(c.RunBody(0, in, &out));
    for (size_t i = 0; i < counts.states; ++i) pass->states[i] = std::move(out[i]);
    for (size_t i = 0; i < counts.stacks; ++i) stacked[i].push_back(std::move(out[counts.states + i]));
  }
  pass->stacks.resize(counts.stacks);
  for (size_t i = 0; i < counts.stacks; ++i)
    HASTEN_TRY(StackInto(c, std::move(stacked[i]), ScanStackAttrs(attrs, counts, i), &pass->stacks[i]));
  return {};
}

Status EvalBatched(KernelCall& c, const ScanCounts& counts, const Pass& whole) {
  const Tensor& scan = whole.scans[0].tensor();
  HASTEN_REQUIRE(scan.dims.rank() >= 2, "scan inputs must have a batch and a sequence axis, are ", scan);
  const int64_t batch = scan.dims[0], longest = scan.dims[1];
  HASTEN_REQUIRE(!c.has(0) || c.input(0).elements() == batch, "sequence_lens must have ", batch, " entries, is ",
                 c.input(0));
  const Attrs first_axis(kRegionSlice.attrs);
  std::vector<std::vector<Value>> results(counts.states + counts.stacks);
  for (int64_t b = 0; b < batch; ++b) {
    Pass row;
    for (const Value& v : whole.states) {
      HASTEN_ASSIGN(row.states.emplace_back(), SliceOf(c, v, b, first_axis));
    }
    const int64_t length = c.has(0) ? c.input(0).Int(b) : longest;
    HASTEN_REQUIRE(length >= 0 && length <= longest, "sequence_lens must be 0 to ", longest, ", has ", length);
    const Value own{ScalarI64(length)};
    for (const Value& v : whole.scans) {  // cut, so that backwards begins at the row's own end
      HASTEN_ASSIGN(const Value all, SliceOf(c, v, b, first_axis));
      const Value* in[] = {&all, &own};
      HASTEN_TRY(CallOp(c, kRegionPad, first_axis, in, &row.scans.emplace_back()));
    }
    HASTEN_TRY(RunPass(c, counts, length, &row));
    for (size_t i = 0; i < counts.states; ++i) results[i].push_back(std::move(row.states[i]));
    const Value to{ScalarI64(longest)};
    for (size_t i = 0; i < counts.stacks; ++i) {
      const Value* in[] = {&row.stacks[i], &to};
      HASTEN_TRY(CallOp(c, kRegionPad, first_axis, in, &results[counts.states + i].emplace_back()));
    }
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (!c.wants(static_cast<int>(i))) continue;
    Attrs stack(kRegionStack.attrs);
    stack.as<RegionAxisAttrs>().element = c.attrs<ScanAttrs>().body->value(c.attrs<ScanAttrs>().body->outputs[i]).type;
    HASTEN_TRY(StackInto(c, std::move(results[i]), stack, c.out[i]));
  }
  return {};
}

Status Eval(KernelCall& c) {
  const auto& attrs = c.attrs<ScanAttrs>();
  HASTEN_ASSIGN(const ScanCounts counts, ScanCountsOf(attrs, c.in.size(), c.out.size()));
  Pass pass;
  for (size_t i = 0; i < counts.states + counts.scans; ++i) {
    const Value* v = c.in[counts.first + i];
    (i < counts.states ? pass.states : pass.scans).push_back(v ? *v : Value());
  }
  HASTEN_ASSIGN(const int64_t length, LengthOf(attrs, pass.scans));
  if (attrs.batched) return EvalBatched(c, counts, pass);
  HASTEN_TRY(RunPass(c, counts, length, &pass));
  for (size_t i = 0; i < counts.states + counts.stacks; ++i)
    c.Set(static_cast<int>(i), std::move(i < counts.states ? pass.states[i] : pass.stacks[i - counts.states]));
  return {};
}

Status Up8(OnnxNode& n) {
  n.Set("batched", int64_t{1});
  if (auto directions = n.Take("directions")) n.Set("scan_input_directions", *std::move(directions));
  return {};
}

Status Down8(OnnxNode& n) {
  if (!n.Take("batched"))
    return Status(Code::kUnsupported, "Scan has a batch axis at opset 8: this one has none and cannot be written so");
  if (auto directions = n.Take("scan_input_directions")) n.Set("directions", *std::move(directions));
  return {};
}

constexpr OnnxVersion kVersions[] = {
    {8, Up8, Down8}, {9}, {11}, {16}, {19}, {21}, {23}, {24}, {25, nullptr, ScanOverBatch}};

}  // namespace

extern const OpDef kScan = {
    .name = "Scan",
    .doc =
        "Runs body(states..., elements...) -> (states..., results...) once for each index of the scanned axis of the "
        "last num_scan_inputs inputs (from its end where the direction is 1). Outputs: the last states, then each "
        "result "
        "stacked along its axis (backwards where the direction is 1).",
    .attrs = SchemaOf<ScanAttrs>(kFields),
    .arity = {0, kMany, 0, kMany},
    .onnx = {"", "Scan", kVersions},
    .infer = InferScan,
    .eval = Eval,
    .traits = {.region = true},
    .lower = LowerScan,
};

}  // namespace ops
}  // namespace hasten
