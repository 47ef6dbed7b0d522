// Linear and cubic Resize: each row of the output is a weighted sum of rows of the input, then of shifts along the row.
#include "kernels/cpu/resample_row.h"
#include "kernels/cpu/strided_copy.h"
#include "ops/resize.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) {
  const auto& a = call.attrs<ResizeAttrs>();
  return !a.antialias && (a.mode == "linear" || a.mode == "cubic") && call.in[0].dtype == DType::kF32 &&
         call.in[0].shape.ranked() && call.in[0].shape.rank() >= 1 &&
         a.coordinate_transformation_mode != "tf_crop_and_resize";
}

constexpr int64_t kMostTaps = 4;

// Entries and weights of every output entry of an axis; n is 0 where the axis stays.
struct AxisTaps {
  int64_t n = 0;
  const int64_t* entries = nullptr;
  const float* weights = nullptr;
};

// The workspace: how many taps each axis has, then entries and weights, in the order of the logical axes.
struct Tables {
  int64_t* counts;
  int64_t* entries;
  float* weights;
  explicit Tables(const KernelCall& c) {
    const Dims& y = c.output(0).dims;
    counts = reinterpret_cast<int64_t*>(c.workspace);
    entries = counts + y.rank();
    weights = reinterpret_cast<float*>(entries + kMostTaps * Sum(y));
  }
  static int64_t Sum(const Dims& d) { return std::accumulate(d.begin(), d.end(), int64_t{0}); }
};

Status Bind(const BoundShapes& s, Binding* binding) {
  HASTEN_TRY(BindByBytes(s, binding));
  binding->phases.insert(binding->phases.begin(), 1);
  const Dims y = *s.out[0].shape.Concrete();
  if (y.elements() > 0)
    binding->workspace_bytes = static_cast<size_t>(8 * y.rank() + (8 + 4) * kMostTaps * Tables::Sum(y));
  return {};
}

Status MakeTables(const KernelCall& c) {
  const auto& a = c.attrs<ResizeAttrs>();
  const Dims& y = c.output(0).dims;
  HASTEN_ASSIGN(const ResizeAxes axes, ResizeAxesOf(c, a, y));
  const Resampling r = ResamplingOf(a);
  Tables t(c);
  for (size_t i = 0; i < y.size(); ++i) {
    t.counts[i] = 0;
    if (!axes[i].identity) {
      HASTEN_ASSIGN(const Taps taps, TapsOf(c, r, axes[i]));
      t.counts[i] = taps.n;
      for (size_t k = 0; k < taps.weights.size(); ++k) {
        t.entries[k] = taps.entries[k];
        t.weights[k] = static_cast<float>(taps.weights[k]);
      }
    }
    t.entries += kMostTaps * y[i];
    t.weights += kMostTaps * y[i];
  }
  return {};
}

// The axes in the order of memory; those behind the last that changes are one element.
struct Resizing {
  std::array<AxisTaps, Dims::kMaxRank> taps;
  Dims from, to;
  int rank = 1;
  int64_t element = 1;
};

Resizing ResizingOf(const KernelCall& c) {
  const Dims &x = c.input(0).dims, &y = c.output(0).dims;
  Resizing s;
  s.from = PhysicalDims(x, c.layout);
  s.to = PhysicalDims(y, c.layout);
  Tables t(c);
  for (int i = 0; i < y.rank(); ++i) {
    const int at = PhysicalAxis(i, y.rank(), c.layout);
    s.taps[static_cast<size_t>(at)] = {t.counts[i], t.entries, t.weights};
    if (t.counts[i] > 0) s.rank = std::max(s.rank, at + 1);
    t.entries += kMostTaps * y[static_cast<size_t>(i)];
    t.weights += kMostTaps * y[static_cast<size_t>(i)];
  }
  s.element = s.to.Product(s.rank, s.to.rank());
  return s;
}

// The rows of x that make up output row `row`, of all axes but the last, with their weights.
int64_t RowsUnder(const Resizing& s, int64_t row, const float* x, const float** rows, float* weights) {
  int64_t count = 1, step = s.from[static_cast<size_t>(s.rank - 1)] * s.element;
  rows[0] = x;
  weights[0] = 1;
  for (int i = s.rank - 2; i >= 0; --i) {
    const auto a = static_cast<size_t>(i);
    const int64_t at = row % s.to[a];
    row /= s.to[a];
    const AxisTaps& taps = s.taps[a];
    if (taps.n == 0) {
      for (int64_t k = 0; k < count; ++k) rows[k] += at * step;
    } else {
      const int64_t before = count;
      for (int64_t t = taps.n - 1; t >= 0; --t) {
        const int64_t tap = at * taps.n + t;
        for (int64_t k = 0; k < before; ++k) {
          rows[t * before + k] = rows[k] + taps.entries[tap] * step;
          weights[t * before + k] = weights[k] * taps.weights[tap];
        }
      }
      count *= taps.n;
    }
    step *= s.from[a];
  }
  int64_t kept = 0;
  for (int64_t k = 0; k < count; ++k) {
    if (weights[k] == 0) continue;
    rows[kept] = rows[k];
    weights[kept++] = weights[k];
  }
  return kept;
}

Status Run(KernelCall& c) {
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  if (c.phase == 0) return MakeTables(c);
  const Resizing s = ResizingOf(c);
  const auto last = static_cast<size_t>(s.rank - 1);
  int64_t most = 1;
  for (int i = 0; i < s.rank - 1; ++i) most *= std::max<int64_t>(1, s.taps[static_cast<size_t>(i)].n);
  HASTEN_ASSIGN(const auto rows, c.Scratch<const float*>(most));
  HASTEN_ASSIGN(const auto weights, c.Scratch<float>(most));
  const int64_t in = s.from[last] * s.element, out = s.to[last] * s.element, n = s.to.Product(0, s.rank - 1);
  HASTEN_ASSIGN(const auto line, c.Scratch<float>(in));
  const AxisTaps& taps = s.taps[last];
  for (int64_t row = n * c.chunk / c.chunks; row < n * (c.chunk + 1) / c.chunks; ++row) {
    const int64_t count = RowsUnder(s, row, c.input(0).as<float>(), rows.data(), weights.data());
    float* to = y.as<float>() + row * out;
    const bool one = count == 1 && weights[0] == 1;
    const float* from = one ? rows[0] : taps.n == 0 ? to : line.data();
    if (!one) SumRows(rows.data(), weights.data(), count, in, taps.n == 0 ? to : line.data());
    if (taps.n > 0)
      SumShifts(from, taps.entries, taps.weights, taps.n, s.to[last], s.element, to);
    else if (one)
      std::copy(from, from + in, to);
  }
  return {};
}

constexpr std::string_view kOps[] = {"Resize"};

}  // namespace

extern const Tactic kResizeTaps = {
    .name = "resize_taps",
    .ops = kOps,
    .supports = Supports,
    .bound = 16,
    .numerics = Numerics::kReassociated,
    .layouts = Layouts::kEither,
    .speed = 4,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
