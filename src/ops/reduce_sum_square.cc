#include "ops/reduction.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalReduction(c, {.fold = [](double a, double x) { return a + x * x; }},
                       {.fold = [](int64_t a, int64_t x) { return WrapAdd(a, WrapMul(x, x)); }});
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {13, AxesToInput, AxesToAttribute}, {18}};

}  // namespace

extern const OpDef kReduceSumSquare = {
    .name = "ReduceSumSquare",
    .doc =
        "Sum of squares over the axes that input 1 names; none named: over all, or none with noop_with_empty_axes. x: "
        "float or integer [d...], integers wrap; axes: i64 [k].",
    .attrs = SchemaOf<ReduceAttrs>(kReduceFields),
    .arity = {1, 2},
    .onnx = {"", "ReduceSumSquare", kVersions},
    .infer = InferReduction,
    .eval = Eval,
    .flops = ReductionFlops,
    .traits = {.exact_on_integers = true},
    .samples = [] { return ReductionSamples(-2, 2); },
};

}  // namespace hasten::ops
