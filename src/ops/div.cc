#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Dim KnownQuotient(const Dim& a, const Dim& b) {
  if (a.is_const() && b.is_const() && !b.is(0) && !b.is(-1)) return a.value() / b.value();
  return NonNegative(a) && NonNegative(b) ? FloorDiv(a, b) : AnyInteger();
}

// In floats only a quotient without a rest is a whole number.
Dim KnownExactQuotient(const Dim& a, const Dim& b) {
  if (b.is(0)) return AnyInteger();
  const Dim q = FloorDiv(a, b);
  return q * b == a ? q : AnyInteger();
}

Status Infer(InferCall& c) {
  PropagateInts(c, IsFloat(c.dtype(0)) ? KnownExactQuotient : KnownQuotient);
  return InferBroadcastNumbers(c);
}

// By 0 gives 0, as in numpy; the least integer by -1 wraps.
int64_t Quotient(int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? WrappingSub(0, a) : a / b; }

Status Eval(KernelCall& c) {
  return EvalBinary(c, {.real = [](double a, double b) { return a / b; },
                        .integer = Quotient,
                        .natural = [](uint64_t a, uint64_t b) -> uint64_t { return b == 0 ? 0 : a / b; }});
}

constexpr OnnxVersion kVersions[] = {
    {1, DropConsumedInputs}, {6, UpgradeLegacyBroadcast, DowngradeBroadcast}, {7}, {13}, {14}};

std::vector<Sample> Samples() { return NumberPairSamples(); }

}  // namespace

extern const OpDef kDiv = {
    .name = "Div",
    .doc =
        "y = a / b, elementwise with numpy broadcasting. a: number [d...]; b: the same dtype; y: [broadcast]. Integers "
        "truncate towards zero; by 0 they give 0.",
    .arity = {2, 2},
    .onnx = {"", "Div", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
