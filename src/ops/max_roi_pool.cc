#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct MaxRoiPoolAttrs {
  std::vector<int64_t> pooled_shape;
  float spatial_scale = 1;
};
constexpr AttrField kFields[] = {Field<&MaxRoiPoolAttrs::pooled_shape>("pooled_shape"),
                                 Field<&MaxRoiPoolAttrs::spatial_scale>("spatial_scale")};

Status Infer(InferCall& c) {
  const auto& pooled = c.attrs<MaxRoiPoolAttrs>().pooled_shape;
  HASTEN_REQUIRE(pooled.size() == 2 && pooled[0] > 0 && pooled[1] > 0,
                 "pooled_shape must be a height and a width, is [", Join(pooled, ","), "]");
  HASTEN_REQUIRE(std::isfinite(c.attrs<MaxRoiPoolAttrs>().spatial_scale), "spatial_scale must be finite, is ",
                 c.attrs<MaxRoiPoolAttrs>().spatial_scale);
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || IsFloat(c.dtype(0)), "input must be floats, is ", c.type(0));
  HASTEN_TRY(c.RequireRank(0, 4));
  HASTEN_TRY(c.RequireRank(1, 2));
  HASTEN_TRY(c.RequireDims(1, 1, 5, "batch index and corners of a region"));
  return OutShape(c, 0, c.dtype(0),
                  {c.shape(1).ranked() ? c.shape(1)[0] : Dim::Fresh(),
                   c.shape(0).ranked() ? c.shape(0)[1] : Dim::Fresh(), pooled[0], pooled[1]});
}

// Entries [begin, end) of an axis of n that bin i of a region pools.
struct Bin {
  int64_t begin, end;
};

Bin BinOf(double from, double to, double scale, int64_t bins, int64_t i, int64_t n) {
  constexpr double kFar = 1e15;
  const double start = std::clamp(std::round(from * scale), -kFar, kFar),
               end = std::clamp(std::round(to * scale), -kFar, kFar);
  const double size = std::max(end - start + 1, 1.0) / static_cast<double>(bins), at = static_cast<double>(i);
  const auto clip = [n](double v) { return static_cast<int64_t>(std::clamp(v, 0.0, static_cast<double>(n))); };
  return {clip(start + std::floor(at * size)), clip(start + std::ceil((at + 1) * size))};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const auto& a = c.attrs<MaxRoiPoolAttrs>();
  const Dims &x = c.input(0).dims, &out = y->dims;
  HASTEN_ASSIGN(const auto planes, c.Doubles(0));
  HASTEN_ASSIGN(const auto rois, c.Doubles(1));
  const auto scale = static_cast<double>(a.spatial_scale);
  for (double v : rois)
    if (!std::isfinite(v)) return Status(Code::kInvalidArgument, Str("regions must be finite, one is ", v));
  for (int64_t i = 0; i < y->elements(); ++i) {
    if (i % 4096 == 0 && c.stopped()) return Status(Code::kCancelled, "stopped");
    const int64_t pw = i % out[3], ph = i / out[3] % out[2], channel = i / (out[3] * out[2]) % out[1];
    const double* roi = rois.data() + 5 * (i / (out[3] * out[2] * out[1]));
    if (!(roi[0] >= 0 && roi[0] < static_cast<double>(x[0])))
      return Status(Code::kInvalidArgument, Str("batch index must be in [0, ", x[0], "), is ", roi[0]));
    const Bin rows = BinOf(roi[2], roi[4], scale, out[2], ph, x[2]),
              columns = BinOf(roi[1], roi[3], scale, out[3], pw, x[3]);
    const double* plane = planes.data() + (static_cast<int64_t>(roi[0]) * x[1] + channel) * x[2] * x[3];
    const bool empty = rows.begin >= rows.end || columns.begin >= columns.end;
    double most = empty ? 0 : -std::numeric_limits<double>::infinity();
    for (int64_t h = rows.begin; h < rows.end; ++h)
      for (int64_t w = columns.begin; w < columns.end; ++w) most = std::max(most, plane[h * x[3] + w]);
    y->SetDouble(i, most);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {22}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 9, 7}};
  const SampleInput rois{DType::kF32, {3, 5}, 0, 0, {1, 0, 1, 5, 8, 0, 2.4, 2.6, 3, 3, 1, -4, -4, 20, 20}};
  const NamedAttr pooled{"pooled_shape", std::vector<int64_t>{2, 3}};
  return {{"regions", {x, rois}, {pooled}},
          {"scale", {x, rois}, {pooled, {"spatial_scale", 0.5F}}},
          {"one bin", {x, rois}, {{"pooled_shape", std::vector<int64_t>{1, 1}}}},
          {"no regions", {x, {DType::kF32, {0, 5}}}, {pooled}}};
}

}  // namespace

extern const OpDef kMaxRoiPool = {
    .name = "MaxRoiPool",
    .doc =
        "Each region of interest, its corners times spatial_scale rounded to pixels, cut into bins, and the "
        "maximum of each (0 where a bin has no pixel). x: float [N, C, H, W]; rois: [R, 5] as (batch, x0, y0, x1, "
        "y1); y: [R, C, pooled_shape]. Fast R-CNN (https://arxiv.org/abs/1504.08083).",
    .attrs = SchemaOf<MaxRoiPoolAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "MaxRoiPool", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
