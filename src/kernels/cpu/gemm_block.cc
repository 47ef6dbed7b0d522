#include "kernels/cpu/gemm_block.h"

namespace hasten::cpu {
namespace {

// Of B, to stay in the second cache while tiles pass over it: a tile reads it once for rows * 4 times as many
// operations, which hides the way from there.  Longer slices mean fewer passes over C.
constexpr int64_t kPanelBytes = 128 << 10;

// One slice of K: `taps` segments from `tap`, floats [offset, offset + length) of each.
struct Slice {
  int64_t tap, taps, offset, length;
  bool first, last;
};

// Whole taps where several fit, else even parts of one.
struct Slices {
  int64_t segments, length, taps, parts;
  // Where there is nothing to add up, one slice of nothing writes the tail.  Precondition: there is a panel.
  Slices(const BlockCall& c)
      : segments(c.segments), length(c.length), taps(std::max<int64_t>(1, c.segments)), parts(1) {
    const int64_t width = c.panels.vectors(0) * c.panels.lanes;
    const int64_t most = std::max<int64_t>(1, kPanelBytes / 4 / width);
    // One tile stays in registers however long K is; twice the size is better than two passes.
    if (c.tiles.count == 1 || segments * length <= most + most / 2) return;
    if (length <= most) {
      taps = std::min(segments, std::max<int64_t>(1, most / std::max<int64_t>(length, 1)));
    } else {
      taps = 1;
      parts = (length + most - 1) / most;
    }
  }
  int64_t count() const { return std::max<int64_t>(1, (segments + taps - 1) / taps * parts); }
  Slice at(int64_t i) const {
    const int64_t tap = i / parts * taps, part = i % parts;
    const int64_t begin = length * part / parts, end = length * (part + 1) / parts;
    return {tap, std::min(taps, segments - tap), begin, end - begin, i == 0, i + 1 == count()};
  }
};

// Whether sums are stored as they are.
bool IsPlain(const TileTail& t) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return t.scale == 1 && !t.bias && !t.residual && t.low == -kInfinity && t.high == kInfinity;
}

void RunTile(const BlockCall& c, const Slice& slice, bool plain, int64_t panel, int64_t tile) {
  const int64_t k = c.segments * c.length, start = c.panels.start(panel), row = c.tiles.start(tile);
  const auto rows = static_cast<size_t>(c.tiles.size(tile)), vectors = static_cast<size_t>(c.panels.vectors(panel));
  const int64_t width = static_cast<int64_t>(vectors) * c.panels.lanes;
  TileCall t;
  t.a = c.a + c.segments * row + slice.tap * static_cast<int64_t>(rows);
  t.offset = slice.offset;
  t.segments = slice.taps;
  t.length = slice.length;
  t.b = c.b + start * k + (slice.tap * c.length + slice.offset) * width;
  t.c = c.c + row * c.c_step + start;
  t.c_step = c.c_step;
  t.columns = c.panels.valid(panel);
  t.accumulate = c.accumulate || !slice.first;
  TileTail tail;
  if (slice.last && !plain) {
    tail = c.tail;
    if (tail.bias) tail.bias += start;
    if (tail.residual) tail.residual += row * tail.residual_step + start;
    t.tail = &tail;
  }
  c.kernels->tile[rows][vectors](t);
}

// One row: four panels of equal width at a time, all of whose columns are valid.
int64_t RunRow4(const BlockCall& c) {
  int64_t p = c.first_panel;
  const int64_t k = c.segments * c.length;
  for (; p + 4 <= c.last_panel && c.panels.vectors(p) == c.panels.vectors(p + 3); p += 4) {
    const int64_t start = c.panels.start(p), width = c.panels.vectors(p) * c.panels.lanes;
    if (c.panels.valid(p + 3) != width) break;
    TileTail tail = c.tail;
    if (tail.bias) tail.bias += start;
    if (tail.residual) tail.residual += start;
    TileCall t{.a = c.a, .segments = c.segments, .length = c.length, .b = c.b + start * k, .panel_step = width * k};
    t.c = c.c + start;
    t.columns = 4 * width;
    t.accumulate = c.accumulate;
    t.tail = &tail;
    c.kernels->row4[c.panels.vectors(p)](t);
  }
  return p;
}

}  // namespace

void MultiplyBlock(const BlockCall& c) {
  if (c.tiles.rows == 0 || c.panels.count == 0) return;
  const Slices slices(c);
  const bool plain = IsPlain(c.tail);
  const int64_t first = c.tiles.rows == 1 ? RunRow4(c) : c.first_panel;
  for (int64_t s = 0; s < slices.count(); ++s) {
    const Slice slice = slices.at(s);
    for (int64_t p = first; p < c.last_panel; ++p)
      for (int64_t t = 0; t < c.tiles.count; ++t) RunTile(c, slice, plain, p, t);
  }
}

ChunkGrid ChunkGrid::Of(int64_t rows, const Panels& panels, int64_t k, int tile_rows) {
  constexpr int64_t kRows = 128, kWanted = 32;
  constexpr double kLeastFlops = 1e6;
  ChunkGrid g;
  g.rows = rows;
  g.panels = panels.count;
  const double flops = 2.0 * static_cast<double>(rows) * static_cast<double>(panels.start(panels.count)) *
                       static_cast<double>(std::max<int64_t>(k, 1));
  const auto most = std::max<int64_t>(1, static_cast<int64_t>(flops / kLeastFlops));
  const int64_t tiles = (rows + tile_rows - 1) / tile_rows;
  g.row_blocks = std::clamp<int64_t>((rows + kRows - 1) / kRows, 1, std::max<int64_t>(1, std::min(most, tiles)));
  g.panel_blocks = std::clamp<int64_t>(kWanted / g.row_blocks, 1, std::max<int64_t>(1, most / g.row_blocks));
  g.panel_blocks = std::min(g.panel_blocks, std::max<int64_t>(1, rows == 1 ? panels.count / 4 : panels.count));
  return g;
}

}  // namespace hasten::cpu
