#include "ops/movement.h"
#include "ops/softmax.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  return InferSoftmax(c);
}

Status Eval(KernelCall& c) {
  return EvalRows(c, c.attrs<SoftmaxAttrs>(), [](std::span<double> row) {
    if (row.empty()) return;
    auto best = std::find_if(row.begin(), row.end(), [](double v) { return std::isnan(v); });
    if (best == row.end()) best = std::max_element(row.begin(), row.end());
    const auto at = static_cast<size_t>(best - row.begin());
    std::fill(row.begin(), row.end(), 0.0);
    row[at] = 1;
  });
}

}  // namespace

extern const OpDef kHardmax = {
    .name = "Hardmax",
    .doc =
        "y = 1 at the first largest element of a row, else 0; a row runs along `axis`. x: float [d...]; y: the "
        "same. NaN is taken before any number.",
    .attrs = SchemaOf<SoftmaxAttrs>(kSoftmaxFields),
    .arity = {1, 1},
    .onnx = {"", "Hardmax", kSoftmaxVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true, .in_place_input = 0},
    .samples = SoftmaxSamples,
};

}  // namespace hasten::ops
