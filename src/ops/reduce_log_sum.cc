#include "ops/reduction.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalReduction(c,
                       {.fold = [](double a, double x) { return a + x; },
                        .finish = [](double total, double) { return std::log(total); }},
                       {.fold = WrapAdd});
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {13, AxesToInput, AxesToAttribute}, {18}, {28}};

}  // namespace

extern const OpDef kReduceLogSum = {
    .name = "ReduceLogSum",
    .doc =
        "Logarithm of the sum, truncated to integers where x is, over the axes that input 1 names; none named: over "
        "all, or none with noop_with_empty_axes. x: [d...]; axes: i64 [k].",
    .attrs = SchemaOf<ReduceAttrs>(kReduceFields),
    .arity = {1, 2},
    .onnx = {"", "ReduceLogSum", kVersions},
    .infer = InferReduction,
    .eval = Eval,
    .flops = ReductionFlops,
    .samples = [] { return ReductionSamples(0.5, 3); },
};

}  // namespace hasten::ops
