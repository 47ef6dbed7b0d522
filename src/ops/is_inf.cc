#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct IsInfAttrs {
  bool detect_negative = true, detect_positive = true;
};
constexpr AttrField kFields[] = {Field<&IsInfAttrs::detect_negative>("detect_negative"),
                                 Field<&IsInfAttrs::detect_positive>("detect_positive")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kFloat));
  c.Out(0, DType::kBool, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const auto a = c.attrs<IsInfAttrs>();
  return EvalReal(
      c, [a](double x) { return std::isinf(x) && (x < 0 ? a.detect_negative : a.detect_positive) ? 1.0 : 0.0; });
}

constexpr OnnxVersion kVersions[] = {{10}, {20}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const SampleInput both = {DType::kF32, {3}, 0, 0, {kInfinity, 1, -kInfinity}};
  out.push_back({"positive alone", {both}, {{"detect_negative", int64_t{0}}}});
  out.push_back({"negative alone", {both}, {{"detect_positive", int64_t{0}}}});
  out.push_back({"neither", {both}, {{"detect_negative", int64_t{0}}, {"detect_positive", int64_t{0}}}});
  for (DType t : {DType::kF16, DType::kBF16, DType::kF64, DType::kF8E5M2, DType::kF8E4M3FN})
    out.push_back({"infinity of every width", {{t, {3}, 0, 0, {kInfinity, 1, -kInfinity}}}});
  return out;
}

}  // namespace

extern const OpDef kIsInf = {
    .name = "IsInf",
    .doc = "y = x is an infinity of a sign that is asked for, elementwise. x: float [d...]; y: bool [d...].",
    .attrs = SchemaOf<IsInfAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "IsInf", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
