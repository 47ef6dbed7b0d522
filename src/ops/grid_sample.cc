#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct GridSampleAttrs {
  std::string mode = "linear", padding_mode = "zeros";
  bool align_corners = false;
};
constexpr AttrField kFields[] = {Field<&GridSampleAttrs::mode>("mode"),
                                 Field<&GridSampleAttrs::padding_mode>("padding_mode"),
                                 Field<&GridSampleAttrs::align_corners>("align_corners")};

constexpr int kMaxSpatial = 5;

Status Infer(InferCall& c) {
  const auto& a = c.attrs<GridSampleAttrs>();
  HASTEN_REQUIRE(a.mode == "linear" || a.mode == "nearest" || a.mode == "cubic",
                 "mode must be linear, nearest or cubic, is ", Quote(a.mode));
  HASTEN_REQUIRE(a.padding_mode == "zeros" || a.padding_mode == "border" || a.padding_mode == "reflection",
                 "padding_mode must be zeros, border or reflection, is ", Quote(a.padding_mode));
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_REQUIRE(c.dtype(1) == DType::kNone || IsFloat(c.dtype(1)), "grid must be floats, is ", c.type(1));
  const Shape &x = c.shape(0), &grid = c.shape(1);
  const int rank = x.ranked() ? x.rank() : grid.ranked() ? grid.rank() : -1;
  if (rank < 0) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  HASTEN_REQUIRE(rank >= 3, "input must have rank 3 at least, has ", rank);
  HASTEN_TRY(c.RequireRank(1, rank));
  HASTEN_TRY(c.RequireDims(1, rank - 1, rank - 2, "a coordinate for each spatial axis"));
  Shape y = Shape::Fresh(rank);
  if (grid.ranked()) {
    y[0] = grid[0];
    for (int i = 2; i < rank; ++i) y[i] = grid[i - 1];
  }
  if (x.ranked()) {
    HASTEN_ASSIGN(y[0], SameDim(y[0], x[0], "batch"));
    y[1] = x[1];
    for (int i = 2; i < rank; ++i) HASTEN_REQUIRE(!x[i].is(0), "spatial axes must have entries, shape is ", x);
  }
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

// One spatial axis; `low` and `high` are its borders for reflection.
struct Axis {
  int64_t size, stride;
  double low, high;
};

double Reflect(double x, const Axis& axis) {
  const double span = axis.high - axis.low;
  if (span <= 0) return axis.low;
  const double from = std::abs(x - axis.low), turns = std::floor(from / span), rest = from - turns * span;
  return std::fmod(turns, 2) == 0 ? axis.low + rest : axis.high - rest;
}

// The place on an axis that a coordinate in [-1, 1] means.  Mode nearest decides in the grid's own precision.
double PlaceOf(double coordinate, const GridSampleAttrs& a, const Axis& axis, bool narrow) {
  const auto round = [narrow](double v) { return narrow ? static_cast<double>(static_cast<float>(v)) : v; };
  const auto n = static_cast<double>(axis.size);
  const double moved = round(coordinate + 1);
  double x = a.align_corners ? round(moved / 2 * (n - 1)) : round(round(round(moved * n) - 1) / 2);
  x = std::isnan(x) ? -1 : std::clamp(x, -1e15, 1e15);
  if (a.mode == "nearest") x = std::nearbyint(x);
  if (x >= axis.low && x <= axis.high) return x;
  if (a.padding_mode == "border") return std::clamp(x, 0.0, n - 1);
  return a.padding_mode == "reflection" ? Reflect(x, axis) : x;
}

// The entry read for an index, or -1 for one that reads as zero.
int64_t EntryOf(double index, const GridSampleAttrs& a, const Axis& axis) {
  const auto last = static_cast<double>(axis.size - 1);
  if (index < 0 || index > last) {
    if (a.padding_mode == "zeros") return -1;
    index = std::clamp(a.padding_mode == "reflection" ? std::trunc(Reflect(index, axis)) : index, 0.0, last);
  }
  return static_cast<int64_t>(index);
}

double Keys(double x) {
  constexpr double kA = -0.75;
  x = std::abs(x);
  if (x <= 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  return x < 2 ? ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA : 0;
}

// What one output element is a sum of: offsets into a channel's plane, and weights.
struct Neighbours {
  static constexpr size_t kMost = 1024;  // 4 along each of kMaxSpatial axes
  std::array<int64_t, kMost> offsets;
  std::array<double, kMost> weights;
  size_t count = 0;

  void Start() {
    count = 1;
    offsets[0] = 0;
    weights[0] = 1;
  }
  // Every neighbour so far, at each of the entries along one more axis.
  void Cross(const GridSampleAttrs& a, const Axis& axis, double place) {
    const double floor = std::floor(place);
    const int first = a.mode == "cubic" ? -1 : 0, taps = a.mode == "nearest" ? 1 : a.mode == "linear" ? 2 : 4;
    std::array<int64_t, 4> entries;
    std::array<double, 4> factors;
    size_t kept = 0;
    for (int t = first; t < first + taps; ++t) {
      const double factor = a.mode == "nearest"  ? 1
                            : a.mode == "linear" ? 1 - std::abs(place - floor - t)
                                                 : Keys(place - floor - t);
      const int64_t entry = EntryOf(floor + t, a, axis);
      if (entry < 0 || factor == 0) continue;
      entries[kept] = entry;
      factors[kept++] = factor;
    }
    // Backwards, so that what is there is overwritten last.
    for (size_t k = kept; k-- > 0;) {
      for (size_t i = 0; i < count; ++i) {
        offsets[k * count + i] = offsets[i] + entries[k] * axis.stride;
        weights[k * count + i] = weights[i] * factors[k];
      }
    }
    count *= kept;
  }
};

struct Sampler {
  const GridSampleAttrs& a;
  std::array<Axis, kMaxSpatial> axes;
  int spatial;
  bool narrow;

  void Find(std::span<const double> coordinates, Neighbours* found) const {
    found->Start();
    for (int i = spatial - 1; i >= 0 && found->count > 0; --i) {  // coordinates begin with the innermost axis
      const Axis& axis = axes[static_cast<size_t>(i)];
      found->Cross(a, axis, PlaceOf(coordinates[static_cast<size_t>(spatial - 1 - i)], a, axis, narrow));
    }
  }
};

Sampler SamplerOf(const KernelCall& c) {
  const auto& a = c.attrs<GridSampleAttrs>();
  const Dims &x = c.input(0).dims, strides = StridesOf(x);
  Sampler s{a, {}, x.rank() - 2, a.mode == "nearest" && c.input(1).dtype != DType::kF64};
  for (size_t i = 0; i < static_cast<size_t>(s.spatial); ++i) {
    const auto n = static_cast<double>(x[i + 2]);
    s.axes[i] = {x[i + 2], strides[i + 2], a.align_corners ? 0 : -0.5, a.align_corners ? n - 1 : n - 0.5};
  }
  return s;
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const Tensor& x = c.input(0);
  if (x.dims.rank() - 2 > kMaxSpatial)
    return Status(Code::kUnsupported, Str("has a reference for at most ", kMaxSpatial, " spatial axes, input is ", x));
  const Sampler sampler = SamplerOf(c);
  const bool nearest = sampler.a.mode == "nearest";
  FillZero(y);
  std::span<double> elements;
  if (!nearest) {
    if (LaneOf(x.dtype) == Lane::kComplex || x.dtype == DType::kString)
      return Status(Code::kUnsupported, Str("mode ", sampler.a.mode, " has no reference for ", Name(x.dtype)));
    HASTEN_ASSIGN(elements, c.Doubles(0));
  }
  HASTEN_ASSIGN(const auto grid, c.Doubles(1));
  HASTEN_ASSIGN(const auto scratch, c.Scratch<Neighbours>(1));
  Neighbours& found = scratch[0];
  const int rank = x.dims.rank();
  const int64_t channels = x.dims[1], plane = x.dims.Product(2, rank), points = y->dims.Product(2, rank);
  const auto spatial = static_cast<size_t>(rank - 2);
  for (int64_t p = 0; p < x.dims[0] * points; ++p) {
    if (p % 1024 == 0 && c.stopped()) return Status(Code::kCancelled, "stopped");
    sampler.Find(grid.subspan(static_cast<size_t>(p) * spatial, spatial), &found);
    for (int64_t ch = 0; ch < channels && found.count > 0; ++ch) {
      const int64_t row = p / points * channels + ch, from = row * plane, to = row * points + p % points;
      if (nearest) {
        CopyElements(x, from + found.offsets[0], y, to, 1);
        continue;
      }
      double sum = 0;
      for (size_t i = 0; i < found.count; ++i)
        sum += found.weights[i] * elements[static_cast<size_t>(from + found.offsets[i])];
      y->SetDouble(to, sum);
    }
  }
  return {};
}

// Opset 20 renamed the modes.
Status Rename(OnnxNode& n, std::string_view from, std::string_view to) {
  const std::string* mode = n.Get<std::string>("mode");
  if (mode && *mode == from) n.Set("mode", std::string(to));
  return {};
}
Status UpFrom16(OnnxNode& n) {
  HASTEN_TRY(Rename(n, "bilinear", "linear"));
  return Rename(n, "bicubic", "cubic");
}
Status DownTo16(OnnxNode& n) {
  const Shape& x = n.TypeOf(0).shape;
  if (x.ranked() && x.rank() != 4)
    return Status(Code::kUnsupported, Str("GridSample of rank ", x.rank(), " needs opset 20, is written at ", n.opset));
  HASTEN_TRY(Rename(n, "linear", "bilinear"));
  return Rename(n, "cubic", "bicubic");
}

constexpr OnnxVersion kVersions[] = {{16, UpFrom16, DownTo16}, {20}, {22}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5, 7}}, grid{DType::kF32, {2, 3, 4, 2}, -1.5, 1.5};
  std::vector<Sample> out = {
      {"3-D", {{DType::kF32, {1, 2, 3, 4, 5}}, {DType::kF32, {1, 2, 3, 2, 3}, -1.2, 1.2}}},
      {"1-D", {{DType::kF32, {1, 2, 7}}, {DType::kF32, {1, 5, 1}, -1.2, 1.2}}},
      {"one pixel, aligned",
       {{DType::kF32, {1, 1, 1, 1}}, {DType::kF32, {1, 2, 2, 2}, -2, 2}},
       {{"align_corners", int64_t{1}}, {"padding_mode", std::string("reflection")}}},
      {"far outside", {x, {DType::kF32, {2, 2, 2, 2}, -1e30, 1e30}}, {{"padding_mode", std::string("reflection")}}},
      {"i32", {{DType::kI32, {1, 1, 3, 3}, -9, 9}, {DType::kF32, {1, 2, 2, 2}}}},
      {"no points", {x, {DType::kF32, {2, 0, 4, 2}}}},
      {"f16", {{DType::kF16, {1, 2, 3, 3}}, {DType::kF16, {1, 2, 2, 2}}}}};
  for (const char* mode : {"linear", "nearest", "cubic"})
    for (const char* padding : {"zeros", "border", "reflection"})
      for (int64_t align : {0, 1})
        out.push_back(
            {"mode and padding",
             {x, grid},
             {{"mode", std::string(mode)}, {"padding_mode", std::string(padding)}, {"align_corners", align}}});
  return out;
}

}  // namespace

extern const OpDef kGridSample = {
    .name = "GridSample",
    .doc =
        "y[n, c, o..] = x[n, c] at the place grid[n, o.., :] names, innermost axis first, -1 to 1 being the edges "
        "of x (with align_corners: the middles of its outermost elements): nearest, or interpolated linearly or "
        "cubically. Outside, x is zero, its nearest element, or mirrored. x: [N, C, d1..dr]; grid: float [N, "
        "o1..or, r]; y: [N, C, o1..or]. Spatial transformer networks (https://arxiv.org/abs/1506.02025).",
    .attrs = SchemaOf<GridSampleAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "GridSample", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
