#include "ops/reduction.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(InferReduction(c));
  PropagateReduction(
      c, [](const Dim& a, const Dim& b) { return a + b; }, Dim(0));
  return {};
}

Status Eval(KernelCall& c) {
  return EvalReduction(c, {.fold = [](double a, double x) { return a + x; }}, {.fold = WrapAdd});
}

constexpr OnnxVersion kVersions[] = {{1}, {11, AxesToInput, AxesToAttribute}, {13}};

}  // namespace

extern const OpDef kReduceSum = {
    .name = "ReduceSum",
    .doc =
        "Sum over the axes that input 1 names; none named: over all, or none with noop_with_empty_axes. x: float or "
        "integer [d...], integers wrap; axes: i64 [k].",
    .attrs = SchemaOf<ReduceAttrs>(kReduceFields),
    .arity = {1, 2},
    .onnx = {"", "ReduceSum", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = ReductionFlops,
    .traits = {.exact_on_integers = true},
    .samples = [] { return ReductionSamples(-2, 2); },
};

}  // namespace hasten::ops
