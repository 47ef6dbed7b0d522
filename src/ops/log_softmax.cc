#include "ops/softmax.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalRows(c, c.attrs<SoftmaxAttrs>(), [](std::span<double> row) {
    const double top = row.empty() ? 0 : *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (double v : row) sum += std::exp(v - top);
    for (double& v : row) v = v - top - std::log(sum);
  });
}

}  // namespace

extern const OpDef kLogSoftmax = {
    .name = "LogSoftmax",
    .doc = "y = x - log(sum of exp(x) over a row); a row runs along `axis`. x: float [d...]; y: the same.",
    .attrs = SchemaOf<SoftmaxAttrs>(kSoftmaxFields),
    .arity = {1, 1},
    .onnx = {"", "LogSoftmax", kSoftmaxVersions},
    .infer = InferSoftmax,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = SoftmaxSamples,
};

}  // namespace hasten::ops
