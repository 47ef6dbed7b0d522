#include "ops/fourier.h"

namespace hasten::ops {
namespace {

struct DftAttrs {
  bool inverse = false, onesided = false;
};
constexpr AttrField kFields[] = {Field<&DftAttrs::inverse>("inverse"), Field<&DftAttrs::onesided>("onesided")};

enum Input { kSignal, kLength, kAxis };

// The last axis holds real and imaginary parts, and is not transformed.
Result<int> AxisOf(int64_t axis, int rank) {
  HASTEN_ASSIGN(const int a, NormalizeAxis(axis, rank));
  HASTEN_REQUIRE(a < rank - 1, "axis must not be the last one, is ", axis);
  return a;
}

// Entries of the transform of n along the axis, where the signal has `dim`.
Dim LengthOf(const DftAttrs& a, const Dim& dim) { return a.inverse && a.onesided ? (dim - 1) * 2 : dim; }

Status Infer(InferCall& c) {
  const auto& a = c.attrs<DftAttrs>();
  HASTEN_TRY(RequireTensors(c, 1));
  for (int i : {kLength, kAxis}) {
    HASTEN_TRY(RequireIndices(c, i));
    HASTEN_TRY(RequireOneElement(c, i));
  }
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || IsFloat(c.dtype(0)), "input must be floats, is ", c.type(0));
  const Shape& x = c.shape(0);
  if (!x.ranked()) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  const int rank = x.rank();
  HASTEN_REQUIRE(rank >= 2 && !(NeverEqual(x[rank - 1], 1) && NeverEqual(x[rank - 1], 2)),
                 "input must be [.., 1] (real) or [.., 2] (complex), has shape ", x);
  const auto axis = c.has(kAxis) ? KnownInt(c, kAxis) : std::optional<int64_t>(-2);
  Shape y = axis ? x : Shape::Fresh(rank);
  y[rank - 1] = a.inverse && a.onesided ? 1 : 2;
  if (axis) {
    HASTEN_ASSIGN(const int at, AxisOf(*axis, rank));
    Dim length = LengthOf(a, x[at]);
    if (c.has(kLength)) {
      const auto given = c.KnownOf(kLength);
      length = given && given->elements.size() == 1 ? given->elements[0] : Dim::Fresh();
    }
    HASTEN_REQUIRE(!length.is_const() || length.value() >= 1, "dft_length must be positive, is ", length);
    y[at] = a.onesided && !a.inverse ? FloorDiv(length, 2) + 1 : length;
  }
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

// Rows along an axis: element i of row (o, j) is at ((o * entries + i) * inner + j) * parts.
struct Rows {
  int64_t entries, inner, parts;
  size_t at(int64_t row, int64_t i) const {
    return static_cast<size_t>(((row / inner * entries + i) * inner + row % inner) * parts);
  }
};

// The full spectrum, of n entries, of a real signal given by its first n / 2 + 1; x has room.
void Mirror(std::span<std::complex<double>> x) {
  const size_t n = x.size();
  x[0] = x[0].real();
  if (n % 2 == 0) x[n / 2] = x[n / 2].real();
  for (size_t k = n / 2 + 1; k < n; ++k) x[k] = std::conj(x[n - k]);
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  if (y->elements() == 0) return {};
  const auto& a = c.attrs<DftAttrs>();
  const Dims& x = c.input(0).dims;
  HASTEN_ASSIGN(const int axis, AxisOf(c.has(kAxis) ? c.input(kAxis).Int(0) : -2, x.rank()));
  const auto at = static_cast<size_t>(axis);
  const int64_t inner = x.Product(axis + 1, x.rank() - 1),
                length = c.has(kLength) ? c.input(kLength).Int(0) : LengthOf(a, x[at]).value();
  const Rows from{x[at], inner, x.back()}, to{y->dims[at], inner, y->dims.back()};
  const bool mirrors = a.inverse && a.onesided;
  HASTEN_ASSIGN(const auto signal, c.Doubles(0));
  HASTEN_ASSIGN(const auto result, c.Scratch<double>(y->elements()));
  HASTEN_ASSIGN(const auto factors, TwiddleFactors(c, length));
  HASTEN_ASSIGN(const auto row, c.Scratch<std::complex<double>>(length));
  HASTEN_ASSIGN(const auto transformed, c.Scratch<std::complex<double>>(to.entries));
  const int64_t given = std::min(from.entries, mirrors ? length / 2 + 1 : length);
  for (int64_t r = 0; r < x.Product(0, axis) * inner; ++r) {
    std::fill(row.begin(), row.end(), 0);
    for (int64_t i = 0; i < given; ++i) {
      const double* v = &signal[from.at(r, i)];
      row[static_cast<size_t>(i)] = {v[0], from.parts == 2 ? v[1] : 0};
    }
    if (mirrors) Mirror(row);
    HASTEN_TRY(Transform(c, mirrors ? row : row.first(static_cast<size_t>(given)), factors, a.inverse, transformed));
    for (int64_t i = 0; i < to.entries; ++i) {
      double* v = &result[to.at(r, i)];
      v[0] = transformed[static_cast<size_t>(i)].real();
      if (to.parts == 2) v[1] = transformed[static_cast<size_t>(i)].imag();
    }
  }
  WriteDoubles(y, 0, result);
  return {};
}

double Flops(const CostCall& c) {
  const auto x = c.in[0].shape.Concrete(), y = c.out[0].shape.Concrete();
  if (!x || !y || y->elements() == 0) return 0;
  // The axis is the one whose length matters most, unless they say otherwise.
  const double n = static_cast<double>(*std::max_element(y->begin(), y->end()));
  return TransformFlops(static_cast<double>(y->elements()), n, 1);
}

// Before opset 20 the axis was an attribute, 1 by default.
Status UpFrom17(OnnxNode& n) {
  if (!n.Find("axis")) n.Set("axis", int64_t{1});
  return AttrIntToInput(n, "axis", 2);
}
Status DownTo17(OnnxNode& n) {
  if (!n.has(2)) n.Set("axis", int64_t{-2});
  return InputToAttrInt(n, "axis", 2);
}

constexpr OnnxVersion kVersions[] = {{17, UpFrom17, DownTo17}, {20}};

std::vector<Sample> Samples() {
  const SampleInput real{DType::kF32, {2, 3, 11, 1}}, complex{DType::kF32, {2, 5, 3, 2}}, none{DType::kNone, {}};
  const NamedAttr inverse{"inverse", int64_t{1}}, onesided{"onesided", int64_t{1}};
  return {{"real", {real}},
          {"complex, another axis", {complex, none, IntScalar(1)}},
          {"inverse", {complex, none, IntScalar(-3)}, {inverse}},
          {"onesided", {real}, {onesided}},
          {"onesided, even length", {{DType::kF32, {1, 8, 1}}}, {onesided}},
          {"onesided inverse", {{DType::kF32, {2, 5, 2}}}, {inverse, onesided}},
          {"onesided inverse, odd length", {{DType::kF32, {2, 5, 2}}, IntScalar(9)}, {inverse, onesided}},
          {"zeros appended", {complex, IntScalar(7), IntScalar(1)}},
          {"cut off", {real, IntScalar(4)}},
          {"one entry", {{DType::kF32, {3, 1, 2}}}},
          {"f64", {{DType::kF64, {1, 31, 1}}}},
          {"no rows", {{DType::kF32, {0, 4, 1}}}}};
}

}  // namespace

extern const OpDef kDft = {
    .name = "DFT",
    .doc =
        "y[k] = sum over i of x[i] exp(-2 pi j k i / n) along an axis (input 2, default -2), n being its length or "
        "input 1 (zeros follow, or the rest is cut off); inverse: exp(+..) / n. x: float [.., 1] (real) or [.., 2] "
        "(complex). y: [.., 2]; onesided only the first n / 2 + 1, and inverse from those back to a real signal "
        "[.., 1].",
    .attrs = SchemaOf<DftAttrs>(kFields),
    .arity = {1, 3},
    .onnx = {"", "DFT", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops
