#include "cli/vision/detections.h"

#include <algorithm>

namespace hasten::cli {
namespace {

double Overlap(const Box& a, const Box& b) {
  const double across = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double down = std::min(a.below, b.below) - std::max(a.above, b.above);
  if (!(across > 0 && down > 0)) return 0;
  const double inner = across * down;
  return inner / ((a.right - a.left) * (a.below - a.above) + (b.right - b.left) * (b.below - b.above) - inner);
}

using Detector = std::optional<Detections> (*)(std::span<const NamedTensor>, const DetectionSettings&);

// The more particular first.
constexpr Detector kDetectors[] = {DetectYunet, DetectRetinaFace, DetectSsd,  DetectWithBackground,
                                   DetectYolo,  DetectFinished,   DetectMasks};

constexpr std::string_view kForms =
    "YOLO [b,4+classes,n] or [b,n,4+classes], with objectness too, n as the grids of strides 8, 16 and 32 (or 16 "
    "alone) "
    "have it; "
    "YOLO after suppression [n,6], [b,n,6] or [n,7]; SSD as boxes [n,4], scores [n] and labels [n], or as boxes "
    "[b,n,4] "
    "and probabilities [b,n,1+classes]; RetinaFace and YuNet; maps [b,classes,h,w], [b,h,w] and [h,w] of the picture's "
    "proportions";

}  // namespace

std::vector<Box> Suppressed(std::vector<Box> boxes, double overlap) {
  std::erase_if(boxes, [](const Box& b) {
    return !std::isfinite(b.left) || !std::isfinite(b.above) || !std::isfinite(b.right) || !std::isfinite(b.below);
  });
  std::stable_sort(boxes.begin(), boxes.end(),
                   [](const Box& a, const Box& b) { return a.item != b.item ? a.item < b.item : a.score > b.score; });
  std::vector<Box> kept;
  for (const Box& box : boxes) {
    const bool again = std::any_of(kept.begin(), kept.end(), [&](const Box& k) {
      return k.item == box.item && k.label == box.label && Overlap(k, box) > overlap;
    });
    if (!again) kept.push_back(box);
  }
  return kept;
}

Result<Detections> Detect(std::span<const NamedTensor> outputs, const DetectionSettings& settings) {
  for (const Detector detect : kDetectors)
    if (auto found = detect(outputs, settings)) return *std::move(found);
  std::vector<std::string> are;
  for (const NamedTensor& o : outputs) are.push_back(Str(Quote(o.name), " ", o.tensor));
  return Status(Code::kUnsupported, Str("the outputs (", Join(are, ", "), ") have no form that can be drawn for a ",
                                        settings.width, "x", settings.height, " input; known are: ", kForms));
}

}  // namespace hasten::cli
