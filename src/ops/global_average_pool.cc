#include "ops/pooling.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalGlobalPool(c, [](std::span<const double> plane) {
    double sum = 0;
    for (double v : plane) sum += v;
    return sum / static_cast<double>(plane.size());
  });
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() {
  return {{"image", {{DType::kF32, {2, 3, 7, 5}}}},     {"1-D", {{DType::kF32, {1, 3, 11}}}},
          {"one pixel", {{DType::kF32, {1, 5, 1, 1}}}}, {"no batch", {{DType::kF32, {0, 3, 7, 5}}}},
          {"no spatial axes", {{DType::kF32, {2, 3}}}}, {"f16", {{DType::kF16, {1, 2, 5, 5}}}}};
}

}  // namespace

extern const OpDef kGlobalAveragePool = {
    .name = "GlobalAveragePool",
    .doc = "Mean over all spatial axes. x: float [N, C, d...]; y: [N, C, 1...].",
    .arity = {1, 1},
    .onnx = {"", "GlobalAveragePool", kVersions},
    .infer = InferGlobalPool,
    .eval = Eval,
    .flops = [](const CostCall& c) { return ElementsOf(c.in[0]); },
    .samples = Samples,
};

}  // namespace hasten::ops
