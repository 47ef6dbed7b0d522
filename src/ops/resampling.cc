#include "ops/resampling.h"

namespace hasten {

std::optional<double> SourcePlace(const Resampling& r, const ResampledAxis& a, int64_t i) {
  const auto x = static_cast<double>(i), last = static_cast<double>(a.in - 1);
  if (r.transform == "asymmetric") return x / a.scale;
  if (r.transform == "align_corners") return a.width == 1 ? 0 : x * last / (a.width - 1);
  if (r.transform == "pytorch_half_pixel") return a.width > 1 ? (x + 0.5) / a.scale - 0.5 : 0;
  if (r.transform == "tf_half_pixel_for_nn") return (x + 0.5) / a.scale;
  if (r.transform == "half_pixel_symmetric") {
    const double offset = static_cast<double>(a.in) / 2 * (1 - static_cast<double>(a.out) / a.width);
    return offset + (x + 0.5) / a.scale - 0.5;
  }
  if (r.transform == "tf_crop_and_resize") {
    const double span = (a.roi_end - a.roi_start) * last;
    const double place = a.roi_start * last + (a.width == 1 ? span / 2 : x * span / (a.width - 1));
    return place >= 0 && place <= last ? std::optional(place) : std::nullopt;
  }
  return (x + 0.5) / a.scale - 0.5;
}

int64_t NearestEntry(const Resampling& r, const ResampledAxis& a, double place) {
  const double floor = std::floor(place), part = place - floor;
  bool up = false;
  if (r.rounding == "round_prefer_floor")
    up = part > 0.5;
  else if (r.rounding == "round_prefer_ceil")
    up = part >= 0.5;
  else if (r.rounding == "ceil")
    up = part > 0;
  return static_cast<int64_t>(std::clamp(floor + (up ? 1 : 0), 0.0, static_cast<double>(a.in - 1)));
}

namespace {

// Keys' kernel with parameter a (https://ieeexplore.ieee.org/document/1163711, equation 4), and the triangle.
double Cubic(double a, double x) {
  x = std::abs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}
double Triangle(double x) { return std::max(1 - std::abs(x), 0.0); }

// Weights of the n entries from `first` on (relative to the floor of a place) for a place `part` behind that floor.
void FillTaps(const Resampling& r, const ResampledAxis& a, double place, double stretch, int64_t first,
              int64_t* entries, double* weights, int64_t n) {
  const double floor = std::floor(place), last = static_cast<double>(a.in - 1);
  double sum = 0;
  for (int64_t t = 0; t < n; ++t) {
    const double entry = floor + static_cast<double>(first + t), x = (entry - place) * stretch;
    weights[t] = r.mode == "cubic" ? Cubic(r.cubic_a, x) : Triangle(x);
    if (r.exclude_outside && (entry < 0 || entry > last)) weights[t] = 0;
    entries[t] = static_cast<int64_t>(std::clamp(entry, 0.0, last));
    sum += weights[t];
  }
  if ((r.antialias || r.exclude_outside) && sum != 0)
    for (int64_t t = 0; t < n; ++t) weights[t] /= sum;
}

}  // namespace

Result<Taps> TapsOf(const KernelCall& c, const Resampling& r, const ResampledAxis& a) {
  const double reach = r.mode == "cubic" ? 2 : 1, stretch = r.antialias ? std::min(a.scale, 1.0) : 1;
  const auto first = static_cast<int64_t>(std::floor(-reach / stretch)) + 1;
  Taps taps;
  taps.n = 2 - 2 * first;
  HASTEN_ASSIGN(const int64_t count, CheckedElements(Dims{a.out, taps.n, int64_t{sizeof(double)}}));
  HASTEN_ASSIGN(taps.entries, c.Scratch<int64_t>(count / int64_t{sizeof(double)}));
  HASTEN_ASSIGN(taps.weights, c.Scratch<double>(count / int64_t{sizeof(double)}));
  HASTEN_ASSIGN(taps.outside, c.Scratch<bool>(a.out));
  for (int64_t i = 0; i < a.out; ++i) {
    const auto place = SourcePlace(r, a, i);
    taps.outside[static_cast<size_t>(i)] = !place;
    FillTaps(r, a, place.value_or(0), stretch, first, taps.entries.data() + i * taps.n,
             taps.weights.data() + i * taps.n, taps.n);
  }
  return taps;
}

namespace {

// Every element whose index along `axis` is `i` becomes v.
void SetEntry(Tensor* y, int axis, int64_t i, double v) {
  const int64_t n = y->dims[static_cast<size_t>(axis)], inner = y->dims.Product(axis + 1, y->dims.rank());
  for (int64_t o = 0; o < y->dims.Product(0, axis); ++o)
    for (int64_t j = 0; j < inner; ++j) y->SetDouble((o * n + i) * inner + j, v);
}

Status ResampleNearest(const KernelCall& c, const Resampling& r, std::span<const ResampledAxis> axes, Tensor* y) {
  const Dims strides = StridesOf(c.input(0).dims);
  std::array<std::span<const int64_t>, Dims::kMaxRank> tables;
  for (size_t a = 0; a < axes.size(); ++a) {
    HASTEN_ASSIGN(const auto table, c.Scratch<int64_t>(axes[a].out));
    for (int64_t i = 0; i < axes[a].out; ++i) {
      const double place = axes[a].identity ? static_cast<double>(i) : SourcePlace(r, axes[a], i).value_or(0);
      table[static_cast<size_t>(i)] = (axes[a].identity ? i : NearestEntry(r, axes[a], place)) * strides[a];
    }
    tables[a] = table;
  }
  CopyByTables(c.input(0), tables, y);
  if (r.transform != "tf_crop_and_resize") return {};
  for (size_t a = 0; a < axes.size(); ++a)
    for (int64_t i = 0; i < axes[a].out && !axes[a].identity; ++i)
      if (!SourcePlace(r, axes[a], i)) SetEntry(y, static_cast<int>(a), i, r.extrapolation);
  return {};
}

// One axis: x [outer, in, inner] to y [outer, out, inner].
void Interpolate(const Resampling& r, const Taps& taps, const double* x, int64_t outer, const ResampledAxis& a,
                 int64_t inner, double* y) {
  for (int64_t o = 0; o < outer; ++o, x += a.in * inner) {
    for (int64_t i = 0; i < a.out; ++i, y += inner) {
      const bool outside = taps.outside[static_cast<size_t>(i)];
      std::fill_n(y, inner, outside ? r.extrapolation : 0.0);
      for (int64_t t = i * taps.n; !outside && t < (i + 1) * taps.n; ++t) {
        const double w = taps.weights[static_cast<size_t>(t)];
        if (w == 0) continue;
        const double* row = x + taps.entries[static_cast<size_t>(t)] * inner;
        for (int64_t j = 0; j < inner; ++j) y[j] += w * row[j];
      }
    }
  }
}

}  // namespace

Status Resample(const KernelCall& c, const Resampling& r, std::span<const ResampledAxis> axes, Tensor* y) {
  if (y->elements() == 0) return {};
  if (r.mode == "nearest") return ResampleNearest(c, r, axes, y);
  const Lane lane = LaneOf(y->dtype);
  if (lane != Lane::kDouble && lane != Lane::kInt64 && lane != Lane::kUint64)
    return Status(Code::kUnsupported, Str("mode ", r.mode, " has no reference for ", Name(y->dtype)));
  HASTEN_ASSIGN(std::span<double> x, c.Doubles(0));
  Dims dims = c.input(0).dims;
  for (size_t a = 0; a < axes.size(); ++a) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    if (axes[a].identity) continue;
    const int64_t outer = dims.Product(0, static_cast<int>(a)),
                  inner = dims.Product(static_cast<int>(a) + 1, dims.rank());
    HASTEN_ASSIGN(const Taps taps, TapsOf(c, r, axes[a]));
    HASTEN_ASSIGN(const int64_t count, CheckedElements(Dims{outer, axes[a].out, inner}));
    HASTEN_ASSIGN(const auto resampled, c.Scratch<double>(count));
    Interpolate(r, taps, x.data(), outer, axes[a], inner, resampled.data());
    dims[a] = axes[a].out;
    x = resampled;
  }
  if (IsInteger(y->dtype)) {
    const auto low = static_cast<double>(IntMin(y->dtype)), most = static_cast<double>(IntMax(y->dtype));
    const double high = Bits(y->dtype) == 64 ? std::nextafter(most, 0.0) : most;  // 2^64 - 1 is no double
    for (double& v : x) v = std::clamp(std::nearbyint(v), low, high);
  }
  WriteDoubles(y, 0, x);
  return {};
}

Result<Dim> ScaledLength(const Dim& in, double scale) {
  HASTEN_REQUIRE(scale > 0 && std::isfinite(scale), "scales must be positive, one is ", scale);
  if (in.is_const()) {
    const float length = std::floor(static_cast<float>(in.value()) * static_cast<float>(scale));
    HASTEN_REQUIRE(length < 0x1p60F, "a dim of ", in, " scaled by ", scale, " is too large");
    return Dim(static_cast<int64_t>(length));
  }
  constexpr double kLimit = 1 << 20;
  if (scale == std::floor(scale) && scale < kLimit) return in * Dim(static_cast<int64_t>(scale));
  int exponent = 0;
  if (scale < 1 && std::frexp(scale, &exponent) == 0.5 && exponent > -20)
    return FloorDiv(in, int64_t{1} << (1 - exponent));
  return Dim::Fresh();
}

}  // namespace hasten
