#include "ops/movement.h"

namespace hasten::ops::microsoft {
namespace {

struct CropAndResizeAttrs {
  float extrapolation_value = 0;
  std::string mode = "bilinear";
};
constexpr AttrField kFields[] = {Field<&CropAndResizeAttrs::extrapolation_value>("extrapolation_value"),
                                 Field<&CropAndResizeAttrs::mode>("mode")};

Status Infer(InferCall& c) {
  const std::string& mode = c.attrs<CropAndResizeAttrs>().mode;
  HASTEN_REQUIRE(mode == "bilinear" || mode == "nearest", "mode must be bilinear or nearest, is ", Quote(mode));
  HASTEN_TRY(RequireTensors(c, 4));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || IsFloat(c.dtype(0)), "input must be floats, is ", c.type(0));
  HASTEN_TRY(c.RequireRank(0, 4));
  HASTEN_TRY(c.RequireRank(1, 2));
  HASTEN_TRY(c.RequireDims(1, 1, 4, "corners of a region"));
  for (int i : {2, 3}) {
    HASTEN_TRY(RequireIndices(c, i));
    HASTEN_TRY(c.RequireRank(i, 1));
  }
  HASTEN_TRY(c.RequireDims(3, 0, 2, "height, width"));
  const Dim regions = c.shape(1).ranked() ? c.shape(1)[0] : Dim::Fresh();
  HASTEN_TRY(c.RequireDims(2, 0, regions, "regions"));
  const auto size = c.KnownOf(3);
  const bool known = size && size->elements.size() == 2;
  for (int i = 0; known && i < 2; ++i)
    HASTEN_REQUIRE(
        !size->elements[static_cast<size_t>(i)].is_const() || size->elements[static_cast<size_t>(i)].value() > 0,
        "crops must be at least 1 by 1, are ", size->elements[0], " by ", size->elements[1]);
  return OutShape(c, 0, c.dtype(0),
                  {regions, c.shape(0).ranked() ? c.shape(0)[1] : Dim::Fresh(),
                   known ? size->elements[0] : Dim::Fresh(), known ? size->elements[1] : Dim::Fresh()});
}

// Where place `at` of `crop` samples an axis of `size`, corners aligned; in f32, as what lies outside depends on the
// last bit.
double Place(double from, double to, int64_t at, int64_t crop, int64_t size, bool narrow) {
  const auto last = static_cast<double>(size - 1);
  const auto round = [narrow](double v) { return narrow ? static_cast<double>(static_cast<float>(v)) : v; };
  if (crop <= 1) return round(round(0.5 * round(from + to)) * last);
  const double step = round(round(round(to - from) * last) / static_cast<double>(crop - 1));
  return round(round(from * last) + round(static_cast<double>(at) * step));
}

// Value of a plane at (y, x), both inside.
double ValueAt(const double* plane, int64_t width, double y, double x, bool nearest) {
  const auto at = [&](double r, double k) { return plane[static_cast<int64_t>(r) * width + static_cast<int64_t>(k)]; };
  if (nearest) return at(std::round(y), std::round(x));
  const double top = std::floor(y), left = std::floor(x), bottom = std::ceil(y), right = std::ceil(x);
  const double upper = at(top, left) + (at(top, right) - at(top, left)) * (x - left);
  const double lower = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * (x - left);
  return upper + (lower - upper) * (y - top);
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<CropAndResizeAttrs>();
  const bool nearest = a.mode == "nearest";
  const Dims &in = c.input(0).dims, &out = c.output(0).dims;
  const bool narrow = c.input(0).dtype != DType::kF64;
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto rois, c.Doubles(1));
  HASTEN_ASSIGN(const auto images, c.Ints(2));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(out.elements()));
  const int64_t plane = in[2] * in[3];
  double* to = y.data();
  for (int64_t r = 0; r < out[0]; ++r) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const int64_t image = images[static_cast<size_t>(r)];
    HASTEN_REQUIRE(image >= 0 && image < in[0], "batch indices must be in [0, ", in[0], "), one is ", image);
    const double* roi = rois.data() + r * 4;
    for (int64_t k = 0; k < out[1]; ++k)
      for (int64_t i = 0; i < out[2]; ++i)
        for (int64_t j = 0; j < out[3]; ++j) {
          const double py = Place(roi[0], roi[2], i, out[2], in[2], narrow),
                       px = Place(roi[1], roi[3], j, out[3], in[3], narrow);
          const bool inside =
              py >= 0 && py <= static_cast<double>(in[2] - 1) && px >= 0 && px <= static_cast<double>(in[3] - 1);
          *to++ = inside ? ValueAt(x.data() + (image * in[1] + k) * plane, in[3], py, px, nearest)
                         : static_cast<double>(a.extrapolation_value);
        }
  }
  WriteDoubles(&c.output(0), 0, y);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 7, 5}}, images{DType::kI32, {3}, 0, 0, {1, 0, 1}};
  const SampleInput rois{DType::kF32, {3, 4}, 0, 0, {0.1, 0.2, 0.9, 0.8, 0, 0, 1, 1, -0.2, 0.3, 0.5, 1.3}};
  const SampleInput size{DType::kI32, {2}, 0, 0, {4, 3}}, one{DType::kI32, {2}, 0, 0, {1, 1}};
  return {{"bilinear", {x, rois, images, size}},
          {"nearest", {x, rois, images, size}, {{"mode", std::string("nearest")}}},
          {"extrapolation", {x, rois, images, size}, {{"extrapolation_value", 7.0f}}},
          {"one pixel is the middle", {x, rois, images, one}},
          {"no regions", {x, {DType::kF32, {0, 4}}, {DType::kI32, {0}}, size}}};
}

}  // namespace

extern const OpDef kCropAndResize = {
    .name = "com.microsoft.CropAndResize",
    .doc =
        "Crops of images, resized with corners aligned: place i of h along an axis of H samples (y1 + i * (y2 - y1) / "
        "(h - 1)) * (H - 1), "
        "or the middle where h is 1; extrapolation_value outside. x: float [N, C, H, W]; rois: [R, 4], y1, x1, y2, x2; "
        "image of each: "
        "i32 [R]; size: i32 [2]; y: [R, C, h, w].",
    .attrs = SchemaOf<CropAndResizeAttrs>(kFields),
    .arity = {4, 4},
    .onnx = {"com.microsoft", "CropAndResize", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
