#include "ops/microsoft/channels_last.h"
#include "ops/microsoft/quantized_values.h"
#include "ops/pooling.h"

namespace hasten::ops::microsoft {
namespace {

struct QAveragePoolAttrs : PoolAttrs {
  bool count_include_pad = false, channels_last = false;
};
constexpr AttrField kFields[] = {
    Field<&QAveragePoolAttrs::auto_pad>("auto_pad"),
    Field<&QAveragePoolAttrs::ceil_mode>("ceil_mode"),
    Field<&QAveragePoolAttrs::channels_last>("channels_last"),
    Field<&QAveragePoolAttrs::count_include_pad>("count_include_pad"),
    Field<&QAveragePoolAttrs::kernel_shape>("kernel_shape"),
    Field<&QAveragePoolAttrs::pads>("pads"),
    Field<&QAveragePoolAttrs::strides>("strides"),
};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<QAveragePoolAttrs>();
  HASTEN_TRY(InferQuantizedUnary(c));
  if (!a.channels_last) return InferPool(c, a);
  const Type types[] = {Type::Tensor(c.dtype(0), ChannelsFirst(c.shape(0)))};
  InferCall first = c;
  first.in = types;
  HASTEN_TRY(InferPool(first, a));
  if (c.outputs() > 0) c.Out(0, c.dtype(0), ChannelsLast(first.out[0].shape));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<QAveragePoolAttrs>();
  const bool last = a.channels_last;
  const Dims in = last ? ChannelsFirst(c.input(0).dims) : c.input(0).dims;
  const Dims out = last ? ChannelsFirst(c.output(0).dims) : c.output(0).dims;
  HASTEN_ASSIGN(auto x, Dequantize(c, 0, QuantizationOf(c, 1, 2)));
  HASTEN_ASSIGN(auto y, c.Scratch<double>(out.elements()));
  if (y.empty()) return {};
  if (last) {
    HASTEN_ASSIGN(const auto first, c.Scratch<double>(in.elements()));
    ToChannelsFirst(in, x, first);
    x = first;
  }
  const Window window = MakeWindow(a, in.span().subspan(2), a.kernel_shape, out.span().subspan(2));
  HASTEN_TRY(
      AverageWindows(c, window, a.count_include_pad, {in.Product(2, in.rank()), out.Product(2, out.rank())}, x, y));
  if (last) {
    HASTEN_ASSIGN(const auto behind, c.Scratch<double>(out.elements()));
    ToChannelsLast(out, y, behind);
    y = behind;
  }
  WriteQuantized(c, QuantizationOf(c, 3, 4), y);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  constexpr DType kU = DType::kU8, kI = DType::kI8;
  const auto call = [](SampleInput x, DType t) {
    return std::vector<SampleInput>{x, ScaleInput(0.03), ZeroInput(t, 12), ScaleInput(0.02), ZeroInput(t, 7)};
  };
  const SampleInput x{kU, {2, 3, 7, 5}, 0, 255};
  const NamedAttr k{"kernel_shape", Ints{3, 2}}, s{"strides", Ints{2, 3}}, p{"pads", Ints{1, 0, 2, 1}};
  return {{"plain", call(x, kU), {k}},
          {"strides, pads", call(x, kU), {k, s, p}},
          {"pads count", call(x, kU), {k, p, {"count_include_pad", int64_t{1}}}},
          {"ceil", call({kU, {1, 1, 8, 8}, 0, 255}, kU), {k, s, {"ceil_mode", int64_t{1}}}},
          {"same upper", call(x, kU), {k, s, {"auto_pad", std::string("SAME_UPPER")}}},
          {"channels last", call({kI, {2, 7, 5, 3}, -128, 127}, kI), {k, s, {"channels_last", int64_t{1}}}}};
}

}  // namespace

extern const OpDef kQLinearAveragePool = {
    .name = "com.microsoft.QLinearAveragePool",
    .doc =
        "y = saturate(round(AveragePool((x - x_zero) * x_scale) / y_scale) + y_zero), rounding half to even. x: i8 or "
        "u8 [N, C, d...], "
        "or [N, d..., C] with channels_last; y: [N, C, o...], or [N, o..., C].",
    .attrs = SchemaOf<QAveragePoolAttrs>(kFields),
    .arity = {2, 5},
    .onnx = {"com.microsoft", "QLinearAveragePool", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return PoolFlops(c, c.attrs<QAveragePoolAttrs>()); },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
