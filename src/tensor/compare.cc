#include "tensor/compare.h"

namespace hasten {
namespace {

std::string Place(const Tensor& t, int64_t i) {
  const Dims strides = StridesOf(t.dims);
  Dims at = t.dims;
  for (int d = 0; d < t.dims.rank(); ++d) at[d] = i / strides[d] % t.dims[d];
  return at.Text();
}

void Structure(Difference* d, std::string what) {
  d->equal = false;
  if (d->what.empty()) d->what = std::move(what);
}

void Furthest(Difference* d, const Tensor& t, int64_t i, double error) {
  if (error <= d->max_absolute) return;
  d->max_absolute = error;
  d->worst = Place(t, i);
}

template <class T>
void Outside(Difference* d, const Tensor& t, int64_t i, const T& actual, const T& expected) {
  d->equal = false;
  ++d->outside;
  if (d->what.empty()) d->what = Str("element ", Place(t, i), ": must be ", expected, ", is ", actual);
}

void CompareReal(Difference* d, const Tensor& t, int64_t i, double a, double e, const Tolerance& tolerance) {
  if (std::isnan(e) || std::isnan(a)) {
    if (std::isnan(e) != std::isnan(a)) Outside(d, t, i, a, e);
    return;
  }
  if (a == e) {
    if (std::isfinite(e)) d->max_expected = std::max(d->max_expected, std::abs(e));
    return;
  }
  if (!std::isfinite(a) || !std::isfinite(e)) return Outside(d, t, i, a, e);
  const double error = std::abs(a - e);
  d->max_expected = std::max(d->max_expected, std::abs(e));
  Furthest(d, t, i, error);
  if (e != 0) d->max_relative = std::max(d->max_relative, error / std::abs(e));
  if (error > tolerance.absolute + tolerance.relative * std::abs(e)) Outside(d, t, i, a, e);
}

void CompareElement(Difference* d, const Tensor& a, const Tensor& e, int64_t i, const Tolerance& tolerance) {
  switch (LaneOf(e.dtype)) {
    case Lane::kDouble:
      return CompareReal(d, e, i, a.Double(i), e.Double(i), tolerance);
    case Lane::kComplex: {
      CompareReal(d, e, i, a.Complex(i).real(), e.Complex(i).real(), tolerance);
      return CompareReal(d, e, i, a.Complex(i).imag(), e.Complex(i).imag(), tolerance);
    }
    case Lane::kString:
      if (a.string(i) != e.string(i)) Outside(d, e, i, Quote(a.string(i)), Quote(e.string(i)));
      return;
    default:
      if (a.Int(i) != e.Int(i)) {
        Furthest(d, e, i, std::abs(a.Double(i) - e.Double(i)));
        Outside(d, e, i, a.Int(i), e.Int(i));
      }
      d->max_expected = std::max(d->max_expected, std::abs(e.Double(i)));
  }
}

void CompareTensors(Difference* d, const Tensor& a, const Tensor& e, const Tolerance& tolerance) {
  if (a.dtype != e.dtype || !(a.dims == e.dims)) return Structure(d, Str("must be ", e, ", is ", a));
  d->elements += e.elements();
  for (int64_t i = 0; i < e.elements(); ++i) CompareElement(d, a, e, i, tolerance);
}

std::string_view KindName(const Value& v) {
  constexpr std::string_view kNames[] = {"nothing", "a tensor", "a sequence", "a map", "state"};
  return kNames[static_cast<int>(v.kind())];
}

void CompareInto(Difference* d, const Value& a, const Value& e, const Tolerance& tolerance) {
  if (a.kind() != e.kind()) return Structure(d, Str("must be ", KindName(e), ", is ", KindName(a)));
  if (e.is_tensor()) return CompareTensors(d, a.tensor(), e.tensor(), tolerance);
  if (e.kind() == Value::Kind::kMap) {
    CompareTensors(d, a.map().keys, e.map().keys, tolerance);
    return CompareTensors(d, a.map().values, e.map().values, tolerance);
  }
  if (e.kind() != Value::Kind::kSequence) return;
  if (a.elements().size() != e.elements().size())
    return Structure(d, Str("must be a sequence of ", e.elements().size(), ", is one of ", a.elements().size()));
  for (size_t i = 0; i < e.elements().size(); ++i) {
    const bool told = !d->what.empty();
    const double before = d->max_absolute;
    CompareInto(d, a.elements()[i], e.elements()[i], tolerance);
    if (!told && !d->what.empty()) d->what = Str("in element ", i, " of the sequence: ", d->what);
    if (d->max_absolute > before) d->worst = Str(i, ": ", d->worst);
  }
}

}  // namespace

Difference Compare(const Value& actual, const Value& expected, const Tolerance& tolerance) {
  Difference d;
  CompareInto(&d, actual, expected, tolerance);
  return d;
}

}  // namespace hasten
