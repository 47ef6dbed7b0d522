#include "ops/pooling.h"

namespace hasten::ops {
namespace {

struct GlobalLpPoolAttrs {
  int64_t p = 2;
};
constexpr AttrField kFields[] = {Field<&GlobalLpPoolAttrs::p>("p")};

Status Infer(InferCall& c) {
  const int64_t p = c.attrs<GlobalLpPoolAttrs>().p;
  HASTEN_REQUIRE(p >= 1, "p must be at least 1, is ", p);
  return InferGlobalPool(c);
}

Status Eval(KernelCall& c) {
  return EvalGlobalPool(c, [p = static_cast<double>(c.attrs<GlobalLpPoolAttrs>().p)](std::span<const double> plane) {
    double sum = 0;
    for (double v : plane) sum += std::pow(std::abs(v), p);
    return std::pow(sum, 1 / p);
  });
}

constexpr OnnxVersion kVersions[] = {{1, FloatPToInt, IntPToFloat}, {2}, {22}};

std::vector<Sample> Samples() {
  return {{"p = 2", {{DType::kF32, {2, 3, 7, 5}}}},
          {"p = 1", {{DType::kF32, {2, 3, 7, 5}}}, {{"p", int64_t{1}}}},
          {"p = 3", {{DType::kF32, {1, 3, 11}}}, {{"p", int64_t{3}}}},
          {"no batch", {{DType::kF32, {0, 3, 7, 5}}}},
          {"f16", {{DType::kF16, {1, 2, 5, 5}}}}};
}

}  // namespace

extern const OpDef kGlobalLpPool = {
    .name = "GlobalLpPool",
    .doc = "p-norm over all spatial axes: (sum |x|^p)^(1/p). x: float [N, C, d...]; y: [N, C, 1...].",
    .attrs = SchemaOf<GlobalLpPoolAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "GlobalLpPool", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return ElementsOf(c.in[0]); },
    .samples = Samples,
};

}  // namespace hasten::ops
