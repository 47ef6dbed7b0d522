#include "ops/resize.h"

namespace hasten {

Result<Dims> ResizedAxes(const ResizeAttrs& a, int rank) {
  if (a.axes) return NormalizeAxes(*a.axes, rank);
  Dims all;
  for (int i = 0; i < rank; ++i) all.push_back(i);
  return all;
}

namespace {

enum Input { kRoi = 1, kScales = 2, kSizes = 3 };

bool Given(const KernelCall& c, int i) { return c.has(i) && c.input(i).elements() > 0; }

// What all axes are scaled by to keep their proportions.
double CommonScale(const ResizeAttrs& a, std::span<const int64_t> in, const Dims& axes,
                   std::span<const int64_t> sizes) {
  const bool least = a.keep_aspect_ratio_policy == "not_larger";
  double scale = least ? std::numeric_limits<double>::infinity() : 0;
  for (size_t k = 0; k < axes.size(); ++k) {
    const double s = static_cast<double>(sizes[k]) / static_cast<double>(in[static_cast<size_t>(axes[k])]);
    scale = least ? std::min(scale, s) : std::max(scale, s);
  }
  return scale;
}

}  // namespace

Result<ResizeAxes> ResizeAxesOf(const KernelCall& c, const ResizeAttrs& a, const Dims& out) {
  const Dims& in = c.input(0).dims;
  ResizeAxes result;
  for (size_t i = 0; i < in.size(); ++i) result[i].in = result[i].out = in[i];
  HASTEN_ASSIGN(const Dims axes, ResizedAxes(a, in.rank()));
  std::span<double> scales, roi;
  double common = 0;
  if (Given(c, kScales)) {
    HASTEN_ASSIGN(scales, c.Doubles(kScales));
  } else if (a.keep_aspect_ratio_policy != "stretch") {
    HASTEN_ASSIGN(const auto sizes, c.Ints(kSizes));
    common = CommonScale(a, in, axes, sizes);
  }
  if (a.coordinate_transformation_mode == "tf_crop_and_resize") {
    HASTEN_ASSIGN(roi, c.Doubles(kRoi));
  }
  for (size_t k = 0; k < axes.size(); ++k) {
    const auto i = static_cast<size_t>(axes[k]);
    ResampledAxis& axis = result[i];
    axis.out = out[i];
    const auto length = static_cast<double>(axis.in);
    const bool stretched = scales.empty() && common == 0;
    axis.scale = stretched ? static_cast<double>(axis.out) / length : scales.empty() ? common : scales[k];
    axis.width = stretched ? static_cast<double>(axis.out) : axis.scale * length;
    if (!roi.empty()) {
      axis.roi_start = roi[k];
      axis.roi_end = roi[axes.size() + k];
    }
    axis.identity = axis.scale == 1 && axis.in == axis.out && axis.roi_start == 0 && axis.roi_end == 1;
  }
  return result;
}

Resampling ResamplingOf(const ResizeAttrs& a) {
  return {a.mode,
          a.coordinate_transformation_mode,
          a.nearest_mode,
          static_cast<double>(a.cubic_coeff_a),
          a.antialias,
          a.exclude_outside,
          static_cast<double>(a.extrapolation_value)};
}

namespace ops {
namespace {

constexpr AttrField kFields[] = {
    Field<&ResizeAttrs::mode>("mode"),
    Field<&ResizeAttrs::coordinate_transformation_mode>("coordinate_transformation_mode"),
    Field<&ResizeAttrs::nearest_mode>("nearest_mode"),
    Field<&ResizeAttrs::keep_aspect_ratio_policy>("keep_aspect_ratio_policy"),
    Field<&ResizeAttrs::axes>("axes"),
    Field<&ResizeAttrs::cubic_coeff_a>("cubic_coeff_a"),
    Field<&ResizeAttrs::extrapolation_value>("extrapolation_value"),
    Field<&ResizeAttrs::antialias>("antialias"),
    Field<&ResizeAttrs::exclude_outside>("exclude_outside"),
};

Status OneOf(std::string_view name, std::string_view v, std::initializer_list<std::string_view> allowed) {
  HASTEN_REQUIRE(std::find(allowed.begin(), allowed.end(), v) != allowed.end(), name, " must be one of ",
                 Join(allowed, ", "), "; is ", Quote(v));
  return {};
}

Status CheckAttrs(const ResizeAttrs& a) {
  HASTEN_TRY(OneOf("mode", a.mode, {"nearest", "linear", "cubic"}));
  HASTEN_TRY(OneOf("nearest_mode", a.nearest_mode, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}));
  HASTEN_TRY(OneOf("keep_aspect_ratio_policy", a.keep_aspect_ratio_policy, {"stretch", "not_larger", "not_smaller"}));
  // Opset 11 had tf_half_pixel_for_nn.
  HASTEN_TRY(OneOf("coordinate_transformation_mode", a.coordinate_transformation_mode,
                   {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
                    "tf_crop_and_resize", "tf_half_pixel_for_nn"}));
  HASTEN_REQUIRE(!a.antialias || a.mode != "nearest", "antialias must be 0 in mode nearest");
  return {};
}

// Before opset 13 an empty tensor stood for an absent one.
bool Given(const InferCall& c, int i) { return c.has(i) && !(c.shape(i).ranked() && c.shape(i).elements().is(0)); }
Status InferSizes(const InferCall& c, const ResizeAttrs& a, const Dims& axes, Shape* y) {
  const auto sizes = c.KnownOf(kSizes);
  HASTEN_REQUIRE(!sizes || sizes->elements.size() == axes.size(), "sizes must have ", axes.size(), " entries, has ",
                 sizes->elements.size());
  const bool stretch = a.keep_aspect_ratio_policy == "stretch";
  const auto in = y->Concrete();
  const auto wanted = c.ConstInts(kSizes);
  for (size_t k = 0; k < axes.size(); ++k) {
    Dim& dim = (*y)[static_cast<int>(axes[k])];
    const Dim size = sizes ? sizes->elements[k] : Dim::Fresh();
    HASTEN_REQUIRE(!dim.is(0) || !size.is_const() || size.value() <= 0, "an axis without entries cannot become one of ",
                   size);
    HASTEN_REQUIRE(!size.is_const() || (size.value() >= 0 && size.value() < int64_t{1} << 60),
                   "sizes must be in [0, 2^60), are ", size);
    dim = stretch ? size : Dim::Fresh();
  }
  if (stretch || !in || !wanted) return {};
  const double scale = CommonScale(a, *in, axes, *wanted);
  for (int64_t axis : axes) {
    const double length = std::floor(scale * static_cast<double>((*in)[static_cast<size_t>(axis)]) + 0.5);
    HASTEN_REQUIRE(length >= 0 && length < 0x1p60, "scaled by ", scale, " the output is too large");
    (*y)[static_cast<int>(axis)] = static_cast<int64_t>(length);
  }
  return {};
}

Status InferScales(const InferCall& c, const Dims& axes, Shape* y) {
  const Tensor* scales = c.constant(kScales);
  HASTEN_REQUIRE(!scales || scales->elements() == static_cast<int64_t>(axes.size()), "scales must have ", axes.size(),
                 " entries, has ", scales->elements());
  for (size_t k = 0; k < axes.size(); ++k) {
    Dim& dim = (*y)[static_cast<int>(axes[k])];
    if (!scales) {
      dim = Dim::Fresh();
      continue;
    }
    HASTEN_ASSIGN(dim, ScaledLength(dim, scales->Double(static_cast<int64_t>(k))));
  }
  return {};
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<ResizeAttrs>();
  HASTEN_TRY(CheckAttrs(a));
  HASTEN_TRY(RequireTensors(c, 1));
  for (int i : {kRoi, kScales}) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_REQUIRE(!c.has(i) || c.dtype(i) == DType::kNone || IsFloat(c.dtype(i)), "input ", i, " must be floats, is ",
                   c.type(i));
    HASTEN_TRY(c.RequireRank(i, 1));
  }
  HASTEN_TRY(RequireIndices(c, kSizes));
  HASTEN_REQUIRE(Given(c, kScales) || Given(c, kSizes), "scales or sizes must be given");
  const bool both = Given(c, kScales) && Given(c, kSizes);
  Shape y = c.shape(0);
  if (!y.ranked() || (both && !(c.constant(kScales) && c.ConstInts(kSizes)))) {
    c.Out(0, c.dtype(0), y.ranked() ? Shape::Fresh(y.rank()) : Shape::Unknown());
    return {};
  }
  HASTEN_REQUIRE(!both, "scales and sizes must not both be given");
  HASTEN_REQUIRE(y.rank() <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", y.rank());
  HASTEN_ASSIGN(const Dims axes, ResizedAxes(a, y.rank()));
  if (a.coordinate_transformation_mode == "tf_crop_and_resize") {
    HASTEN_REQUIRE(Given(c, kRoi), "roi must be given for tf_crop_and_resize");
    HASTEN_TRY(c.RequireDims(kRoi, 0, 2 * static_cast<int64_t>(axes.size()), "start and end of each axis"));
  }
  HASTEN_TRY(
      c.RequireDims(Given(c, kSizes) ? kSizes : kScales, 0, static_cast<int64_t>(axes.size()), "one for each axis"));
  HASTEN_TRY(Given(c, kSizes) ? InferSizes(c, a, axes, &y) : InferScales(c, axes, &y));
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  if (y->elements() == 0) return {};
  const auto& a = c.attrs<ResizeAttrs>();
  HASTEN_ASSIGN(const ResizeAxes axes, ResizeAxesOf(c, a, y->dims));
  return Resample(c, ResamplingOf(a), std::span(axes).first(c.input(0).dims.size()), y);
}

// Before opset 10 it was Upsample.
constexpr OnnxVersion kVersions[] = {{1, nullptr, UpsampleDownTo1},  {7, nullptr, UpsampleDownTo7},
                                     {9, nullptr, ResizeToUpsample}, {10, ResizeUpFrom10, ResizeDownTo10},
                                     {11, nullptr, ResizeDownTo11},  {13, nullptr, ResizeDownTo13},
                                     {18, nullptr, ResizeDownTo18},  {19}};

// Cubic interpolation and antialiasing take more entries; four of each axis is the common case.
double Flops(const CostCall& c) {
  const auto dims = c.out[0].shape.Concrete();
  if (!dims) return 0;
  const double taps = c.attrs<ResizeAttrs>().mode == "nearest" ? 0 : c.attrs<ResizeAttrs>().mode == "linear" ? 4 : 8;
  return static_cast<double>(dims->elements()) * (1 + 2 * taps);
}

}  // namespace

extern const OpDef kResize = {
    .name = "Resize",
    .doc =
        "x sampled at out_i / scale (moved as coordinate_transformation_mode says) along each of `axes`, taking "
        "the nearest element, or interpolating linearly or cubically between the nearest 2 or 4 (more where "
        "antialias stretches the kernel by 1 / scale). Outside of x the edge repeats; exclude_outside leaves it "
        "out, tf_crop_and_resize gives extrapolation_value. Inputs: x [d...], any dtype (interpolating: numbers); "
        "roi float [2k]; scales f32 [k] (y: [floor(d * scale)...]) or sizes i64 [k].",
    .attrs = SchemaOf<ResizeAttrs>(kFields),
    .arity = {1, 4},
    .onnx = {"", "Resize", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = ResizeSamples,
};

}  // namespace ops
}  // namespace hasten
