#include "ops/reduction.h"

#include "ops/elementwise.h"
#include "ops/movement.h"

namespace hasten {
namespace {

// One bit per axis.
using AxisSet = uint32_t;

Result<AxisSet> AxesOf(std::span<const int64_t> axes, int rank, bool noop) {
  if (axes.empty()) return noop ? AxisSet{0} : (AxisSet{1} << rank) - 1;
  AxisSet set = 0;
  for (int64_t v : axes) {
    HASTEN_ASSIGN(const int axis, NormalizeAxis(v, rank));
    set |= AxisSet{1} << axis;
  }
  return set;
}

bool Contains(AxisSet set, int axis) { return (set >> axis & 1) != 0; }

// The axes are not known, perhaps their number is.
Shape UnknownAxes(const InferCall& c, const Shape& x, bool keepdims) {
  if (keepdims) return Shape::Fresh(x.rank());
  const Shape& axes = c.shape(1);
  if (!axes.ranked() || axes.rank() != 1 || !axes[0].is_const()) return Shape::Unknown();
  const int64_t count = axes[0].value();
  return count > 0 && count <= x.rank() ? Shape::Fresh(static_cast<int>(x.rank() - count)) : Shape::Unknown();
}

}  // namespace

Status InferReduction(InferCall& c) {
  const auto& a = c.attrs<ReduceAttrs>();
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_TRY(RequireIndices(c, 1));
  const Shape& x = c.shape(0);
  if (!x.ranked() || x.rank() > Dims::kMaxRank) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  const auto axes = c.has(1) ? c.ConstInts(1) : std::vector<int64_t>();
  if (!axes) {
    c.Out(0, c.dtype(0), UnknownAxes(c, x, a.keepdims));
    return {};
  }
  HASTEN_ASSIGN(const AxisSet set, AxesOf(*axes, x.rank(), a.noop_with_empty_axes));
  std::vector<Dim> y;
  for (int i = 0; i < x.rank(); ++i) {
    if (!Contains(set, i))
      y.push_back(x[i]);
    else if (a.keepdims)
      y.push_back(1);
  }
  c.Out(0, c.dtype(0), Shape(std::move(y)));
  return {};
}

void PropagateReduction(InferCall& c, Dim (*fold)(const Dim&, const Dim&), std::optional<Dim> empty) {
  const auto known = c.KnownOf(0);
  const auto dims = c.out[0].shape.Concrete();
  if (!known || !dims || dims->elements() != 1) return;
  std::optional<Dim> total;
  for (const Dim& d : known->elements) total = total ? fold(*total, d) : d;
  if (!total) total = empty;
  if (total) c.OutInts(0, {*dims, {*total}});
}

Result<Dims> KeptDims(const KernelCall& c) {
  Dims kept = c.input(0).dims;
  std::span<int64_t> axes;
  if (c.has(1)) {
    HASTEN_ASSIGN(axes, c.Ints(1));
  }
  HASTEN_ASSIGN(const AxisSet set, AxesOf(axes, kept.rank(), c.attrs<ReduceAttrs>().noop_with_empty_axes));
  for (int i = 0; i < kept.rank(); ++i)
    if (Contains(set, i)) kept[static_cast<size_t>(i)] = 1;
  return kept;
}

namespace {

// Rows of the last axis at a time: within one, either all elements meet one total or each meets its own.
template <class T, class F>
void Fold(std::span<const T> x, const Dims& dims, const Dims& kept, std::span<T> total, F fold) {
  if (x.empty()) return;
  if (dims.empty()) {
    total[0] = fold(total[0], x[0]);
    return;
  }
  Dims rows = dims, totals = kept;
  rows.back() = 1;
  const int64_t length = dims.back(), step = kept.back() == 1 ? 0 : 1;
  totals.back() = 1;
  // Offsets count rows; a row of totals is as long as what is kept of the last axis.
  BroadcastWalk at(totals, rows);
  const int64_t total_row = step == 0 ? 1 : length;
  for (int64_t row = 0; row < rows.elements(); ++row, at.Next()) {
    const T* from = x.data() + row * length;
    T* to = total.data() + at.offset() * total_row;
    if (step == 0) {
      T sum = *to;
      for (int64_t i = 0; i < length; ++i) sum = fold(sum, from[i]);
      *to = sum;
    } else {
      for (int64_t i = 0; i < length; ++i) to[i] = fold(to[i], from[i]);
    }
  }
}

double CountPerTotal(const Dims& dims, const Dims& kept) {
  double count = 1;
  for (int i = 0; i < dims.rank(); ++i)
    if (kept[static_cast<size_t>(i)] == 1) count *= static_cast<double>(dims[static_cast<size_t>(i)]);
  return count;
}

Status EvalReals(KernelCall& c, const Dims& kept, const RealFold& f) {
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto total, c.Scratch<double>(y.elements()));
  std::fill(total.begin(), total.end(), f.start);
  FoldInto(x, c.input(0).dims, kept, f.fold, total);
  const double count = CountPerTotal(c.input(0).dims, kept);
  if (f.finish)
    for (double& v : total) v = f.finish(v, count);
  WriteDoubles(&y, 0, total);
  return {};
}

Status EvalIntegers(KernelCall& c, const Dims& kept, const RealFold& reals, const IntegerFold& f) {
  Tensor& y = c.output(0);
  const bool natural = LaneOf(y.dtype) == Lane::kUint64;
  HASTEN_ASSIGN(const auto x, c.Ints(0));
  HASTEN_ASSIGN(const auto total, c.Scratch<int64_t>(y.elements()));
  std::fill(total.begin(), total.end(), f.start);
  const auto as_natural = [&](int64_t a, int64_t b) {
    return static_cast<int64_t>(f.natural(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
  };
  if (natural && f.natural)
    Fold<int64_t>(x, c.input(0).dims, kept, total, as_natural);
  else
    Fold<int64_t>(x, c.input(0).dims, kept, total, f.fold);
  if (!reals.finish) {
    WriteInts(&y, 0, total);
    return {};
  }
  const double count = CountPerTotal(c.input(0).dims, kept);
  for (int64_t i = 0; i < y.elements(); ++i) {
    const double v = natural ? static_cast<double>(static_cast<uint64_t>(total[i])) : static_cast<double>(total[i]);
    y.SetDouble(i, reals.finish(v, count));
  }
  return {};
}

}  // namespace

void FoldInto(std::span<const double> x, const Dims& dims, const Dims& kept, double (*fold)(double, double),
              std::span<double> total) {
  Fold<double>(x, dims, kept, total, fold);
}

Status EvalReduction(KernelCall& c, const RealFold& reals, const IntegerFold& integers) {
  HASTEN_ASSIGN(const Dims kept, KeptDims(c));
  if (c.output(0).elements() == 0) return {};
  const bool integer = LaneOf(c.output(0).dtype) != Lane::kDouble && integers.fold;
  return integer ? EvalIntegers(c, kept, reals, integers) : EvalReals(c, kept, reals);
}

double ReductionFlops(const CostCall& c) {
  const auto x = c.in[0].shape.Concrete();
  return x ? static_cast<double>(x->elements()) : 0;
}

Status AxesToAttribute(OnnxNode& n) {
  const Tensor* axes = n.ConstantOf(1);
  const bool none = !n.has(1) || (axes && axes->elements() == 0);
  if (none && n.Int("noop_with_empty_axes", 0) != 0)
    return Status(Code::kUnsupported, Str("a reduction over no axes has no form at opset ", n.opset));
  n.Drop("noop_with_empty_axes");
  if (none) {
    n.inputs.resize(1);
    return {};
  }
  return InputToAttrInts(n, "axes", 1);
}

std::vector<Sample> ReductionSamples(double low, double high) {
  const auto x = [&](DType t, Dims dims) { return SampleInput{t, dims, low, high}; };
  const auto axes = [](std::vector<double> v) {
    return SampleInput{DType::kI64, {static_cast<int64_t>(v.size())}, 0, 0, v};
  };
  const SampleInput image = x(DType::kF32, {2, 3, 5, 7});
  const NamedAttr squeeze{"keepdims", int64_t{0}}, noop{"noop_with_empty_axes", int64_t{1}};
  const SampleInput empty_axes{DType::kI64, {0}};
  return {{"all axes", {image}},
          {"last axis", {image, axes({-1})}},
          {"first axis", {image, axes({0})}},
          {"inner axes", {image, axes({1, 2})}},
          {"outer and inner, unsorted", {image, axes({3, 0})}, {squeeze}},
          {"all axes, squeezed", {image}, {squeeze}},
          {"empty axes are all", {image, empty_axes}},
          {"empty axes are none", {image, empty_axes}, {noop}},
          {"absent axes are none", {image}, {noop}},
          {"scalar", {x(DType::kF32, {})}},
          {"one element", {x(DType::kF32, {1, 1}), axes({1})}},
          {"long prime row", {x(DType::kF32, {3, 1009}), axes({1})}},
          {"axis of no elements", {x(DType::kF32, {2, 0, 3}), axes({1})}},
          {"no outputs", {x(DType::kF32, {0, 3}), axes({1})}},
          {"f16", {x(DType::kF16, {3, 5}), axes({1})}},
          {"bf16", {x(DType::kBF16, {3, 5}), axes({1})}},
          {"f64", {x(DType::kF64, {3, 5}), axes({0})}},
          {"i32", {x(DType::kI32, {3, 5}), axes({1})}},
          {"i64", {x(DType::kI64, {3, 5}), axes({0})}},
          {"u64", {SampleInput{DType::kU64, {3, 5}, std::max(0.0, low), high}, axes({0})}}};
}

}  // namespace hasten
