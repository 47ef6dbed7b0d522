#include "ops/cumulative.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalCumulative(c, 1, [](auto a, auto b) { return a * b; });
}

constexpr OnnxVersion kVersions[] = {{26}};

}  // namespace

extern const OpDef kCumProd = {
    .name = "CumProd",
    .doc =
        "y[.., i, ..] = product of x[.., j, ..] for j <= i along the axis in input 1 (one integer); exclusive: j < "
        "i; reverse: j >= i (or j > i). x: numbers; integers wrap.",
    .attrs = SchemaOf<CumulativeAttrs>(kCumulativeFields),
    .arity = {2, 2},
    .onnx = {"", "CumProd", kVersions},
    .infer = InferCumulative,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = CumulativeSamples,
};

}  // namespace hasten::ops
