#include "ops/window.h"

namespace hasten {
Status CheckEntries(std::string_view name, const std::vector<int64_t>& v, int count, int64_t least) {
  if (v.empty()) return {};
  HASTEN_REQUIRE(v.size() == static_cast<size_t>(count), name, " must have ", count, " entries, has ", v.size());
  for (int64_t e : v)
    HASTEN_REQUIRE(e >= least && e < int64_t{1} << 31, name, " must be in [", least, ", 2^31), are [", Join(v, ","),
                   "]");
  return {};
}

bool HasSamePadding(const WindowAttrs& a) { return a.auto_pad == "SAME_UPPER" || a.auto_pad == "SAME_LOWER"; }
bool HasExplicitPadding(const WindowAttrs& a) { return !HasSamePadding(a) && a.auto_pad != "VALID"; }

namespace {

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
int64_t CeilDivide(int64_t a, int64_t b) { return -FloorDivide(-a, b); }

// With ceil_mode a window may start past the end of what is padded; the last one is dropped then.
Dim CeilOutput(const Dim& in, const Dim& slack, int64_t stride, int64_t begin) {
  const Dim out = CeilDiv(slack, stride) + 1;
  if (!out.is_const() || !in.is_const()) return Min(out, CeilDiv(in + begin, stride));
  return (out.value() - 1) * stride >= in.value() + begin ? out - 1 : out;
}

}  // namespace

Status CheckWindow(const WindowAttrs& a, int rank) {
  HASTEN_REQUIRE(a.auto_pad.empty() || a.auto_pad == "NOTSET" || a.auto_pad == "VALID" || HasSamePadding(a),
                 "auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER, is ", Quote(a.auto_pad));
  HASTEN_TRY(CheckEntries("kernel_shape", a.kernel_shape, rank, 1));
  HASTEN_TRY(CheckEntries("strides", a.strides, rank, 1));
  HASTEN_TRY(CheckEntries("dilations", a.dilations, rank, 1));
  if (HasExplicitPadding(a)) HASTEN_TRY(CheckEntries("pads", a.pads, 2 * rank, 0));
  return CheckedElements(a.kernel_shape).status();
}

Result<std::vector<Dim>> WindowOutputs(const WindowAttrs& a, bool ceil_mode, std::span<const Dim> in,
                                       std::span<const Dim> kernel) {
  const int rank = static_cast<int>(in.size());
  std::vector<Dim> out;
  for (int i = 0; i < rank; ++i) {
    const int64_t stride = EntryOr(a.strides, i, 1);
    const Dim& n = in[static_cast<size_t>(i)];
    if (HasSamePadding(a)) {
      out.push_back(CeilDiv(n, stride));
      continue;
    }
    const int64_t begin = HasExplicitPadding(a) ? EntryOr(a.pads, i, 0) : 0,
                  end = HasExplicitPadding(a) ? EntryOr(a.pads, rank + i, 0) : 0;
    const Dim extent = (kernel[static_cast<size_t>(i)] - 1) * EntryOr(a.dilations, i, 1) + 1;
    const Dim slack = n + begin + end - extent;
    if (slack.is_const() && slack.value() < 0) {
      HASTEN_REQUIRE(n.is(0), "kernel of extent ", extent, " exceeds padded input of ", n + begin + end,
                     " along spatial axis ", i);
      out.push_back(0);
    } else {
      out.push_back(ceil_mode && HasExplicitPadding(a) ? CeilOutput(n, slack, stride, begin)
                                                       : FloorDiv(slack, stride) + 1);
    }
  }
  return out;
}

Window MakeWindow(const WindowAttrs& a, std::span<const int64_t> in, std::span<const int64_t> kernel,
                  std::span<const int64_t> out) {
  Window w;
  w.rank = static_cast<int>(in.size());
  for (int i = 0; i < w.rank; ++i) {
    const auto at = static_cast<size_t>(i);
    WindowAxis& x = w.axes[at];
    x = {in[at], out[at], kernel[at], EntryOr(a.strides, i, 1), EntryOr(a.dilations, i, 1), 0, 0};
    if (HasExplicitPadding(a)) {
      x.pad_begin = EntryOr(a.pads, i, 0);
      x.pad_end = EntryOr(a.pads, w.rank + i, 0);
    } else if (HasSamePadding(a)) {
      const int64_t total = std::max<int64_t>(0, (x.out - 1) * x.stride + (x.kernel - 1) * x.dilation + 1 - x.in);
      x.pad_begin = a.auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
      x.pad_end = total - x.pad_begin;
    }
  }
  return w;
}

namespace {

struct Range {
  int64_t begin, end;
};

// Kernel positions of output `o` that lie inside the input.
Range KernelRange(const WindowAxis& a, int64_t o) {
  const int64_t first = o * a.stride - a.pad_begin;
  return {std::max<int64_t>(0, CeilDivide(-first, a.dilation)),
          std::min(a.kernel, FloorDivide(a.in - 1 - first, a.dilation) + 1)};
}

// Outputs that read inside the input at kernel position k.
Range OutputRange(const WindowAxis& a, int64_t k) {
  const int64_t first = k * a.dilation - a.pad_begin;
  return {std::max<int64_t>(0, CeilDivide(-first, a.stride)),
          std::min(a.out, FloorDivide(a.in - 1 - first, a.stride) + 1)};
}

// A pointwise window is one long axis.
Window Collapse(const Window& w) {
  Window one;
  one.rank = 1;
  one.axes[0] = {};
  for (const WindowAxis& a : w.span()) {
    if (a.kernel != 1 || a.stride != 1 || a.pad_begin != 0 || a.in != a.out) return w;
    one.axes[0].in *= a.in;
  }
  one.axes[0].out = one.axes[0].in;
  return one;
}

// Advances `at` within [from, to), last axis fastest; false after the last.
bool Advance(Dims* at, const Dims& from, const Dims& to) {
  for (int i = at->rank() - 1; i >= 0; --i) {
    if (++(*at)[i] < to[i]) return true;
    (*at)[i] = from[i];
  }
  return false;
}

// Runs of one output row `at` (outer axes only).
template <class F>
void RunsOfRow(const Window& w, const Dims& at, int64_t row, F emit) {
  const int outer = w.rank - 1;
  Dims from, to;
  for (int i = 0; i < outer; ++i) {
    const Range r = KernelRange(w.axes[i], at[i]);
    if (r.begin >= r.end) return;
    from.push_back(r.begin);
    to.push_back(r.end);
  }
  const WindowAxis& x = w.axes[outer];
  // Positions below and above never meet the input.
  const int64_t k_begin =
      x.out > 0 ? std::max<int64_t>(0, CeilDivide(x.pad_begin - (x.out - 1) * x.stride, x.dilation)) : x.kernel;
  const int64_t k_end = std::min(x.kernel, FloorDivide(x.in - 1 + x.pad_begin, x.dilation) + 1);
  Dims k = from;
  do {
    int64_t in = 0, kernel = 0;
    for (int i = 0; i < outer; ++i) {
      const WindowAxis& a = w.axes[i];
      in = in * a.in + at[i] * a.stride - a.pad_begin + k[i] * a.dilation;
      kernel = kernel * a.kernel + k[i];
    }
    for (int64_t j = k_begin; j < k_end; ++j) {
      const Range o = OutputRange(x, j);
      if (o.begin < o.end)
        emit(WindowRun{row * x.out + o.begin, in * x.in + o.begin * x.stride - x.pad_begin + j * x.dilation,
                       o.end - o.begin, x.stride, kernel * x.kernel + j});
    }
  } while (Advance(&k, from, to));
}

template <class F>
void ForEachRun(const Window& w, F emit) {
  const int outer = w.rank - 1;
  const Dims zero = Dims::Filled(outer, 0);
  Dims rows;
  for (int i = 0; i < outer; ++i) rows.push_back(w.axes[i].out);
  if (rows.elements() == 0) return;
  Dims at = zero;
  int64_t row = 0;
  do RunsOfRow(w, at, row++, emit);
  while (Advance(&at, zero, rows));
}

}  // namespace

Result<std::span<const WindowRun>> WindowRuns(const KernelCall& c, const Window& window) {
  const Window w = Collapse(window);
  int64_t count = 0;
  ForEachRun(w, [&](const WindowRun&) { ++count; });
  HASTEN_ASSIGN(const auto runs, c.Scratch<WindowRun>(count));
  count = 0;
  ForEachRun(w, [&](const WindowRun& r) { runs[static_cast<size_t>(count++)] = r; });
  return std::span<const WindowRun>(runs);
}

}  // namespace hasten
