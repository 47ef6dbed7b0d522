#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct NonMaxSuppressionAttrs {
  bool center_point_box = false;
};
constexpr AttrField kFields[] = {Field<&NonMaxSuppressionAttrs::center_point_box>("center_point_box")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  for (int i : {0, 1, 3, 4}) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_REQUIRE(!c.has(i) || c.dtype(i) == DType::kNone || IsFloat(c.dtype(i)), "input ", i, " must be floats, is ",
                   c.type(i));
  }
  HASTEN_TRY(c.RequireRank(0, 3));
  HASTEN_TRY(c.RequireRank(1, 3));
  HASTEN_TRY(c.RequireDims(0, 2, 4, "a box"));
  if (c.shape(0).ranked()) {
    HASTEN_TRY(c.RequireDims(1, 0, c.shape(0)[0], "batch"));
    HASTEN_TRY(c.RequireDims(1, 2, c.shape(0)[1], "boxes"));
  }
  HASTEN_TRY(RequireIndices(c, 2));
  c.Out(0, DType::kI64, {Dim::Fresh(), Dim(3)});
  return {};
}

// In f32, as everybody computes it: which boxes stay depends on the last bit.
struct Box {
  float x0, y0, x1, y1;
};

Box BoxOf(const double* v, bool center_point) {
  const auto f = [v](int i) { return static_cast<float>(v[i]); };
  if (center_point) {
    const float half_width = f(2) / 2, half_height = f(3) / 2;
    return {f(0) - half_width, f(1) - half_height, f(0) + half_width, f(1) + half_height};
  }
  return {std::min(f(1), f(3)), std::min(f(0), f(2)), std::max(f(1), f(3)), std::max(f(0), f(2))};
}

bool Overlaps(const Box& a, const Box& b, float threshold) {
  const float width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0), height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (!(width > 0) || !(height > 0)) return false;
  const float both = width * height;
  const float area_a = (a.x1 - a.x0) * (a.y1 - a.y0), area_b = (b.x1 - b.x0) * (b.y1 - b.y0);
  const float either = area_a + area_b - both;
  if (!(both > 0) || !(area_a > 0) || !(area_b > 0) || !(either > 0)) return false;
  return both / either > threshold;
}

// The candidates that stay, best first, at most `limit`.
void Select(std::span<const Box> boxes, const double* scores, int64_t limit, float iou,
            std::vector<int64_t>* candidates) {
  std::sort(candidates->begin(), candidates->end(),
            [&](int64_t a, int64_t b) { return scores[a] > scores[b] || (scores[a] == scores[b] && a < b); });
  size_t kept = 0;
  for (const int64_t box : *candidates) {
    if (static_cast<int64_t>(kept) >= limit) break;
    const auto hides = [&](int64_t other) {
      return Overlaps(boxes[static_cast<size_t>(box)], boxes[static_cast<size_t>(other)], iou);
    };
    if (std::none_of(candidates->begin(), candidates->begin() + static_cast<std::ptrdiff_t>(kept), hides))
      (*candidates)[kept++] = box;
  }
  candidates->resize(kept);
}

Result<double> OneNumber(const KernelCall& c, int i, double fallback) {
  if (!c.has(i) || c.input(i).elements() == 0) return fallback;
  return c.input(i).Double(0);
}

Status Eval(KernelCall& c) {
  const bool center_point = c.attrs<NonMaxSuppressionAttrs>().center_point_box;
  const int64_t batches = c.input(1).dims[0], classes = c.input(1).dims[1], count = c.input(1).dims[2];
  const int64_t limit = c.has(2) && c.input(2).elements() > 0 ? c.input(2).Int(0) : 0;
  HASTEN_ASSIGN(const double iou, OneNumber(c, 3, 0));
  HASTEN_ASSIGN(const double least, OneNumber(c, 4, -std::numeric_limits<double>::infinity()));
  const bool filters = c.has(4) && c.input(4).elements() > 0;
  HASTEN_ASSIGN(const auto corners, c.Doubles(0));
  HASTEN_ASSIGN(const auto scores, c.Doubles(1));
  HASTEN_ASSIGN(const auto boxes, c.Scratch<Box>(batches * count));
  for (size_t i = 0; i < boxes.size(); ++i) boxes[i] = BoxOf(corners.data() + 4 * i, center_point);
  std::vector<int64_t> selected, candidates;
  for (int64_t i = 0; i < batches * classes && limit > 0; ++i) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const double* row = scores.data() + i * count;
    candidates.clear();
    for (int64_t box = 0; box < count; ++box)
      if (!std::isnan(row[box]) && (!filters || row[box] > least)) candidates.push_back(box);
    Select(boxes.subspan(static_cast<size_t>(i / classes * count), static_cast<size_t>(count)), row, limit,
           static_cast<float>(iou), &candidates);
    for (int64_t box : candidates) selected.insert(selected.end(), {i / classes, i % classes, box});
  }
  HASTEN_ASSIGN(Tensor* y, c.Allocate(0, DType::kI64, {static_cast<int64_t>(selected.size()) / 3, 3}));
  WriteInts(y, 0, selected);
  return {};
}

constexpr OnnxVersion kVersions[] = {{10}, {11}};

std::vector<Sample> Samples() {
  const SampleInput boxes{DType::kF32, {2, 31, 4}, 0, 1}, scores{DType::kF32, {2, 3, 31}, 0, 1};
  const auto number = [](double v) { return SampleInput{DType::kF32, {1}, 0, 0, {v}}; };
  const SampleInput three = IntScalar(3), many = IntScalar(31), none{DType::kNone, {}};
  return {{"at most three", {boxes, scores, three, number(0.5)}},
          {"overlap", {boxes, scores, many, number(0.2)}},
          {"score", {boxes, scores, many, number(0.9), number(0.6)}},
          {"centre points", {boxes, scores, many, number(0.3), number(0.3)}, {{"center_point_box", int64_t{1}}}},
          {"no threshold", {boxes, scores, many}},
          {"none by default", {boxes, scores}},
          {"equal scores", {boxes, {DType::kF32, {2, 1, 31}, 1, 1}, many, number(0.3)}},
          {"no boxes", {{DType::kF32, {1, 0, 4}}, {DType::kF32, {1, 2, 0}}, three, none, number(0.1)}}};
}

}  // namespace

extern const OpDef kNonMaxSuppression = {
    .name = "NonMaxSuppression",
    .doc =
        "Of each batch and class, the boxes best first whose score is above score_threshold (input 4) and whose "
        "intersection over union with each one already taken is at most iou_threshold (input 3, default 0); at "
        "most input 2 of them (default 0). boxes: f32 [N, B, 4] as (y0, x0, y1, x1) in any order of corners, or "
        "(x, y, width, height) where center_point_box is set; scores: f32 [N, C, B]; y: i64 [n, 3] of (batch, "
        "class, box). Equal scores go by number.",
    .attrs = SchemaOf<NonMaxSuppressionAttrs>(kFields),
    .arity = {2, 5},
    .onnx = {"", "NonMaxSuppression", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
