#include "cli/vision/show_detections.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "base/mapped_file.h"
#include "cli/classes.h"
#include "cli/formats/png.h"
#include "cli/vision/detections.h"
#include "cli/vision/draw.h"

namespace hasten::cli {
namespace {

// A place in the input as one in the picture.
double PictureX(const PlacedPicture& p, double x) { return (x + p.left) * p.across; }
double PictureY(const PlacedPicture& p, double y) { return (y + p.above) * p.down; }

// In pixels of the picture, and within it.
Box InPicture(const PlacedPicture& p, const Tensor& image, Box box) {
  const auto height = static_cast<double>(image.dims[0]), width = static_cast<double>(image.dims[1]);
  box.left = std::clamp(PictureX(p, box.left), 0.0, width);
  box.right = std::clamp(PictureX(p, box.right), 0.0, width);
  box.above = std::clamp(PictureY(p, box.above), 0.0, height);
  box.below = std::clamp(PictureY(p, box.below), 0.0, height);
  return box;
}

class Shown {
 public:
  Shown(std::vector<std::string> labels, Report* report) : labels_(std::move(labels)), report_(report) {}

  std::string NameOf(int64_t label) const {
    return label < std::ssize(labels_) ? labels_[static_cast<size_t>(label)] : Str("class ", label);
  }

  void AddBox(const Box& box, Canvas* canvas) {
    const int64_t side = std::min(canvas->height(), canvas->width());
    const int64_t thickness = std::max<int64_t>(1, side / 300), scale = std::max<int64_t>(1, side / 250);
    const Color color = ColorOf(box.label);
    const auto left = std::lround(box.left), above = std::lround(box.above);
    canvas->Frame(left, above, std::lround(box.right), std::lround(box.below), thickness, color);
    canvas->Label(left, above, fmt::format("{} {:.0f}%", NameOf(box.label), 100 * box.score), scale, color);
    report_->Line(fmt::format("  {:6.2f} %  {}  {:.1f},{:.1f} to {:.1f},{:.1f}", 100 * box.score, NameOf(box.label),
                              box.left, box.above, box.right, box.below));
    boxes_.push_back(box);
  }

  void AddMask(const Mask& mask, const PlacedPicture& p, Canvas* canvas) {
    std::map<int64_t, int64_t> cells;
    for (const int64_t label : mask.labels)
      if (label >= 0) ++cells[label];
    for (int64_t y = 0; y < canvas->height(); ++y)
      for (int64_t x = 0; x < canvas->width(); ++x) {
        const double in_x = (static_cast<double>(x) + 0.5) / p.across - p.left;
        const double in_y = (static_cast<double>(y) + 0.5) / p.down - p.above;
        const double column = in_x * static_cast<double>(mask.width) / static_cast<double>(p.input_width);
        const double row = in_y * static_cast<double>(mask.height) / static_cast<double>(p.input_height);
        if (column < 0 || row < 0 || column >= static_cast<double>(mask.width) ||
            row >= static_cast<double>(mask.height))
          continue;
        const int64_t cell = static_cast<int64_t>(row) * mask.width + static_cast<int64_t>(column);
        const int64_t label = mask.labels[static_cast<size_t>(cell)];
        if (label >= 0) canvas->Tint(x, y, ColorOf(label));
      }
    for (const auto& [label, count] : cells) {
      const double share = static_cast<double>(count) / static_cast<double>(mask.labels.size());
      report_->Line(fmt::format("  {:6.2f} % of it  {}", 100 * share, NameOf(label)));
      areas_.push_back({mask.item, label, share});
    }
  }

  void Report(const std::string& what, const std::vector<std::string>& written) {
    report_->Fact([=, shown = *this](JsonWriter* json) {
      WriteField(json, "recognised", what);
      WriteKey(json, "detections");
      json->StartArray();
      for (const Box& box : shown.boxes_) shown.BoxFact(box, json);
      for (const Area& area : shown.areas_) shown.AreaFact(area, json);
      json->EndArray();
      WriteTexts(json, "drawn", written);
    });
  }

 private:
  struct Area {
    int64_t item, label;
    double share;
  };
  void StartFact(int64_t item, int64_t label, JsonWriter* json) const {
    json->StartObject();
    WriteField(json, "item", item);
    WriteField(json, "class", label);
    if (label < std::ssize(labels_)) WriteField(json, "label", NameOf(label));
  }
  void BoxFact(const Box& box, JsonWriter* json) const {
    StartFact(box.item, box.label, json);
    WriteField(json, "score", box.score);
    WriteKey(json, "box");
    json->StartArray();
    for (const double v : {box.left, box.above, box.right, box.below}) json->Double(v);
    json->EndArray();
    json->EndObject();
  }
  void AreaFact(const Area& area, JsonWriter* json) const {
    StartFact(area.item, area.label, json);
    WriteField(json, "share", area.share);
    json->EndObject();
  }

  std::vector<std::string> labels_;
  hasten::cli::Report* report_;
  std::vector<Box> boxes_;
  std::vector<Area> areas_;
};

std::string PathOf(const std::string& draw, size_t i, size_t pictures) {
  if (pictures == 1) return draw;
  std::filesystem::path path(draw);
  path.replace_filename(Str(path.stem().string(), "_", i, path.extension().string()));
  return path.string();
}

Result<Detections> Recognise(const RunFlags& flags, const Session& session, std::span<const Value> outputs,
                             const PlacedPicture& picture, int64_t labels) {
  std::vector<NamedTensor> tensors;
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].is_tensor()) tensors.push_back({session.output_name(i), outputs[i].tensor()});
  DetectionSettings settings{
      .height = picture.input_height, .width = picture.input_width, .score = flags.score_threshold};
  settings.overlap = flags.iou_threshold;
  if (labels > 0) settings.classes = labels;
  return Detect(tensors, settings).At("--draw");
}

}  // namespace

Status DrawDetections(const RunFlags& flags, const Session& session, std::span<const Value> outputs,
                      std::span<const PlacedPicture> pictures, Report* report) {
  if (pictures.empty()) return Status(Code::kInvalidArgument, "--draw needs a picture as an input: give --image");
  std::vector<std::string> labels;
  if (!flags.labels.empty()) {
    HASTEN_ASSIGN(labels, ReadLabels(flags.labels));
  }
  HASTEN_ASSIGN(const Detections found, Recognise(flags, session, outputs, pictures[0], std::ssize(labels)));
  report->Line(Str("recognised ", found.what));
  Shown shown(std::move(labels), report);
  std::vector<std::string> written;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const PlacedPicture& p = pictures[i];
    const auto bytes = std::as_bytes(std::span(p.picture.file.bytes.data(), p.picture.file.bytes.size()));
    HASTEN_ASSIGN(Tensor image, DecodeImage(bytes, PixelFormat::kRgb).At(p.picture.path));
    Canvas canvas(&image);
    const auto of_item =
        std::count_if(found.boxes.begin(), found.boxes.end(), [&](const Box& b) { return b.item == p.item; });
    report->Line(found.masks.empty() ? Str(p.picture.path, ": ", of_item, of_item == 1 ? " box" : " boxes")
                                     : Str(p.picture.path, ":"));
    for (const Mask& mask : found.masks)
      if (mask.item == p.item) shown.AddMask(mask, p, &canvas);
    for (const Box& box : found.boxes)
      if (box.item == p.item) shown.AddBox(InPicture(p, image, box), &canvas);
    written.push_back(PathOf(flags.draw, i, pictures.size()));
    HASTEN_ASSIGN(const std::string png, EncodePng(image).At(written.back()));
    HASTEN_TRY(WriteFile(written.back(), png));
    report->Line(Str("wrote ", written.back()));
  }
  shown.Report(found.what, written);
  return {};
}

}  // namespace hasten::cli
