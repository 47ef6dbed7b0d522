// What the outputs of detectors and of segmentation networks say about a picture.
#pragma once
#include <string>
#include <vector>

#include "cli/formats/npz.h"

namespace hasten::cli {

struct DetectionSettings {
  int64_t height = 0, width = 0;   // of the input that shows the picture
  std::optional<double> score;     // the least; absent: kUsualScore for boxes, kUsualMask for maps of one class
  double overlap = 0.45;           // intersection over union from which on the weaker box of a class is dropped
  std::optional<int64_t> classes;  // how many there are, if it is known
};
inline constexpr double kUsualScore = 0.25, kUsualMask = 0.5;

struct Box {
  double left = 0, above = 0, right = 0, below = 0;  // pixels of the input
  double score = 0;
  int64_t label = 0;
  int64_t item = 0;  // of the batch
};
// A label for each cell of a grid over the input; -1: none.
struct Mask {
  int64_t item = 0, height = 0, width = 0;
  std::vector<int64_t> labels;
};

struct Detections {
  std::string what;        // which form the outputs have, and why
  std::vector<Box> boxes;  // by item, then best first
  std::vector<Mask> masks;
};

// The error lists the forms that are known.
Result<Detections> Detect(std::span<const NamedTensor> outputs, const DetectionSettings& settings);

// Those that no better box of their item and class overlaps too much; by item, then best first.
std::vector<Box> Suppressed(std::vector<Box> boxes, double overlap);

// One form each; nullopt where the outputs do not have it.
std::optional<Detections> DetectSsd(std::span<const NamedTensor> outputs, const DetectionSettings& settings);
std::optional<Detections> DetectYunet(std::span<const NamedTensor> outputs, const DetectionSettings& settings);
std::optional<Detections> DetectRetinaFace(std::span<const NamedTensor> outputs, const DetectionSettings& settings);
std::optional<Detections> DetectWithBackground(std::span<const NamedTensor> outputs, const DetectionSettings& settings);
std::optional<Detections> DetectYolo(std::span<const NamedTensor> outputs, const DetectionSettings& settings);
std::optional<Detections> DetectFinished(std::span<const NamedTensor> outputs, const DetectionSettings& settings);
std::optional<Detections> DetectMasks(std::span<const NamedTensor> outputs, const DetectionSettings& settings);

}  // namespace hasten::cli
