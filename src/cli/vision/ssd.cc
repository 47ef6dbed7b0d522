#include <cmath>

#include "cli/vision/detections.h"
#include "cli/vision/rows.h"

namespace hasten::cli {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<uint8_t>(c)));
  return out;
}

bool Mentions(const NamedTensor& t, std::string_view word) { return Lower(t.name).find(word) != std::string::npos; }

// Corners as parts of the input, if they all are.
bool AreUnit(const Rows& boxes) {
  constexpr double kUnit = 2;
  for (const double v : boxes.data)
    if (std::abs(v) > kUnit) return false;
  return true;
}

// Most boxes have their corners in order.
bool AreCorners(const Rows& boxes) {
  int64_t right = 0;
  for (int64_t item = 0; item < boxes.items; ++item)
    for (int64_t row = 0; row < boxes.rows; ++row)
      right += boxes.at(item, row, 2) >= boxes.at(item, row, 0) && boxes.at(item, row, 3) >= boxes.at(item, row, 1);
  return right * 10 >= boxes.items * boxes.rows * 9;
}

struct Triple {
  std::optional<Rows> boxes, scores, labels;
  bool vertical_first = false;  // y before x, as TensorFlow has it
};

Triple FindTriple(std::span<const NamedTensor> outputs) {
  Triple t;
  std::vector<const NamedTensor*> columns;
  for (const NamedTensor& o : outputs) {
    const auto rows = RowsOf(o.tensor);
    const int rank = o.tensor.dims.rank();
    if (rows && rows->columns == 4 && !t.boxes && (rank == 3 || rows->rows != 4 || Mentions(o, "box"))) {
      t.boxes = rows;
      t.vertical_first = Mentions(o, "detection_boxes");
    } else if (rank == 1 || rank == 2) {
      columns.push_back(&o);
    }
  }
  if (!t.boxes) return t;
  for (const NamedTensor* o : columns) {
    const auto column = ColumnOf(o->tensor);
    if (!column || column->items != t.boxes->items || column->rows != t.boxes->rows) continue;
    const bool label = !IsFloat(o->tensor.dtype) || Mentions(*o, "class") || Mentions(*o, "label");
    (label ? t.labels : t.scores) = column;
  }
  return t;
}

}  // namespace

std::optional<Detections> DetectSsd(std::span<const NamedTensor> outputs, const DetectionSettings& s) {
  const Triple t = FindTriple(outputs);
  if (!t.boxes || !t.scores || !t.labels || !AreProbabilities(*t.scores, 0, 1)) return std::nullopt;
  const bool unit = AreUnit(*t.boxes);
  const double across = unit ? static_cast<double>(s.width) : 1, down = unit ? static_cast<double>(s.height) : 1;
  Detections found;
  found.what = Str("SSD: boxes as corners ", unit ? "as parts of the input" : "in pixels",
                   t.vertical_first ? ", vertical first" : "", ", scores and labels of their own");
  for (int64_t item = 0; item < t.boxes->items; ++item)
    for (int64_t row = 0; row < t.boxes->rows; ++row) {
      const auto at = [&](int64_t c) { return t.boxes->at(item, row, t.vertical_first ? c ^ 1 : c); };
      const double score = t.scores->at(item, row, 0), label = t.labels->at(item, row, 0);
      if (!(score >= s.score.value_or(kUsualScore)) || !(label >= 0 && label < 1e9)) continue;
      found.boxes.push_back(
          {at(0) * across, at(1) * down, at(2) * across, at(3) * down, score, static_cast<int64_t>(label), item});
    }
  found.boxes = Suppressed(std::move(found.boxes), s.overlap);
  return found;
}

namespace {

// Boxes [b,n,4] and probabilities [b,n,1+classes], of which the first is that of nothing.
struct Scored {
  Rows boxes, scores;
  bool landmarks = false;  // [b,n,10] is there, too
};

std::optional<Scored> FindScored(std::span<const NamedTensor> outputs) {
  std::optional<Rows> boxes, scores;
  bool landmarks = false;
  for (const NamedTensor& o : outputs) {
    if (o.tensor.dims.rank() != 3) return std::nullopt;
    const std::optional<Rows> rows = RowsOf(o.tensor);
    if (!rows) return std::nullopt;
    const bool boxlike = rows->columns == 4 && !Mentions(o, "score") && !Mentions(o, "conf");
    if (boxlike && !boxes)
      boxes = rows;
    else if (rows->columns == 10 && boxes && scores)
      landmarks = true;
    else if (rows->columns >= 2 && !scores)
      scores = rows;
    else
      return std::nullopt;
  }
  if (!boxes || !scores || boxes->items != scores->items || boxes->rows != scores->rows) return std::nullopt;
  if (!AreProbabilities(*scores, 0, scores->columns)) return std::nullopt;
  return Scored{*std::move(boxes), *std::move(scores), landmarks};
}

using Placed = std::array<double, 4>;  // left, above, right, below in pixels

template <class Place>
std::vector<Box> Decode(const Scored& f, const DetectionSettings& s, Place place) {
  std::vector<Box> boxes;
  for (int64_t item = 0; item < f.scores.items; ++item)
    for (int64_t row = 0; row < f.scores.rows; ++row) {
      int64_t best = 1;
      for (int64_t c = 1; c < f.scores.columns; ++c)
        if (f.scores.at(item, row, c) > f.scores.at(item, row, best)) best = c;
      const double p = f.scores.at(item, row, best);
      if (!(p >= s.score.value_or(kUsualScore))) continue;
      const Placed at = place(item, row);
      boxes.push_back({at[0], at[1], at[2], at[3], p, best - 1, item});
    }
  return Suppressed(std::move(boxes), s.overlap);
}

}  // namespace

std::optional<Detections> DetectWithBackground(std::span<const NamedTensor> outputs, const DetectionSettings& s) {
  const auto found = FindScored(outputs);
  if (!found || !AreCorners(found->boxes)) return std::nullopt;
  const bool unit = AreUnit(found->boxes);
  const double across = unit ? static_cast<double>(s.width) : 1, down = unit ? static_cast<double>(s.height) : 1;
  Detections out;
  out.what = Str("SSD: ", found->boxes.rows, " boxes as corners ", unit ? "as parts of the input" : "in pixels", ", ",
                 found->scores.columns, " probabilities each, the first of which is that of nothing");
  out.boxes = Decode(*found, s, [&](int64_t item, int64_t row) {
    const auto at = [&](int64_t c) { return found->boxes.at(item, row, c); };
    return Placed{at(0) * across, at(1) * down, at(2) * across, at(3) * down};
  });
  return out;
}

// Offsets from anchors of two sizes on the grids of three strides, scaled by "variances".
std::optional<Detections> DetectRetinaFace(std::span<const NamedTensor> outputs, const DetectionSettings& s) {
  struct Level {
    int64_t stride, sizes[2];
  };
  constexpr Level kLevels[] = {{8, {16, 32}}, {16, {64, 128}}, {32, {256, 512}}};
  constexpr double kOfPlace = 0.1, kOfSize = 0.2;
  const auto found = FindScored(outputs);
  if (!found || !found->landmarks || found->scores.columns != 2) return std::nullopt;
  struct Anchor {
    double x, y, size;
  };
  std::vector<Anchor> anchors;
  for (const Level& level : kLevels)
    for (int64_t y = 0; y < (s.height + level.stride - 1) / level.stride; ++y)
      for (int64_t x = 0; x < (s.width + level.stride - 1) / level.stride; ++x)
        for (const int64_t size : level.sizes)
          anchors.push_back({(static_cast<double>(x) + 0.5) * static_cast<double>(level.stride),
                             (static_cast<double>(y) + 0.5) * static_cast<double>(level.stride),
                             static_cast<double>(size)});
  if (std::ssize(anchors) != found->boxes.rows) return std::nullopt;
  Detections out;
  out.what = Str("RetinaFace: ", anchors.size(), " offsets from anchors on the grids of strides 8, 16 and 32");
  out.boxes = Decode(*found, s, [&](int64_t item, int64_t row) {
    const Anchor& a = anchors[static_cast<size_t>(row)];
    const auto at = [&](int64_t c) { return found->boxes.at(item, row, c); };
    const double x = a.x + at(0) * kOfPlace * a.size, y = a.y + at(1) * kOfPlace * a.size;
    const double w = a.size * std::exp(at(2) * kOfSize), h = a.size * std::exp(at(3) * kOfSize);
    return Placed{x - w / 2, y - h / 2, x + w / 2, y + h / 2};
  });
  return out;
}

// Outputs cls_S, obj_S and bbox_S for the strides 8, 16 and 32: offsets in cells, logarithms of sizes.
std::optional<Detections> DetectYunet(std::span<const NamedTensor> outputs, const DetectionSettings& s) {
  const auto find = [&](std::string_view kind, int64_t stride, int64_t columns) -> std::optional<Rows> {
    for (const NamedTensor& o : outputs) {
      if (o.name != Str(kind, "_", stride)) continue;
      auto rows = RowsOf(o.tensor);
      if (rows && rows->columns == columns && rows->rows == (s.height / stride) * (s.width / stride)) return rows;
    }
    return std::nullopt;
  };
  Detections out;
  out.what = "YuNet: faces on the grids of strides 8, 16 and 32";
  for (const int64_t stride : {8, 16, 32}) {
    const auto face = find("cls", stride, 1), object = find("obj", stride, 1), place = find("bbox", stride, 4);
    if (!face || !object || !place) return std::nullopt;
    const auto across = static_cast<double>(stride);
    for (int64_t item = 0; item < face->items; ++item)
      for (int64_t row = 0; row < face->rows; ++row) {
        const double p =
            std::sqrt(std::clamp(face->at(item, row, 0), 0.0, 1.0) * std::clamp(object->at(item, row, 0), 0.0, 1.0));
        if (!(p >= s.score.value_or(kUsualScore))) continue;
        const auto at = [&](int64_t c) { return place->at(item, row, c); };
        const double x = (static_cast<double>(row % (s.width / stride)) + at(0)) * across;
        const double y = (static_cast<double>(row / (s.width / stride)) + at(1)) * across;
        const double w = std::exp(at(2)) * across, h = std::exp(at(3)) * across;
        out.boxes.push_back({x - w / 2, y - h / 2, x + w / 2, y + h / 2, p, 0, item});
      }
  }
  out.boxes = Suppressed(std::move(out.boxes), s.overlap);
  return out;
}

}  // namespace hasten::cli
