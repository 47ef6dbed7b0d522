#include "cli/vision/detections.h"
#include "cli/vision/rows.h"

namespace hasten::cli {
namespace {

constexpr int64_t kStrides[] = {8, 16, 32};

// Cells of all grids over the input.
int64_t Cells(const DetectionSettings& s) {
  int64_t cells = 0;
  for (const int64_t stride : kStrides) cells += (s.height / stride) * (s.width / stride);
  return cells;
}

// How the numbers of a row are meant.
struct Layout {
  bool objectness = false;  // column 4
  bool grid = false;        // centres are offsets in cells, sizes are logarithms: YOLOX as it is trained
  bool unit = false;        // lengths are parts of the input
  bool logits = false;      // scores
  std::string_view family;
};

double Largest(const Rows& r, int64_t columns) {
  double most = 0;
  for (int64_t item = 0; item < r.items; ++item)
    for (int64_t row = 0; row < r.rows; ++row)
      for (int64_t c = 0; c < columns; ++c)
        if (const double v = std::abs(r.at(item, row, c)); v > most) most = v;
  return most;
}

std::optional<Layout> LayoutOf(const Rows& r, bool columns_first, const DetectionSettings& s) {
  constexpr double kFewCells = 32, kUnit = 2;
  constexpr int64_t kCocoClasses = 80, kAnchors = 3;
  const int64_t cells = Cells(s);
  const bool anchors = r.rows == kAnchors * cells,
             single = r.rows == (s.height / 16) * (s.width / 16) && r.columns == s.classes.value_or(kCocoClasses) + 5;
  if (cells == 0 || (r.rows != cells && !anchors && !single) || r.columns < 5) return std::nullopt;
  Layout layout;
  const double largest = Largest(r, 2);
  layout.grid = r.rows == cells && !columns_first && largest < kFewCells;
  layout.unit = !layout.grid && largest < kUnit;
  layout.objectness = anchors || layout.grid || single || (!columns_first && r.columns == kCocoClasses + 5);
  if (s.classes == r.columns - 4 || s.classes == r.columns - 5) layout.objectness = s.classes == r.columns - 5;
  if (layout.objectness && r.columns < 6) return std::nullopt;
  layout.logits = !AreProbabilities(r, 4, r.columns);
  layout.family = anchors             ? "YOLOv5 or v7"
                  : layout.grid       ? "YOLOX"
                  : single            ? "FastestDet"
                  : layout.objectness ? "YOLO"
                                      : "YOLOv8 or later";
  return layout;
}

// Cell and stride of a row where centres are offsets.
struct Cell {
  double x = 0, y = 0, stride = 1;
};
std::vector<Cell> GridCells(const DetectionSettings& s) {
  std::vector<Cell> cells;
  for (const int64_t stride : kStrides)
    for (int64_t y = 0; y < s.height / stride; ++y)
      for (int64_t x = 0; x < s.width / stride; ++x)
        cells.push_back({static_cast<double>(x), static_cast<double>(y), static_cast<double>(stride)});
  return cells;
}

std::vector<Box> Decode(const Rows& r, const Layout& layout, const DetectionSettings& s) {
  const double least = s.score.value_or(kUsualScore);
  const auto score = [&](double v) { return layout.logits ? Sigmoid(v) : v; };
  const double across = layout.unit ? static_cast<double>(s.width) : 1,
               down = layout.unit ? static_cast<double>(s.height) : 1;
  const std::vector<Cell> cells = layout.grid ? GridCells(s) : std::vector<Cell>();
  std::vector<Box> boxes;
  for (int64_t item = 0; item < r.items; ++item)
    for (int64_t row = 0; row < r.rows; ++row) {
      const int64_t first = layout.objectness ? 5 : 4;
      int64_t best = first;
      for (int64_t c = first; c < r.columns; ++c)
        if (r.at(item, row, c) > r.at(item, row, best)) best = c;
      const double p = score(r.at(item, row, best)) * (layout.objectness ? score(r.at(item, row, 4)) : 1);
      if (!(p >= least)) continue;
      double x = r.at(item, row, 0) * across, y = r.at(item, row, 1) * down;
      double w = r.at(item, row, 2) * across, h = r.at(item, row, 3) * down;
      if (layout.grid) {
        const Cell& cell = cells[static_cast<size_t>(row)];
        x = (x + cell.x) * cell.stride;
        y = (y + cell.y) * cell.stride;
        w = std::exp(w) * cell.stride;
        h = std::exp(h) * cell.stride;
      }
      boxes.push_back({x - w / 2, y - h / 2, x + w / 2, y + h / 2, p, best - first, item});
    }
  return boxes;
}

bool IsWhole(double v) { return v == std::floor(v) && v >= 0 && v < 1e6; }

}  // namespace

std::optional<Detections> DetectYolo(std::span<const NamedTensor> outputs, const DetectionSettings& s) {
  if (outputs.empty() || outputs[0].tensor.dims.rank() != 3) return std::nullopt;
  for (const bool columns_first : {false, true}) {
    const std::optional<Rows> rows = RowsOf(outputs[0].tensor, columns_first);
    const auto layout = rows ? LayoutOf(*rows, columns_first, s) : std::nullopt;
    if (!layout) continue;
    const int64_t classes = rows->columns - 4 - layout->objectness;
    Detections found;
    found.what = Str(layout->family, ": ", rows->rows, " boxes as centre and size ",
                     layout->grid   ? "in cells of the grids"
                     : layout->unit ? "as parts of the input"
                                    : "in pixels",
                     layout->objectness ? ", objectness" : "", ", ", classes, classes == 1 ? " class" : " classes",
                     layout->logits ? " as logits" : "");
    found.boxes = Suppressed(Decode(*rows, *layout, s), s.overlap);
    return found;
  }
  return std::nullopt;
}

// Left, above, right, below, score, class; or item, left, above, right, below, class, score.
std::optional<Detections> DetectFinished(std::span<const NamedTensor> outputs, const DetectionSettings& s) {
  const std::optional<Rows> r = outputs.empty() ? std::nullopt : RowsOf(outputs[0].tensor);
  if (!r || (r->columns != 6 && r->columns != 7)) return std::nullopt;
  const bool with_item = r->columns == 7;
  const int64_t first = with_item ? 1 : 0, score = with_item ? 6 : 4, label = 5;
  if (!AreProbabilities(*r, score, score + 1)) return std::nullopt;
  for (int64_t item = 0; item < r->items; ++item)
    for (int64_t row = 0; row < r->rows; ++row)
      if (!IsWhole(r->at(item, row, label)) || (with_item && !IsWhole(r->at(item, row, 0)))) return std::nullopt;
  constexpr double kUnit = 2;
  double most = 0;
  for (int64_t item = 0; item < r->items; ++item)
    for (int64_t row = 0; row < r->rows; ++row)
      for (int64_t c = first; c < first + 4; ++c) most = std::max(most, std::abs(r->at(item, row, c)));
  const bool unit = most < kUnit;
  const double across = unit ? static_cast<double>(s.width) : 1, down = unit ? static_cast<double>(s.height) : 1;
  Detections found;
  found.what = Str("boxes after suppression: ", with_item ? "item, corners, class, score" : "corners, score, class",
                   unit ? ", as parts of the input" : ", in pixels");
  for (int64_t item = 0; item < r->items; ++item)
    for (int64_t row = 0; row < r->rows; ++row) {
      const auto at = [&](int64_t c) { return r->at(item, row, first + c); };
      if (!(r->at(item, row, score) >= s.score.value_or(kUsualScore))) continue;
      found.boxes.push_back({at(0) * across, at(1) * down, at(2) * across, at(3) * down, r->at(item, row, score),
                             static_cast<int64_t>(r->at(item, row, label)),
                             with_item ? static_cast<int64_t>(r->at(item, row, 0)) : item});
    }
  constexpr double kNone = 2;  // nothing overlaps that much: they were suppressed already
  found.boxes = Suppressed(std::move(found.boxes), kNone);
  return found;
}

}  // namespace hasten::cli
