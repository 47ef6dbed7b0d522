#include "ops/softmax.h"

namespace hasten::ops {
namespace {

struct LpNormalizationAttrs {
  int64_t axis = -1, p = 2;
};
constexpr AttrField kFields[] = {Field<&LpNormalizationAttrs::axis>("axis"), Field<&LpNormalizationAttrs::p>("p")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<LpNormalizationAttrs>();
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_REQUIRE(a.p == 1 || a.p == 2, "p must be 1 or 2, is ", a.p);
  if (c.shape(0).ranked()) HASTEN_TRY(NormalizeAxis(a.axis, c.shape(0).rank()).status());
  c.Out(0, c.type(0));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<LpNormalizationAttrs>();
  return EvalRows(c, {.axis = a.axis}, [&](std::span<double> row) {
    double norm = 0;
    for (double v : row) norm += a.p == 1 ? std::abs(v) : v * v;
    if (a.p == 2) norm = std::sqrt(norm);
    for (double& v : row) v = norm == 0 ? 0 : v / norm;
  });
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5}, -2, 2};
  return {{"p = 2", {x}},
          {"p = 1", {x}, {{"p", int64_t{1}}}},
          {"first axis", {x}, {{"axis", int64_t{0}}}},
          {"zeros stay", {{DType::kF32, {2, 2}, 0, 0, {0, 0, 3, 4}}}},
          {"no rows", {{DType::kF32, {0, 5}}}},
          {"f16", {{DType::kF16, {2, 7}}}}};
}

}  // namespace

extern const OpDef kLpNormalization = {
    .name = "LpNormalization",
    .doc = "y = x / p-norm of x along `axis`, p 1 or 2; 0 where the norm is 0. x: float [d...]; y: the same.",
    .attrs = SchemaOf<LpNormalizationAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "LpNormalization", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
