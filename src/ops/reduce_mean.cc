#include "ops/reduction.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalReduction(c,
                       {.fold = [](double a, double x) { return a + x; },
                        .finish = [](double total, double count) { return total / count; }},
                       {.fold = WrapAdd});
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {13, AxesToInput, AxesToAttribute}, {18}};

}  // namespace

extern const OpDef kReduceMean = {
    .name = "ReduceMean",
    .doc =
        "Arithmetic mean, truncated to integers where x is, over the axes that input 1 names; none named: over all, "
        "or none with noop_with_empty_axes. x: [d...]; axes: i64 [k]. No elements have the mean NaN.",
    .attrs = SchemaOf<ReduceAttrs>(kReduceFields),
    .arity = {1, 2},
    .onnx = {"", "ReduceMean", kVersions},
    .infer = InferReduction,
    .eval = Eval,
    .flops = ReductionFlops,
    .samples = [] { return ReductionSamples(-2, 2); },
};

}  // namespace hasten::ops
