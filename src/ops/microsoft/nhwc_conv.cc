#include "ops/convolution.h"
#include "ops/microsoft/channels_last.h"

namespace hasten::ops::microsoft {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  std::vector<Type> types(c.in.begin(), c.in.end());
  if (types[0].is_tensor()) types[0].shape = ChannelsFirst(types[0].shape);
  InferCall first = c;
  first.in = types;
  HASTEN_TRY(InferConvolution(first, 0, 1, 2, c.dtype(0)));
  if (c.outputs() > 0) c.Out(0, c.dtype(0), ChannelsLast(first.out[0].shape));
  return {};
}

Status Eval(KernelCall& c) {
  Tensor& y = c.output(0);
  const Dims in = ChannelsFirst(c.input(0).dims), out = ChannelsFirst(y.dims);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto w, c.Doubles(1));
  HASTEN_ASSIGN(const auto first, c.Scratch<double>(in.elements()));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(out.elements()));
  HASTEN_ASSIGN(const auto last, c.Scratch<double>(out.elements()));
  ToChannelsFirst(in, x, first);
  HASTEN_TRY(Convolve(c, c.attrs<ConvAttrs>(), in, c.input(1).dims, out, first, w, sum));
  ToChannelsLast(out, sum, last);
  if (c.has(2)) {
    HASTEN_ASSIGN(const auto bias, c.Doubles(2));
    for (size_t i = 0; i < last.size(); ++i) last[i] += bias[i % bias.size()];
  }
  WriteDoubles(&y, 0, last);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 7, 5, 6}}, w{DType::kF32, {4, 6, 3, 3}};
  return {{"plain", {x, w}},
          {"bias", {x, w, {DType::kF32, {4}}}},
          {"pads, strides", {x, w}, {{"pads", Ints{0, 1, 2, 3}}, {"strides", Ints{2, 3}}}},
          {"dilations", {x, w}, {{"dilations", Ints{2, 1}}}},
          {"group", {x, {DType::kF32, {4, 3, 3, 3}}}, {{"group", int64_t{2}}}},
          {"no batch", {{DType::kF32, {0, 7, 5, 6}}, w}},
          {"f16", {{DType::kF16, {1, 5, 5, 3}}, {DType::kF16, {2, 3, 3, 3}}}}};
}

}  // namespace

extern const OpDef kNhwcConv = {
    .name = "com.microsoft.NhwcConv",
    .doc =
        "Conv with channels behind the spatial axes: x: float [N, d..., C]; w: [M, C / group, k...]; bias: [M]; y: [N, "
        "o..., M].",
    .attrs = SchemaOf<ConvAttrs>(kConvFields),
    .arity = {2, 3},
    .onnx = {"com.microsoft", "NhwcConv", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return ConvolutionFlops(c, 1); },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
