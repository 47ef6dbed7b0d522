#include "runtime/verification.h"

#include <cmath>

#include "kernels/bound.h"
#include "ops/infer.h"

namespace hasten {
namespace {

// [N, d..., C] in memory to [N, C, d...].
Result<Tensor> PlainOf(const Tensor& last) {
  HASTEN_ASSIGN(Tensor plain, NewTensor(last.dtype, last.dims));
  const int64_t channels = last.dims[1], pixels = last.dims.Product(2, last.dims.rank());
  for (int64_t n = 0; n < last.dims[0]; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = 0; p < pixels; ++p)
        CopyElements(last, (n * pixels + p) * channels + c, &plain, (n * channels + c) * pixels + p, 1);
  return plain;
}

// Every number off by twice a rounding, up or down.
Result<Value> Rounded(const Value& value) {
  if (!value.is_tensor() || !IsFloat(value.tensor().dtype)) return value;
  HASTEN_ASSIGN(Tensor t, Clone(value.tensor()));
  const double off = EpsilonOf(t.dtype);
  uint32_t random = 1;
  for (int64_t i = 0; i < t.elements(); ++i) {
    random = random * 1664525 + 1013904223;
    t.SetDouble(i, t.Double(i) * (random >> 31 ? 1 + off : 1 - off));
  }
  return Value(std::move(t));
}

}  // namespace

bool Verification::Verifiable(const Step& step) const {
  if (!step.tactic || step.device) return false;
  for (const auto* list : {&step.in, &step.out})
    for (SlotId s : *list)
      if (s != kNone && plan_.values[s].storage == Storage::kState) return false;
  return true;
}

void Verification::Before(const Step& step, size_t, const KernelCall& call) {
  overwritten_ = Value();
  if (step.in_place == kNone || !Verifiable(step)) return;
  for (size_t i = 0; i < step.in.size(); ++i)
    if (step.in[i] == step.in_place && call.in[i] && call.in[i]->is_tensor())
      if (auto copy = Clone(call.in[i]->tensor()); copy.ok()) overwritten_ = Value(*std::move(copy));
}

// An operand as the graph means it: constants as they were before they were packed, in plain layout.
Result<Value> Verification::Plain(SlotId slot, const Value& value) const {
  const PlannedValue& v = plan_.values[slot];
  if (v.packed_from != kNone) return Value(plan_.values[v.packed_from].constant);
  if (v.layout != Layout::kChannelsLast || !value.is_tensor() || value.tensor().dims.rank() < 3) return value;
  HASTEN_ASSIGN(Tensor plain, PlainOf(value.tensor()));
  return Value(std::move(plain));
}

Result<std::vector<Value>> Verification::Reference(const Step& step, const KernelCall& call, bool rounded) const {
  std::vector<Value> operands(step.in.size() + step.epilogue_in.size()), results(step.out.size());
  std::vector<const Value*> in, epilogue;
  std::vector<Value*> out;
  for (size_t i = 0; i < operands.size(); ++i) {
    const bool formal = i < step.in.size();
    const size_t k = formal ? i : i - step.in.size();
    const SlotId slot = formal ? step.in[k] : step.epilogue_in[k];
    const Value* value = formal ? call.in[k] : call.epilogue_operands[k];
    auto& list = formal ? in : epilogue;
    list.push_back(nullptr);
    if (slot == kNone || !value) continue;
    HASTEN_ASSIGN(operands[i],
                  Plain(slot, formal && slot == step.in_place && overwritten_.has() ? overwritten_ : *value));
    if (rounded) {
      HASTEN_ASSIGN(operands[i], Rounded(operands[i]));
    }
    list.back() = &operands[i];
  }
  for (size_t i = 0; i < results.size(); ++i) out.push_back(step.out[i] == kNone ? nullptr : &results[i]);
  LocalServices services;
  const NodeOperands all{in, epilogue, {}};
  HASTEN_TRY(RunReference(*step.node, step.key, all, out, services.get()).At("its reference"));
  return results;
}

Result<double> Verification::Allowed(const Step& step, const KernelCall& call, size_t output,
                                     const Tensor& expected) const {
  HASTEN_ASSIGN(const std::vector<Value> moved, Reference(step, call, true));
  // A rounding is half of what the operands were moved by.
  return step.tactic->bound * std::max(1.0, DistanceOf(moved[output].tensor(), expected).units / 2);
}

Status Verification::CompareOutput(const Step& step, size_t index, const KernelCall& call, size_t output,
                                   const Value& actual, const Value& expected) {
  const auto wrong = [&](const std::string& what) {
    return Status(Code::kInternal, Str("step ", index, " by ", step.tactic->name, ": output ", output, " ", what));
  };
  if (!actual.is_tensor() || !expected.is_tensor() || !(TypeOf(actual) == TypeOf(expected)))
    return wrong(Str("is ", TypeOf(actual), ", by the reference ", TypeOf(expected)));
  const Tensor &a = actual.tensor(), &e = expected.tensor();
  if (e.dtype == DType::kString) return SameBits(a, e) ? Status() : wrong("is not the reference's");
  const Distance distance = DistanceOf(a, e);
  double bound = step.tactic->bound;
  if (bound > 0 && distance.units > bound && std::isfinite(distance.units)) {
    HASTEN_ASSIGN(bound, Allowed(step, call, output, e));
  }
  if (distance.units > bound)
    return wrong(Str("at element ", distance.element, " is ", a.Double(distance.element), ", by the reference ",
                     e.Double(distance.element), ": ", distance.units, " units of rounding apart, at most ", bound,
                     " may be"));
  // Nearer to the bound is worse; exact kernels have none to come near to.
  const double part = bound > 0 ? distance.units / bound : 0;
  if (!worst_ || part > (worst_->bound > 0 ? worst_->units / worst_->bound : 0))
    worst_ = {index, distance.units, bound};
  return {};
}

Status Verification::After(const Step& step, size_t index, const KernelCall& call) {
  if (!Verifiable(step)) {
    ++skipped_;
    return {};
  }
  HASTEN_ASSIGN(const std::vector<Value> expected, Reference(step, call, false));
  for (size_t i = 0; i < expected.size(); ++i) {
    if (step.out[i] == kNone) continue;
    HASTEN_ASSIGN(const Value actual, Plain(step.out[i], *call.out[i]));
    HASTEN_TRY(CompareOutput(step, index, call, i, actual, expected[i]));
  }
  ++verified_;
  return {};
}

}  // namespace hasten
