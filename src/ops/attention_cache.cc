#include "ops/attention_cache.h"

namespace hasten {

HeadLayout HeadLayout::Of(const Dims& d, int64_t heads_if_packed) {
  if (d.rank() == 4) return {d[0], d[1], d[2], d[3], false};
  return {d[0], heads_if_packed, d[1], d[2] / heads_if_packed, true};
}

namespace {

// Past of row r: entry t holds [heads, size].
Tensor StateEntry(const StateView& s, int64_t row, int64_t t) {
  Tensor entry;
  entry.dtype = s.dtype;
  entry.dims = s.entry_dims;
  entry.data = s.pages[static_cast<size_t>(row)][t / s.page_size] + t % s.page_size * s.entry_bytes;
  return entry;
}

}  // namespace

Status CheckState(const StateView& s, const HeadLayout& x, std::string_view what) {
  HASTEN_REQUIRE(s.pages.size() == s.length.size() && s.page_size > 0, what, " state must have pages for every row");
  HASTEN_REQUIRE(s.entry_dims.elements() == x.heads * x.size, what, " state must have entries of [", x.heads, ",",
                 x.size, "], has ", s.entry_dims);
  const auto rows = static_cast<int64_t>(s.length.size());
  if (s.row_offsets.empty()) {
    HASTEN_REQUIRE(rows == x.batch, what, " state must have ", x.batch, " rows, has ", rows);
    return {};
  }
  HASTEN_REQUIRE(x.batch == 1 && s.row_offsets.size() == s.length.size() + 1 && s.row_offsets.back() == x.length, what,
                 " state of packed rows must cover the ", x.length, " tokens of a batch of 1");
  return {};
}

void AppendToState(const StateView& state, const Tensor& x, const HeadLayout& layout, const AttentionRow& row,
                   std::span<double> line) {
  for (int64_t t = 0; t < row.keys; ++t) {
    Tensor entry = StateEntry(state, row.index, row.past + t);
    for (int64_t h = 0; h < layout.heads; ++h) {
      ReadDoubles(x, layout.At(row.batch, h, row.first_key + t), line);
      WriteDoubles(&entry, h * layout.size, line);
    }
  }
}

void GatherEntries(const KernelCall& c, bool key, const HeadLayout& layout, const StateView* state,
                   const AttentionRow& row, int64_t head, std::span<double> line, double* to) {
  const Tensor& x = c.input(key ? 1 : 2);
  for (int64_t t = 0; t < row.total(); ++t) {
    if (t >= row.past) {
      ReadDoubles(x, layout.At(row.batch, head, row.first_key + t - row.past), line);
    } else if (state) {
      ReadDoubles(StateEntry(*state, row.index, t), head * layout.size, line);
    } else {
      const HeadLayout past{layout.batch, layout.heads, row.past, layout.size, false};
      ReadDoubles(c.input(key ? 4 : 5), past.At(row.batch, head, t), line);
    }
    for (int64_t d = 0; d < layout.size; ++d)
      to[key ? d * row.total() + t : t * layout.size + d] = line[static_cast<size_t>(d)];
  }
}

void WritePresent(const KernelCall& c, int past, const Tensor& x, const HeadLayout& layout, Tensor* y) {
  const int64_t before = c.has(past) ? c.input(past).dims[2] : 0, total = before + layout.length;
  for (int64_t b = 0; b < layout.batch; ++b)
    for (int64_t h = 0; h < layout.heads; ++h) {
      const int64_t to = (b * layout.heads + h) * total * layout.size;
      if (before > 0)
        CopyElements(c.input(past), (b * layout.heads + h) * before * layout.size, y, to, before * layout.size);
      for (int64_t t = 0; t < layout.length; ++t)
        CopyElements(x, layout.At(b, h, t), y, to + (before + t) * layout.size, layout.size);
    }
}

}  // namespace hasten
