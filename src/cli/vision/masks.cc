#include "cli/vision/detections.h"
#include "cli/vision/rows.h"

namespace hasten::cli {
namespace {

// A map of the picture: [items, channels, height, width], wherever the channels are.
struct Map {
  int64_t items = 1, channels = 1, height = 0, width = 0;
  bool channels_last = false;
  std::vector<double> data;
  double at(int64_t item, int64_t channel, int64_t cell) const {
    const int64_t cells = height * width;
    return data[static_cast<size_t>(channels_last ? (item * cells + cell) * channels + channel
                                                  : (item * channels + channel) * cells + cell)];
  }
};

// The proportions of the input, give or take a cell.
bool IsLikeInput(const Map& m, const DetectionSettings& s) {
  if (m.height < 2 || m.width < 2) return false;
  const double expected = static_cast<double>(m.height) * static_cast<double>(s.width) / static_cast<double>(s.height);
  return std::abs(expected - static_cast<double>(m.width)) <= 1;
}

std::optional<Map> MapOf(const Tensor& t, const DetectionSettings& s) {
  if (!IsNumeric(t) || s.height < 1) return std::nullopt;
  Map m;
  const Dims& d = t.dims;
  if (d.rank() == 2) {
    m.height = d[0];
    m.width = d[1];
  } else if (d.rank() == 3) {
    m.items = d[0];
    m.height = d[1];
    m.width = d[2];
  } else if (d.rank() == 4) {
    m.channels_last = d[3] < d[1] && d[3] < d[2];
    m.items = d[0];
    m.channels = d[m.channels_last ? 3 : 1];
    m.height = d[m.channels_last ? 1 : 2];
    m.width = d[m.channels_last ? 2 : 3];
  }
  if (m.channels < 1 || !IsLikeInput(m, s)) return std::nullopt;
  m.data = ToDoubles(t);
  return m;
}

// The largest channel; the first means nothing.
int64_t Argmax(const Map& m, int64_t item, int64_t cell) {
  int64_t best = 0;
  for (int64_t c = 1; c < m.channels; ++c)
    if (m.at(item, c, cell) > m.at(item, best, cell)) best = c;
  return best == 0 ? -1 : best;
}

}  // namespace

std::optional<Detections> DetectMasks(std::span<const NamedTensor> outputs, const DetectionSettings& s) {
  const auto m = outputs.empty() ? std::nullopt : MapOf(outputs[0].tensor, s);
  if (!m) return std::nullopt;
  const bool labels = m->channels == 1 && !IsFloat(outputs[0].tensor.dtype);
  const bool logits = std::any_of(m->data.begin(), m->data.end(), [](double v) { return v < -1e-3 || v > 1 + 1e-3; });
  const double least = s.score.value_or(kUsualMask);
  Detections out;
  out.what = Str("a map of ", m->width, "x", m->height, ": ");
  if (labels)
    out.what += "classes, of which 0 is nothing";
  else if (m->channels > 1)
    out.what += Str("the largest of ", m->channels, " classes, of which the first is nothing");
  else
    out.what += Str(logits ? "sigmoid" : "probability", " of at least ", least);
  for (int64_t item = 0; item < m->items; ++item) {
    Mask mask{item, m->height, m->width, {}};
    for (int64_t cell = 0; cell < m->height * m->width; ++cell) {
      const double v = m->at(item, 0, cell);
      if (labels)
        mask.labels.push_back(v > 0 && v < 1e9 ? static_cast<int64_t>(v) : -1);
      else if (m->channels > 1)
        mask.labels.push_back(Argmax(*m, item, cell));
      else
        mask.labels.push_back((logits ? Sigmoid(v) : v) >= least ? 0 : -1);
    }
    out.masks.push_back(std::move(mask));
  }
  return out;
}

}  // namespace hasten::cli
