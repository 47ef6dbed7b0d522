#include "ops/convolution.h"
#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct DeformConvAttrs : WindowAttrs {
  int64_t group = 1, offset_group = 1;
};
constexpr AttrField kFields[] = {
    Field<&DeformConvAttrs::dilations>("dilations"),
    Field<&DeformConvAttrs::group>("group"),
    Field<&DeformConvAttrs::kernel_shape>("kernel_shape"),
    Field<&DeformConvAttrs::offset_group>("offset_group"),
    Field<&DeformConvAttrs::pads>("pads"),
    Field<&DeformConvAttrs::strides>("strides"),
};

enum Input { kX, kW, kOffset, kBias, kMask };
constexpr int kMaxSpatial = 8;

Status CheckChannels(const InferCall& c, const DeformConvAttrs& a) {
  HASTEN_REQUIRE(a.group >= 1 && a.offset_group >= 1, "group and offset_group must be positive, are ", a.group, " and ",
                 a.offset_group);
  const Shape &x = c.shape(kX), &w = c.shape(kW);
  if (w.ranked()) {
    HASTEN_REQUIRE(!NeverEqual(Mod(w[0], a.group), 0), "filters must be a multiple of group ", a.group, ", are ", w[0]);
    HASTEN_TRY(c.RequireDims(kX, 1, w[1] * Dim(a.group), "channels of the weight times group"));
    HASTEN_TRY(c.RequireDims(kBias, 0, w[0], "filters"));
  }
  if (x.ranked())
    HASTEN_REQUIRE(!NeverEqual(Mod(x[1], a.offset_group), 0), "channels must be a multiple of offset_group ",
                   a.offset_group, ", are ", x[1]);
  return {};
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<DeformConvAttrs>();
  HASTEN_TRY(RequireTensors(c, 3));
  for (int i : {kW, kOffset, kBias, kMask}) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_TRY(c.RequireSameDType(kX, i));
  }
  const Shape &x = c.shape(kX), &w = c.shape(kW);
  if (!x.ranked() || !w.ranked()) {
    c.Out(0, c.dtype(kX), x.ranked() ? Shape::Fresh(x.rank()) : Shape::Unknown());
    return {};
  }
  const int rank = x.rank(), spatial = rank - 2;
  HASTEN_REQUIRE(spatial >= 1 && spatial <= kMaxSpatial, "input must have 1 to ", kMaxSpatial,
                 " spatial axes, has shape ", x);
  for (int i : {kW, kOffset, kMask}) HASTEN_TRY(c.RequireRank(i, rank));
  HASTEN_TRY(c.RequireRank(kBias, 1));
  HASTEN_TRY(CheckWindow(a, spatial));
  HASTEN_TRY(CheckChannels(c, a));
  for (int i = 0; !a.kernel_shape.empty() && i < spatial; ++i)
    HASTEN_TRY(c.RequireDims(kW, i + 2, a.kernel_shape[static_cast<size_t>(i)], "kernel_shape"));
  HASTEN_ASSIGN(const auto out,
                WindowOutputs(a, false, std::span(x.dims()).subspan(2), std::span(w.dims()).subspan(2)));
  const Dim places = w.Product(2, rank) * Dim(a.offset_group);
  HASTEN_TRY(c.RequireDims(kOffset, 1, places * Dim(spatial), "an offset for each axis of each place in the kernel"));
  HASTEN_TRY(c.RequireDims(kMask, 1, places, "a factor for each place in the kernel"));
  for (int i : {kOffset, kMask}) {
    HASTEN_TRY(c.RequireDims(i, 0, x[0], "batch"));
    for (int s = 0; s < spatial; ++s) HASTEN_TRY(c.RequireDims(i, s + 2, out[static_cast<size_t>(s)], "output"));
  }
  std::vector<Dim> y{x[0], w[0]};
  y.insert(y.end(), out.begin(), out.end());
  return OutShape(c, 0, c.dtype(kX), std::move(y));
}

// x at a place between its elements, zero outside.
double Interpolate(const double* plane, std::span<const int64_t> dims, std::span<const double> place) {
  double sum = 0;
  for (unsigned corner = 0; corner < 1U << dims.size(); ++corner) {
    double weight = 1;
    int64_t at = 0;
    for (size_t i = 0; i < dims.size() && weight != 0; ++i) {
      const double low = std::floor(place[i]), part = place[i] - low, index = corner >> i & 1 ? low + 1 : low;
      const bool inside = index >= 0 && index < static_cast<double>(dims[i]);
      weight *= !inside ? 0 : corner >> i & 1 ? part : 1 - part;
      at = at * dims[i] + (inside ? static_cast<int64_t>(index) : 0);
    }
    if (weight != 0) sum += weight * plane[at];
  }
  return sum;
}

// Columns [channel][place in kernel][output] of one image: x where the kernel looks, times the mask.
struct Columns {
  Window window;
  const DeformConvAttrs& a;
  int64_t channels, kernel, size, outputs;

  void Fill(std::span<const int64_t> dims, const double* x, const double* offset, const double* mask,
            double* columns) const {
    for (int64_t i = 0; i < channels * kernel * outputs; ++i) {
      const int64_t o = i % outputs, k = i / outputs % kernel, ch = i / outputs / kernel;
      const int64_t place = ch / (channels / a.offset_group) * kernel + k;  // of the offset group's kernel
      std::array<double, kMaxSpatial> at;
      int64_t rest_o = o, rest_k = k;
      for (size_t s = dims.size(); s-- > 0;) {
        const WindowAxis& axis = window.axes[s];
        const int64_t base = rest_o % axis.out * axis.stride - axis.pad_begin + rest_k % axis.kernel * axis.dilation;
        at[s] = static_cast<double>(base) +
                offset[(place * static_cast<int64_t>(dims.size()) + static_cast<int64_t>(s)) * outputs + o];
        rest_o /= axis.out;
        rest_k /= axis.kernel;
      }
      const double v = Interpolate(x + ch * size, dims, std::span(at).first(dims.size()));
      columns[i] = mask ? v * mask[place * outputs + o] : v;
    }
  }
};

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  if (y->elements() == 0) return {};
  const auto& a = c.attrs<DeformConvAttrs>();
  const Dims &x = c.input(kX).dims, &w = c.input(kW).dims;
  const auto spatial = [](const Dims& d) { return d.span().subspan(2); };
  HASTEN_ASSIGN(const auto image, c.Doubles(kX));
  HASTEN_ASSIGN(const auto weight, c.Doubles(kW));
  HASTEN_ASSIGN(const auto offset, c.Doubles(kOffset));
  std::span<const double> bias, mask;
  if (c.has(kBias)) {
    HASTEN_ASSIGN(bias, c.Doubles(kBias));
  }
  if (c.has(kMask)) {
    HASTEN_ASSIGN(mask, c.Doubles(kMask));
  }
  const Columns columns{MakeWindow(a, spatial(x), spatial(w), spatial(y->dims)),
                        a,
                        x[1],
                        w.Product(2, w.rank()),
                        x.Product(2, x.rank()),
                        y->dims.Product(2, y->dims.rank())};
  const int64_t outputs = columns.outputs, filters = w[0], rows = w[1] * columns.kernel;  // rows of one group
  HASTEN_ASSIGN(const auto column, c.Scratch<double>(x[1] * columns.kernel * outputs));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(outputs));
  const int64_t offset_size = c.input(kOffset).dims.Product(1, x.rank()),
                mask_size = a.offset_group * columns.kernel * outputs;
  for (int64_t n = 0; n < x[0]; ++n) {
    columns.Fill(spatial(x), image.data() + n * x[1] * columns.size, offset.data() + n * offset_size,
                 mask.empty() ? nullptr : mask.data() + n * mask_size, column.data());
    for (int64_t m = 0; m < filters; ++m) {
      if (c.stopped()) return Status(Code::kCancelled, "stopped");
      std::fill(sum.begin(), sum.end(), bias.empty() ? 0.0 : bias[static_cast<size_t>(m)]);
      const double* group = column.data() + m / (filters / a.group) * rows * outputs;
      for (int64_t r = 0; r < rows; ++r)
        AddScaled(weight[static_cast<size_t>(m * rows + r)], group + r * outputs, 1, outputs, sum.data());
      WriteDoubles(y, (n * filters + m) * outputs, sum);
    }
  }
  return {};
}

double Flops(const CostCall& c) { return ConvolutionFlops(c, kW); }

constexpr OnnxVersion kVersions[] = {{19}, {22}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 4, 5, 6}}, w{DType::kF32, {6, 4, 2, 3}}, none{DType::kNone, {}};
  const SampleInput offset{DType::kF32, {2, 12, 4, 4}, -1.5, 1.5}, mask{DType::kF32, {2, 6, 4, 4}},
      bias{DType::kF32, {6}};
  return {{"plain", {x, w, offset}},
          {"bias and mask", {x, w, offset, bias, mask}},
          {"mask alone", {x, w, offset, none, mask}},
          {"pads", {x, w, {DType::kF32, {2, 12, 6, 6}}}, {{"pads", Ints{1, 0, 1, 2}}}},
          {"strides", {x, w, {DType::kF32, {2, 12, 2, 2}}}, {{"strides", Ints{2, 3}}}},
          {"dilations", {x, w, {DType::kF32, {2, 12, 3, 2}}}, {{"dilations", Ints{2, 2}}}},
          {"group", {x, {DType::kF32, {6, 2, 2, 3}}, offset}, {{"group", int64_t{2}}}},
          {"offset group", {x, w, {DType::kF32, {2, 24, 4, 4}}}, {{"offset_group", int64_t{2}}}},
          {"1-D", {{DType::kF32, {1, 2, 7}}, {DType::kF32, {3, 2, 3}}, {DType::kF32, {1, 3, 5}}}},
          {"no batch", {{DType::kF32, {0, 4, 5, 6}}, w, {DType::kF32, {0, 12, 4, 4}}}}};
}

}  // namespace

extern const OpDef kDeformConv = {
    .name = "DeformConv",
    .doc =
        "Deformable convolution: y[n, m, o] = bias[m] + sum over c, k of w[m, c, k] * mask[n, k, o] * x[n, c, o * "
        "stride - pad + k * dilation + offset[n, k, :, o]], x interpolated linearly and zero outside. x: float [N, "
        "C, d..]; w: [M, C / group, k..]; offset: [N, offset_group * K * r, o..]; bias: [M]; mask: [N, "
        "offset_group * K, o..]; y: [N, M, o..]. https://arxiv.org/abs/1811.11168.",
    .attrs = SchemaOf<DeformConvAttrs>(kFields),
    .arity = {3, 5},
    .onnx = {"", "DeformConv", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops
