#include "ops/conv_transpose.h"

namespace hasten {
namespace {

// What the inputs would fill without padding.
template <class D>
D FullOutput(const ConvTransposeAttrs& a, int i, const D& in, const D& kernel) {
  return (in - 1) * D(EntryOr(a.strides, i, 1)) + D(EntryOr(a.output_padding, i, 0)) +
         (kernel - 1) * D(EntryOr(a.dilations, i, 1)) + 1;
}

}  // namespace

Window TransposedWindow(const ConvTransposeAttrs& a, const Dims& x, const Dims& w, const Dims& y) {
  Window out;
  out.rank = x.rank() - 2;
  for (int i = 0; i < out.rank; ++i) {
    const auto d = static_cast<size_t>(i) + 2;
    WindowAxis& axis = out.axes[d - 2];
    axis = {y[d], x[d], w[d], EntryOr(a.strides, i, 1), EntryOr(a.dilations, i, 1), 0, 0};
    if (!a.output_shape.empty() || HasSamePadding(a)) {
      const int64_t total = std::max<int64_t>(0, FullOutput<int64_t>(a, i, x[d], w[d]) - y[d]);
      axis.pad_begin = a.auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
      axis.pad_end = total - axis.pad_begin;
    } else if (HasExplicitPadding(a)) {
      axis.pad_begin = EntryOr(a.pads, i, 0);
      axis.pad_end = EntryOr(a.pads, out.rank + i, 0);
    }
  }
  return out;
}

}  // namespace hasten

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {
    Field<&ConvTransposeAttrs::auto_pad>("auto_pad"),
    Field<&ConvTransposeAttrs::dilations>("dilations"),
    Field<&ConvTransposeAttrs::group>("group"),
    Field<&ConvTransposeAttrs::kernel_shape>("kernel_shape"),
    Field<&ConvTransposeAttrs::output_padding>("output_padding"),
    Field<&ConvTransposeAttrs::output_shape>("output_shape"),
    Field<&ConvTransposeAttrs::pads>("pads"),
    Field<&ConvTransposeAttrs::strides>("strides"),
};

Result<Dim> OutputDim(const ConvTransposeAttrs& a, int rank, int i, const Dim& in, const Dim& kernel) {
  if (!a.output_shape.empty()) return Dim(a.output_shape[static_cast<size_t>(i)]);
  if (HasSamePadding(a)) return in * EntryOr(a.strides, i, 1);
  Dim out = FullOutput<Dim>(a, i, in, kernel);
  if (HasExplicitPadding(a)) out = out - EntryOr(a.pads, i, 0) - EntryOr(a.pads, rank + i, 0);
  if (in.is(0)) return Max(out, 0);
  HASTEN_REQUIRE(out.is_const() || !in.is_const() || !kernel.is_const(), "output is too large along spatial axis ", i);
  HASTEN_REQUIRE(!out.is_const() || out.value() >= 0, "pads must leave some output along spatial axis ", i, ", leave ",
                 out);
  return out;
}

Status CheckChannels(const InferCall& c, int64_t group) {
  HASTEN_REQUIRE(group >= 1, "group must be at least 1, is ", group);
  if (!c.shape(1).ranked()) return {};
  const Dim& channels = c.shape(1)[0];
  HASTEN_REQUIRE(!channels.is_const() || channels.value() % group == 0,
                 "axis 0 of input 1 must be a multiple of group ", group, ", is ", channels);
  return c.RequireDims(0, 1, channels, "axis 0 of the weight");
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<ConvTransposeAttrs>();
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  const Shape &x = c.shape(0), &w = c.shape(1);
  if (!x.ranked() && !w.ranked()) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  const int rank = x.ranked() ? x.rank() : w.rank(), spatial = rank - 2;
  HASTEN_REQUIRE(rank >= 3 && rank <= Dims::kMaxRank, "operands must have rank 3 to ", Dims::kMaxRank, ", have ", rank);
  HASTEN_TRY(c.RequireRank(0, rank));
  HASTEN_TRY(c.RequireRank(1, rank));
  HASTEN_TRY(CheckWindow(a, spatial));
  HASTEN_TRY(CheckEntries("output_padding", a.output_padding, spatial, 0));
  HASTEN_TRY(CheckEntries("output_shape", a.output_shape, spatial, 0));
  HASTEN_TRY(CheckChannels(c, a.group));
  const Dim filters = w.ranked() ? w[1] * a.group : Dim::Fresh();
  HASTEN_TRY(c.RequireRank(2, 1));
  HASTEN_TRY(c.RequireDims(2, 0, filters, "filters"));
  std::vector<Dim> y{x.ranked() ? x[0] : Dim::Fresh(), filters};
  for (int i = 0; i < spatial; ++i) {
    if (!a.kernel_shape.empty())
      HASTEN_TRY(c.RequireDims(1, 2 + i, a.kernel_shape[static_cast<size_t>(i)], "kernel_shape"));
    const Dim kernel = w.ranked()               ? w[2 + i]
                       : a.kernel_shape.empty() ? Dim::Fresh()
                                                : Dim(a.kernel_shape[static_cast<size_t>(i)]);
    HASTEN_ASSIGN(Dim out, OutputDim(a, spatial, i, x.ranked() ? x[2 + i] : Dim::Fresh(), kernel));
    y.push_back(std::move(out));
  }
  c.Out(0, c.dtype(0), Shape(std::move(y)));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<ConvTransposeAttrs>();
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  const Dims &xd = c.input(0).dims, &wd = c.input(1).dims;
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto w, c.Doubles(1));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y.elements()));
  HASTEN_ASSIGN(const auto runs, WindowRuns(c, TransposedWindow(a, xd, wd, y.dims)));
  const int64_t in_size = xd.Product(2, xd.rank()), out_size = y.dims.Product(2, y.dims.rank());
  const int64_t kernel_size = wd.Product(2, wd.rank()), filters = y.dims[1], group_filters = wd[1];
  const int64_t group_channels = xd[1] / a.group;
  for (int64_t n = 0; n < y.dims[0]; ++n)
    for (int64_t m = 0; m < filters; ++m) {
      if (c.stopped()) return Status(Code::kCancelled, "stopped");
      double* to = sum.data() + (n * filters + m) * out_size;
      std::fill(to, to + out_size, c.has(2) ? c.input(2).Double(m) : 0.0);
      for (int64_t k = 0; k < group_channels; ++k) {
        const int64_t channel = m / group_filters * group_channels + k;
        const double* from = x.data() + (n * xd[1] + channel) * in_size;
        const double* weight = w.data() + (channel * group_filters + m % group_filters) * kernel_size;
        for (const WindowRun& r : runs)
          for (int64_t i = 0; i < r.count; ++i) to[r.in + i * r.step] += weight[r.kernel] * from[r.out + i];
      }
    }
  WriteDoubles(&y, 0, sum);
  return {};
}

double Flops(const CostCall& c) {
  const auto x = c.in[0].shape.Concrete(), w = c.in[1].shape.Concrete();
  return x && w ? 2.0 * static_cast<double>(x->elements()) * static_cast<double>(w->Product(1, w->rank())) : 0.0;
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {22}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 4, 5, 3}}, w{DType::kF32, {4, 3, 3, 2}};
  const NamedAttr s{"strides", Ints{2, 3}};
  return {
      {"plain", {x, w}},
      {"bias", {x, w, {DType::kF32, {3}}}},
      {"strides", {x, w}, {s}},
      {"pads differ by side", {x, w}, {s, {"pads", Ints{0, 1, 2, 0}}}},
      {"output_padding", {x, w}, {s, {"output_padding", Ints{1, 2}}}},
      {"output_shape, odd padding", {x, w}, {s, {"output_shape", Ints{10, 7}}}},
      {"output_shape, same upper", {x, w}, {s, {"output_shape", Ints{10, 7}}, {"auto_pad", std::string("SAME_UPPER")}}},
      {"output_shape beyond the inputs", {x, w}, {s, {"output_shape", Ints{13, 11}}}},
      {"same lower", {x, w}, {s, {"auto_pad", std::string("SAME_LOWER")}}},
      {"dilations", {x, w}, {{"dilations", Ints{2, 3}}}},
      {"group", {x, w}, {{"group", int64_t{2}}}},
      {"1-D", {{DType::kF32, {1, 2, 7}}, {DType::kF32, {2, 3, 4}}}, {{"strides", Ints{3}}}},
      {"3-D", {{DType::kF32, {1, 2, 2, 3, 2}}, {DType::kF32, {2, 1, 2, 1, 3}}}},
      {"no batch", {{DType::kF32, {0, 4, 5, 3}}, w}},
      {"f16", {{DType::kF16, {1, 2, 4}}, {DType::kF16, {2, 3, 3}}}}};
}

}  // namespace

extern const OpDef kConvTranspose = {
    .name = "ConvTranspose",
    .doc =
        "Transposed convolution: x[n, c, i] * w[c, m, k] is added to y[n, g * M / group + m, i * stride - pad + k * "
        "dilation], where that exists, and bias[m] to all. output_shape, or auto_pad SAME (in * stride), sets the "
        "pads instead: what is too much is cut off, half at either side, an odd one at the begin unless SAME_UPPER. "
        "x: float [N, C, d...]; w: [C, M / group, k...]; bias: [M]; y: [N, M, o...].",
    .attrs = SchemaOf<ConvTransposeAttrs>(kFields),
    .arity = {2, 3},
    .onnx = {"", "ConvTranspose", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
