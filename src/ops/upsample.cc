#include "ops/resampling.h"

namespace hasten {

Status UpsampleUpFrom1(OnnxNode& n) {
  const float height = n.Float("height_scale", 1), width = n.Float("width_scale", 1);
  n.Drop("height_scale");
  n.Drop("width_scale");
  n.Set("scales", std::vector<float>{1, 1, height, width});
  const std::string* mode = n.Get<std::string>("mode");
  if (mode && *mode == "bilinear") n.Set("mode", std::string("linear"));
  return {};
}

Status UpsampleDownTo1(OnnxNode& n) {
  const auto scales = n.Take("scales");
  const auto* v = scales ? std::get_if<std::vector<float>>(&*scales) : nullptr;
  if (!v || v->size() != 4 || (*v)[0] != 1 || (*v)[1] != 1)
    return Status(Code::kUnsupported, "Upsample at opset 1 must scale height and width of an image");
  n.Set("height_scale", (*v)[2]);
  n.Set("width_scale", (*v)[3]);
  const std::string* mode = n.Get<std::string>("mode");
  if (mode && *mode == "linear") n.Set("mode", std::string("bilinear"));
  return {};
}

Status UpsampleUpFrom7(OnnxNode& n) { return AttrFloatsToInput(n, "scales", 1); }
Status UpsampleDownTo7(OnnxNode& n) { return InputToAttrFloats(n, "scales", 1); }

Status UpsampleToResize(OnnxNode& n) {
  n.type = "Resize";
  n.opset = 10;
  return {};
}
Status ResizeToUpsample(OnnxNode& n) {
  n.type = "Upsample";
  return {};
}

namespace ops {
namespace {

struct UpsampleAttrs {
  std::string mode = "nearest";
};
constexpr AttrField kFields[] = {Field<&UpsampleAttrs::mode>("mode")};

Status Infer(InferCall& c) {
  const std::string& mode = c.attrs<UpsampleAttrs>().mode;
  HASTEN_REQUIRE(mode == "nearest" || mode == "linear", "mode must be nearest or linear, is ", Quote(mode));
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(c.RequireRank(1, 1));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsFloat(c.dtype(1)), "scales must be floats, are ", c.type(1));
  Shape y = c.shape(0);
  if (y.ranked()) {
    HASTEN_TRY(c.RequireDims(1, 0, y.rank(), "one scale an axis"));
    const Tensor* scales = c.constant(1);
    for (int i = 0; i < y.rank(); ++i) {
      if (!scales || scales->elements() != y.rank()) {
        y[i] = Dim::Fresh();
        continue;
      }
      HASTEN_ASSIGN(y[i], ScaledLength(y[i], scales->Double(i)));
    }
  }
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const Dims& x = c.input(0).dims;
  HASTEN_ASSIGN(const auto scales, c.Doubles(1));
  std::array<ResampledAxis, Dims::kMaxRank> axes;
  for (size_t i = 0; i < x.size(); ++i)
    axes[i] = {x[i], y->dims[i], scales[i], scales[i] * static_cast<double>(x[i]), 0, 1, scales[i] == 1};
  const Resampling r{.mode = c.attrs<UpsampleAttrs>().mode, .transform = "asymmetric", .rounding = "floor"};
  return Resample(c, r, std::span(axes).first(x.size()), y);
}

constexpr OnnxVersion kVersions[] = {
    {1, UpsampleUpFrom1, UpsampleDownTo1}, {7, UpsampleUpFrom7, UpsampleDownTo7}, {9, UpsampleToResize}, {10}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {1, 2, 3, 5}}, scales{DType::kF32, {4}, 0, 0, {1, 1, 2, 1.5}};
  return {{"nearest", {x, scales}}, {"linear", {x, scales}, {{"mode", std::string("linear")}}}};
}

}  // namespace

extern const OpDef kUpsample = {
    .name = "Upsample",
    .doc =
        "Resize by scales with coordinate_transformation_mode asymmetric and nearest_mode floor, as it was before "
        "opset 10. x: any dtype (mode linear: numbers); scales: float [rank].",
    .attrs = SchemaOf<UpsampleAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "Upsample", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace ops
}  // namespace hasten
