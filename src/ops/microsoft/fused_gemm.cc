#include "ops/gemm.h"

#include "ops/microsoft/activation.h"

namespace hasten::ops::microsoft {
namespace {

struct FusedGemmAttrs : GemmAttrs {
  std::string activation;
  std::optional<float> activation_alpha, activation_beta, activation_gamma;
};
constexpr AttrField kFields[] = {
    Field<&FusedGemmAttrs::activation>("activation"),
    Field<&FusedGemmAttrs::activation_alpha>("activation_alpha"),
    Field<&FusedGemmAttrs::activation_beta>("activation_beta"),
    Field<&FusedGemmAttrs::activation_gamma>("activation_gamma"),
    Field<&FusedGemmAttrs::alpha>("alpha"),
    Field<&FusedGemmAttrs::beta>("beta"),
    Field<&FusedGemmAttrs::trans_a>("transA"),
    Field<&FusedGemmAttrs::trans_b>("transB"),
};

Result<FusedActivation> ActivationOf(const FusedGemmAttrs& a) {
  return FindActivation(a.activation, a.activation_alpha, a.activation_gamma ? a.activation_gamma : a.activation_beta);
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<FusedGemmAttrs>();
  HASTEN_TRY(ActivationOf(a).status());
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || IsFloat(c.dtype(0)), "input 0 must hold floats, is ", c.type(0));
  return InferGemm(c, a);
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<FusedGemmAttrs>();
  HASTEN_ASSIGN(const FusedActivation f, ActivationOf(a));
  HASTEN_ASSIGN(const auto y, GemmReals(c, a));
  for (double& v : y) v = f(v);
  WriteDoubles(&c.output(0), 0, y);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const SampleInput a{DType::kF32, {3, 5}}, b{DType::kF32, {5, 7}}, c{DType::kF32, {7}};
  const auto act = [](std::string name) { return NamedAttr{"activation", name}; };
  return {{"no activation", {a, b, c}},
          {"relu", {a, b, c}, {act("Relu")}},
          {"leaky", {a, b, c}, {act("LeakyRelu"), {"activation_alpha", 0.3f}}},
          {"hard sigmoid", {a, b, c}, {act("HardSigmoid"), {"activation_alpha", 0.3f}, {"activation_beta", 0.25f}}},
          {"alpha, beta", {a, b, c}, {act("Tanh"), {"alpha", 0.5f}, {"beta", -2.0f}}},
          {"both transposed",
           {{DType::kF32, {5, 3}}, {DType::kF32, {7, 5}}},
           {act("Sigmoid"), {"transA", int64_t{1}}, {"transB", int64_t{1}}}},
          {"no rows", {{DType::kF32, {0, 5}}, b, c}, {act("Relu")}}};
}

}  // namespace

extern const OpDef kFusedGemm = {
    .name = "com.microsoft.FusedGemm",
    .doc =
        "y = activation(alpha * A * B + beta * C). A: float [M, K] ([K, M] if transA); B: [K, N] ([N, K] if transB); C "
        "broadcasts to [M, N]; y: [M, N]. activation: the name of an ONNX activation; its parameters are "
        "activation_alpha "
        "and activation_beta (of Selu: gamma).",
    .attrs = SchemaOf<FusedGemmAttrs>(kFields),
    .arity = {2, 3},
    .onnx = {"com.microsoft", "FusedGemm", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return GemmFlops(c, c.attrs<FusedGemmAttrs>()); },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
