#include "zoo/zoo.h"

namespace hasten::zoo {
namespace {

// A detector of the YOLO family: CSP blocks, spatial pyramid pooling, a path down and up again, three heads of three
// anchors; widths and depths of the smallest v5 model.
constexpr int64_t kSize = 640, kClasses = 80, kAnchors = 3, kOutputs = kClasses + 5;
constexpr double kSiluGain = 1.08;  // the largest at which deep sums of SiLUs do not grow

ValueId ConvUnit(Builder& b, ValueId x, const std::string& name, int64_t channels, int64_t kernel = 1,
                 int64_t stride = 1) {
  x = b.Conv(x, Name(name, "conv"), {.channels = channels, .kernel = kernel, .stride = stride, .pad = kernel / 2},
             kSiluGain);
  return b.Silu(b.BatchNorm(x, Name(name, "bn"), 1, 1e-3), Name(name, "act"));
}

// Cross-stage partial block: half of the channels go through `depth` bottlenecks.
ValueId C3(Builder& b, ValueId x, const std::string& name, int64_t channels, int depth, bool residual) {
  const int64_t half = channels / 2;
  ValueId y = ConvUnit(b, x, Name(name, "cv1"), half);
  for (int i = 0; i < depth; ++i) {
    const std::string block = Str(name, ".m.", i);
    ValueId z = ConvUnit(b, y, Name(block, "cv1"), half);
    z = ConvUnit(b, z, Name(block, "cv2"), half, 3);
    y = residual ? b.Add("Add", Name(block, "Add"), {y, z}) : z;
  }
  const ValueId other = ConvUnit(b, x, Name(name, "cv2"), half);
  return ConvUnit(b, b.Concat({y, other}, Name(name, "Concat"), 1), Name(name, "cv3"), channels);
}

// Pools of 5x5, one after the other, stand for 5x5, 9x9 and 13x13.
ValueId Sppf(Builder& b, ValueId x, const std::string& name, int64_t channels) {
  x = ConvUnit(b, x, Name(name, "cv1"), channels / 2);
  std::vector<ValueId> parts = {x};
  for (int i = 0; i < 3; ++i) parts.push_back(b.MaxPool(parts.back(), Str(name, ".m.", i), 5, 1, 2));
  return ConvUnit(b, b.Concat(std::move(parts), Name(name, "Concat"), 1), Name(name, "cv2"), channels);
}

ValueId Upsample(Builder& b, ValueId x, const std::string& name) {
  const ValueId scales = b.Stored(Name(name, "scales"), TensorOf(Dims{4}, std::array{1.F, 1.F, 2.F, 2.F}));
  return b.Add("Resize", name, {x, kNone, scales},
               {{"coordinate_transformation_mode", "asymmetric"}, {"mode", "nearest"}, {"nearest_mode", "floor"}});
}

// Corners of the cells, less a half: [1, 1, side, side, 2].
Tensor Grid(int64_t side) {
  std::vector<float> v;
  for (int64_t y = 0; y < side; ++y)
    for (int64_t x = 0; x < side; ++x) v.insert(v.end(), {static_cast<float>(x) - 0.5F, static_cast<float>(y) - 0.5F});
  return TensorOf(Dims{1, 1, side, side, 2}, v);
}

struct Head {
  int64_t stride;
  std::array<float, 2 * kAnchors> anchors;  // widths and heights in pixels
};
constexpr Head kHeads[] = {
    {8, {10, 13, 16, 30, 33, 23}}, {16, {30, 61, 62, 45, 59, 119}}, {32, {116, 90, 156, 198, 373, 326}}};

// Boxes (x, y, w, h), objectness and classes of every anchor and cell: [1, cells, outputs].
ValueId Detect(Builder& b, ValueId x, const Head& head, const std::string& name) {
  const int64_t side = kSize / head.stride;
  x = b.Conv(x, name, {.channels = kAnchors * kOutputs, .bias = true}, 0.5);
  x = b.Reshape(x, Name(name, "Reshape"), {1, kAnchors, kOutputs, side, side});
  x = b.Transpose(x, Name(name, "Transpose"), {0, 1, 3, 4, 2});
  x = b.Add("Sigmoid", Name(name, "Sigmoid"), {x});
  const auto parts = b.AddMany("Split", Name(name, "Split"), {x, b.Ints(Name(name, "sizes"), {2, 2, kClasses + 1})},
                               {{"axis", int64_t{4}}}, 3);
  const ValueId two = b.Scalar(Name(name, "two"), 2);
  ValueId xy = b.Add("Mul", Name(name, "Mul"), {parts[0], two});
  xy = b.Add("Add", Name(name, "Add"), {xy, b.Stored(Name(name, "grid"), Grid(side))});
  xy = b.Add("Mul", Name(name, "Mul_1"), {xy, b.Scalar(Name(name, "stride"), static_cast<double>(head.stride))});
  ValueId wh = b.Add("Mul", Name(name, "Mul_2"), {parts[1], two});
  wh = b.Add("Pow", Name(name, "Pow"), {wh, two});
  const Tensor anchors = TensorOf(Dims{1, kAnchors, 1, 1, 2}, head.anchors);
  wh = b.Add("Mul", Name(name, "Mul_3"), {wh, b.Stored(Name(name, "anchor_grid"), anchors)});
  x = b.Concat({xy, wh, parts[2]}, Name(name, "Concat"), 4);
  return b.Reshape(x, Name(name, "Reshape_1"), {1, kAnchors * side * side, kOutputs});
}

void BuildYolo(Builder& b) {
  ValueId x = b.Input("images", DType::kF32, {1, 3, kSize, kSize});
  x = b.Conv(x, "model.0.conv", {.channels = 16, .kernel = 6, .stride = 2, .pad = 2}, kSiluGain);
  x = b.Silu(b.BatchNorm(x, "model.0.bn", 1, 1e-3), "model.0.act");
  x = C3(b, ConvUnit(b, x, "model.1", 32, 3, 2), "model.2", 32, 1, true);
  const ValueId eighth = C3(b, ConvUnit(b, x, "model.3", 64, 3, 2), "model.4", 64, 2, true);
  const ValueId sixteenth = C3(b, ConvUnit(b, eighth, "model.5", 128, 3, 2), "model.6", 128, 3, true);
  x = C3(b, ConvUnit(b, sixteenth, "model.7", 256, 3, 2), "model.8", 256, 1, true);
  x = Sppf(b, x, "model.9", 256);
  const ValueId top = ConvUnit(b, x, "model.10", 128);
  x = b.Concat({Upsample(b, top, "model.11"), sixteenth}, "model.12", 1);
  const ValueId middle = ConvUnit(b, C3(b, x, "model.13", 128, 1, false), "model.14", 64);
  x = b.Concat({Upsample(b, middle, "model.15"), eighth}, "model.16", 1);
  const ValueId fine = C3(b, x, "model.17", 64, 1, false);
  x = b.Concat({ConvUnit(b, fine, "model.18", 64, 3, 2), middle}, "model.19", 1);
  const ValueId medium = C3(b, x, "model.20", 128, 1, false);
  x = b.Concat({ConvUnit(b, medium, "model.21", 128, 3, 2), top}, "model.22", 1);
  const ValueId coarse = C3(b, x, "model.23", 256, 1, false);
  const ValueId all[] = {fine, medium, coarse};
  std::vector<ValueId> detected;
  for (size_t i = 0; i < 3; ++i) detected.push_back(Detect(b, all[i], kHeads[i], Str("model.24.m.", i)));
  b.Output(b.Concat(std::move(detected), "model.24.Concat", 1), "output");
}

}  // namespace

extern const Topology kYolo = {
    .name = "yolo",
    .doc = "A YOLOv5n-like detector of 80 classes on a 640x640 picture, boxes decoded",
    .build = BuildYolo,
};

}  // namespace hasten::zoo
