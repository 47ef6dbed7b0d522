#include "ops/reduction.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalReduction(c,
                       {.fold = [](double a, double x) { return a + x * x; },
                        .finish = [](double total, double) { return std::sqrt(total); }},
                       {.fold = [](int64_t a, int64_t x) { return WrapAdd(a, WrapMul(x, x)); }});
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {13, AxesToInput, AxesToAttribute}, {18}};

}  // namespace

extern const OpDef kReduceL2 = {
    .name = "ReduceL2",
    .doc =
        "Square root of the sum of squares, truncated to integers where x is, over the axes that input 1 names; none "
        "named: over all, or none with noop_with_empty_axes. x: [d...]; axes: i64 [k].",
    .attrs = SchemaOf<ReduceAttrs>(kReduceFields),
    .arity = {1, 2},
    .onnx = {"", "ReduceL2", kVersions},
    .infer = InferReduction,
    .eval = Eval,
    .flops = ReductionFlops,
    .samples = [] { return ReductionSamples(-2, 2); },
};

}  // namespace hasten::ops
