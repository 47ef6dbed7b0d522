#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct RoiAlignAttrs {
  std::string coordinate_transformation_mode = "half_pixel", mode = "avg";
  int64_t output_height = 1, output_width = 1, sampling_ratio = 0;
  float spatial_scale = 1;
};
constexpr AttrField kFields[] = {
    Field<&RoiAlignAttrs::coordinate_transformation_mode>("coordinate_transformation_mode"),
    Field<&RoiAlignAttrs::mode>("mode"),
    Field<&RoiAlignAttrs::output_height>("output_height"),
    Field<&RoiAlignAttrs::output_width>("output_width"),
    Field<&RoiAlignAttrs::sampling_ratio>("sampling_ratio"),
    Field<&RoiAlignAttrs::spatial_scale>("spatial_scale"),
};

constexpr int64_t kMaxSamples = 1 << 16;     // along one side of a bin
constexpr int64_t kMaxBinSamples = 1 << 26;  // of a bin: a region of 8192 by 8192 pixels

Status Infer(InferCall& c) {
  const auto& a = c.attrs<RoiAlignAttrs>();
  const std::string& transform = a.coordinate_transformation_mode;
  HASTEN_REQUIRE(transform == "half_pixel" || transform == "output_half_pixel",
                 "coordinate_transformation_mode must be half_pixel or output_half_pixel, is ", Quote(transform));
  HASTEN_REQUIRE(a.mode == "avg" || a.mode == "max", "mode must be avg or max, is ", Quote(a.mode));
  HASTEN_REQUIRE(a.output_height > 0 && a.output_width > 0, "output must be at least 1 by 1, is ", a.output_height,
                 " by ", a.output_width);
  HASTEN_REQUIRE(a.sampling_ratio >= 0 && a.sampling_ratio <= kMaxSamples, "sampling_ratio must be in [0, ",
                 kMaxSamples, "], is ", a.sampling_ratio);
  HASTEN_TRY(RequireTensors(c, 3));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || IsFloat(c.dtype(0)), "input must be floats, is ", c.type(0));
  HASTEN_TRY(c.RequireRank(0, 4));
  HASTEN_TRY(c.RequireRank(1, 2));
  HASTEN_TRY(c.RequireDims(1, 1, 4, "corners of a region"));
  HASTEN_TRY(RequireIndices(c, 2));
  HASTEN_TRY(c.RequireRank(2, 1));
  const Shape& rois = c.shape(1);
  if (rois.ranked()) HASTEN_TRY(c.RequireDims(2, 0, rois[0], "regions"));
  return OutShape(c, 0, c.dtype(0),
                  {rois.ranked()         ? rois[0]
                   : c.shape(2).ranked() ? c.shape(2)[0]
                                         : Dim::Fresh(),
                   c.shape(0).ranked() ? c.shape(0)[1] : Dim::Fresh(), a.output_height, a.output_width});
}

// The bins of a region along one axis, in the precision of the rois: how many samples a bin has depends on the last
// bit.
struct Bins {
  double start, size;
  int64_t samples;
};

Bins BinsOf(double from, double to, int64_t bins, const RoiAlignAttrs& a, bool narrow) {
  const auto round = [narrow](double v) { return narrow ? static_cast<double>(static_cast<float>(v)) : v; };
  const bool half_pixel = a.coordinate_transformation_mode == "half_pixel";
  const double offset = half_pixel ? 0.5 : 0, scale = static_cast<double>(a.spatial_scale);
  const double start = round(round(from * scale) - offset), end = round(round(to * scale) - offset);
  double length = round(end - start);
  if (!half_pixel) length = std::max(length, 1.0);
  const double size = round(length / static_cast<double>(bins)),
               needed = std::clamp(std::ceil(size), 0.0, double{kMaxSamples});
  return {start, size, a.sampling_ratio > 0 ? a.sampling_ratio : std::isnan(size) ? 0 : static_cast<int64_t>(needed)};
}

// The two entries around a sample along an axis of n, and their weights; both weights are zero outside.
struct Between {
  int64_t low = 0, high = 0;
  double low_weight = 0, high_weight = 0;
};

Between BetweenOf(const Bins& b, int64_t bin, int64_t sample, int64_t n) {
  double x = b.start + static_cast<double>(bin) * b.size +
             (static_cast<double>(sample) + 0.5) * b.size / static_cast<double>(b.samples);
  if (!(x >= -1 && x <= static_cast<double>(n))) return {};
  x = std::max(x, 0.0);
  const auto low = static_cast<int64_t>(x);
  if (low >= n - 1) return {n - 1, n - 1, 1, 0};
  const double part = x - static_cast<double>(low);
  return {low, low + 1, 1 - part, part};
}

double PoolBin(const double* plane, int64_t height, int64_t width, const Bins& rows, const Bins& columns, int64_t ph,
               int64_t pw, bool max) {
  double sum = 0, most = 0;
  bool first = true;
  for (int64_t iy = 0; iy < rows.samples; ++iy) {
    const Between y = BetweenOf(rows, ph, iy, height);
    for (int64_t ix = 0; ix < columns.samples; ++ix) {
      const Between x = BetweenOf(columns, pw, ix, width);
      const double parts[] = {y.low_weight * x.low_weight * plane[y.low * width + x.low],
                              y.low_weight * x.high_weight * plane[y.low * width + x.high],
                              y.high_weight * x.low_weight * plane[y.high * width + x.low],
                              y.high_weight * x.high_weight * plane[y.high * width + x.high]};
      for (double part : parts) sum += part;
      // As ONNX has it: the largest weighted corner, not the largest interpolated sample.
      const double largest = *std::max_element(std::begin(parts), std::end(parts));
      most = first ? largest : std::max(most, largest);
      first = false;
    }
  }
  return max ? most : sum / static_cast<double>(std::max<int64_t>(rows.samples * columns.samples, 1));
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  const auto& a = c.attrs<RoiAlignAttrs>();
  const Dims& x = c.input(0).dims;
  const int64_t height = x[2], width = x[3], channels = x[1], bins = a.output_height * a.output_width;
  HASTEN_ASSIGN(const auto planes, c.Doubles(0));
  HASTEN_ASSIGN(const auto rois, c.Doubles(1));
  HASTEN_ASSIGN(const auto batch, c.Ints(2));
  const bool narrow = c.input(1).dtype != DType::kF64;
  if (y->elements() > 0 && height * width == 0) return Status(Code::kInvalidArgument, "input must have pixels");
  for (size_t r = 0; r < batch.size(); ++r) {
    if (batch[r] < 0 || batch[r] >= x[0])
      return Status(Code::kInvalidArgument, Str("batch index must be in [0, ", x[0], "), is ", batch[r]));
    const double* roi = rois.data() + 4 * r;
    const Bins columns = BinsOf(roi[0], roi[2], a.output_width, a, narrow);
    const Bins rows = BinsOf(roi[1], roi[3], a.output_height, a, narrow);
    if (rows.samples * columns.samples > kMaxBinSamples)
      return Status(Code::kInvalidArgument, Str("region ", r, " is too large: a bin of it takes ", rows.samples, " by ",
                                                columns.samples, " samples"));
    for (int64_t ch = 0; ch < channels; ++ch) {
      const double* plane = planes.data() + (batch[r] * channels + ch) * height * width;
      for (int64_t bin = 0; bin < bins; ++bin) {
        if (c.stopped()) return Status(Code::kCancelled, "stopped");
        y->SetDouble(
            (static_cast<int64_t>(r) * channels + ch) * bins + bin,
            PoolBin(plane, height, width, rows, columns, bin / a.output_width, bin % a.output_width, a.mode == "max"));
      }
    }
  }
  return {};
}

// Before opset 16 no half pixel was taken off.
Status UpFrom10(OnnxNode& n) {
  n.Set("coordinate_transformation_mode", std::string("output_half_pixel"));
  return {};
}
Status DownTo10(OnnxNode& n) {
  const std::string* transform = n.Get<std::string>("coordinate_transformation_mode");
  if (!transform || *transform != "output_half_pixel")
    return Status(Code::kUnsupported, Str("RoiAlign with half_pixel needs opset 16, is written at ", n.opset));
  n.Drop("coordinate_transformation_mode");
  return {};
}

constexpr OnnxVersion kVersions[] = {{10, UpFrom10, DownTo10}, {16}, {22}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 11, 13}}, batch = IntList({1, 0, 1});
  const SampleInput rois{DType::kF32, {3, 4}, 0, 0, {1, 2, 9.5, 8, -3, -2, 4, 30, 5, 5, 5.2, 5.1}};
  const auto attrs = [](std::vector<NamedAttr> more) {
    more.insert(more.end(), {{"output_height", int64_t{2}}, {"output_width", int64_t{3}}});
    return more;
  };
  return {{"average", {x, rois, batch}, attrs({})},
          {"max", {x, rois, batch}, attrs({{"mode", std::string("max")}})},
          {"no half pixel",
           {x, rois, batch},
           attrs({{"coordinate_transformation_mode", std::string("output_half_pixel")}})},
          {"sampling ratio", {x, rois, batch}, attrs({{"sampling_ratio", int64_t{3}}})},
          {"scale", {x, rois, batch}, attrs({{"spatial_scale", 0.3F}})},
          {"one bin", {x, rois, batch}},
          {"no regions", {x, {DType::kF32, {0, 4}}, IntList({})}}};
}

}  // namespace

extern const OpDef kRoiAlign = {
    .name = "RoiAlign",
    .doc =
        "Each region of interest, cut into bins, each bin the average (or maximum) of samples interpolated "
        "linearly. x: float [N, C, H, W]; rois: [R, 4] as (x0, y0, x1, y1), times spatial_scale, less half a pixel "
        "in mode half_pixel; batch_indices: i64 [R]; y: [R, C, output_height, output_width]. sampling_ratio "
        "samples along each side of a bin, or one a pixel. Mask R-CNN (https://arxiv.org/abs/1703.06870).",
    .attrs = SchemaOf<RoiAlignAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"", "RoiAlign", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
