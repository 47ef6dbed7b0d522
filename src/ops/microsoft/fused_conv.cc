#include "ops/convolution.h"
#include "ops/microsoft/activation.h"

namespace hasten::ops::microsoft {
namespace {

struct FusedConvAttrs : ConvAttrs {
  std::string activation;
  std::vector<float> activation_params;
};
constexpr AttrField kFields[] = {
    Field<&FusedConvAttrs::activation>("activation"),
    Field<&FusedConvAttrs::activation_params>("activation_params"),
    Field<&FusedConvAttrs::auto_pad>("auto_pad"),
    Field<&FusedConvAttrs::dilations>("dilations"),
    Field<&FusedConvAttrs::group>("group"),
    Field<&FusedConvAttrs::kernel_shape>("kernel_shape"),
    Field<&FusedConvAttrs::pads>("pads"),
    Field<&FusedConvAttrs::strides>("strides"),
};

Result<FusedActivation> ActivationOf(const FusedConvAttrs& a) {
  const auto& p = a.activation_params;
  HASTEN_REQUIRE(p.size() <= 2, "activation_params must have at most 2 entries, has ", p.size());
  return FindActivation(a.activation, p.empty() ? std::nullopt : std::optional(p[0]),
                        p.size() < 2 ? std::nullopt : std::optional(p[1]));
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<FusedConvAttrs>();
  HASTEN_TRY(ActivationOf(a).status());
  for (int i = 1; i < 4; ++i) HASTEN_TRY(c.RequireSameDType(0, i));
  HASTEN_TRY(InferConvolution(c, a, 0, 1, 2, c.dtype(0)));
  if (!c.has(3) || c.out.empty() || !c.out[0].shape.ranked()) return {};
  const Shape& y = c.out[0].shape;
  HASTEN_TRY(c.RequireTensor(3));
  HASTEN_TRY(c.RequireRank(3, y.rank()));
  for (int i = 0; i < y.rank(); ++i) HASTEN_TRY(c.RequireDims(3, i, y[i], "shape of the output"));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<FusedConvAttrs>();
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const FusedActivation f, ActivationOf(a));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto w, c.Doubles(1));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  HASTEN_TRY(Convolve(c, a, c.input(0).dims, c.input(1).dims, y.dims, x, w, sum));
  if (c.has(2)) {
    HASTEN_ASSIGN(const auto bias, c.Doubles(2));
    const size_t size = static_cast<size_t>(y.dims.Product(2, y.dims.rank()));
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += bias[i / size % bias.size()];
  }
  if (c.has(3)) {
    HASTEN_ASSIGN(const auto z, c.Doubles(3));
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += z[i];
  }
  for (double& v : sum) v = f(v);
  WriteDoubles(&y, 0, sum);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 6, 7, 5}}, w{DType::kF32, {4, 6, 3, 3}}, b{DType::kF32, {4}};
  const SampleInput none{DType::kNone, {}}, z{DType::kF32, {2, 4, 5, 3}};
  const auto act = [](std::string name) { return NamedAttr{"activation", name}; };
  const auto params = [](Floats p) { return NamedAttr{"activation_params", p}; };
  return {{"no activation", {x, w}},
          {"relu", {x, w, b}, {act("Relu")}},
          {"clip", {x, w, b}, {act("Clip"), params({-0.5f, 0.75f})}},
          {"leaky", {x, w, b}, {act("LeakyRelu"), params({0.2f})}},
          {"sigmoid, pads, strides", {x, w, b}, {act("Sigmoid"), {"pads", Ints{0, 1, 2, 3}}, {"strides", Ints{2, 3}}}},
          {"tanh, dilations", {x, w}, {act("Tanh"), {"dilations", Ints{2, 1}}}},
          {"hard sigmoid", {x, w, b}, {act("HardSigmoid"), params({0.3f, 0.4f})}},
          {"sum before the activation", {x, w, b, z}, {act("Relu")}},
          {"sum without bias", {x, w, none, z}, {act("Relu")}},
          {"group", {x, {DType::kF32, {4, 3, 3, 3}}}, {act("Relu"), {"group", int64_t{2}}}},
          {"no batch", {{DType::kF32, {0, 6, 7, 5}}, w, b}, {act("Relu")}}};
}

}  // namespace

extern const OpDef kFusedConv = {
    .name = "com.microsoft.FusedConv",
    .doc =
        "y = activation(Conv(x, w) + bias + z). x: float [N, C, d...]; w: [M, C / group, k...]; bias: [M]; z, y: [N, "
        "M, o...]. "
        "activation: Relu, Tanh, Sigmoid, LeakyRelu (alpha), Clip (low, high), HardSigmoid (alpha, beta), or none.",
    .attrs = SchemaOf<FusedConvAttrs>(kFields),
    .arity = {2, 4},
    .onnx = {"com.microsoft", "FusedConv", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return ConvolutionFlops(c, 1); },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
