#include "ops/pooling.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalGlobalPool(c, [](std::span<const double> plane) {
    double best = -std::numeric_limits<double>::infinity();
    for (double v : plane)
      if (v > best || std::isnan(v)) best = v;  // NaN stays
    return best;
  });
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() {
  return {{"image", {{DType::kF32, {2, 3, 7, 5}}}},
          {"all negative", {{DType::kF32, {1, 3, 11}, -3, -1}}},
          {"one pixel", {{DType::kF32, {1, 5, 1, 1}}}},
          {"no batch", {{DType::kF32, {0, 3, 7, 5}}}},
          {"f16", {{DType::kF16, {1, 2, 5, 5}}}}};
}

}  // namespace

extern const OpDef kGlobalMaxPool = {
    .name = "GlobalMaxPool",
    .doc = "Largest element over all spatial axes. x: float [N, C, d...]; y: [N, C, 1...].",
    .arity = {1, 1},
    .onnx = {"", "GlobalMaxPool", kVersions},
    .infer = InferGlobalPool,
    .eval = Eval,
    .flops = [](const CostCall& c) { return ElementsOf(c.in[0]); },
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
