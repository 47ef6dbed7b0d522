#include "ops/arg_extreme.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) { return EvalArgExtreme(c, false); }

}  // namespace

extern const OpDef kArgMin = {
    .name = "ArgMin",
    .doc =
        "The place along `axis` of the smallest element of each row (the first or, on select_last_index, the last "
        "such) as i64; the axis stays as 1, or goes where keepdims is 0. NaN is taken before any number. x: "
        "numbers.",
    .attrs = SchemaOf<ArgExtremeAttrs>(kArgExtremeFields),
    .arity = {1, 1},
    .onnx = {"", "ArgMin", kArgExtremeVersions},
    .infer = InferArgExtreme,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = ArgExtremeSamples,
};

}  // namespace hasten::ops
