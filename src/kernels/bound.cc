#include "kernels/bound.h"

#include <cmath>
#include <limits>

namespace hasten {
namespace {

bool Integral(const Tensor& t) { return LaneOf(t.dtype) == Lane::kInt64 || LaneOf(t.dtype) == Lane::kUint64; }

// Integers are compared as integers: doubles do not hold them all.
bool Same(const Tensor& a, const Tensor& e, int64_t i) {
  if (Integral(e)) return a.Int(i) == e.Int(i);
  const auto part = [](double x, double y) { return std::isnan(y) ? std::isnan(x) : x == y; };
  const std::complex<double> x = a.Complex(i), y = e.Complex(i);
  return part(x.real(), y.real()) && part(x.imag(), y.imag());
}

}  // namespace

double EpsilonOf(DType t) {
  switch (t) {
    case DType::kF64:
    case DType::kC128: return 0x1p-52;
    case DType::kF32:
    case DType::kC64: return 0x1p-23;
    case DType::kF16: return 0x1p-10;
    case DType::kBF16: return 0x1p-7;
    default: return IsFloat(t) ? 0x1p-3 : 1;
  }
}

Distance DistanceOf(const Tensor& actual, const Tensor& expected) {
  double most = Integral(expected) ? 1 : 0;
  for (int64_t i = 0; i < expected.elements(); ++i)
    if (const double size = std::abs(expected.Complex(i)); std::isfinite(size)) most = std::max(most, size);
  if (most == 0) most = 1;
  Distance worst;
  for (int64_t i = 0; i < expected.elements(); ++i) {
    if (Same(actual, expected, i)) continue;
    double error = std::abs(actual.Complex(i) - expected.Complex(i));
    if (Integral(expected)) error = std::max(error, 1.0);
    double units = error / (most * EpsilonOf(expected.dtype));
    if (!std::isfinite(units)) units = std::numeric_limits<double>::infinity();
    if (units > worst.units || worst.element < 0) worst = {units, i};
  }
  return worst;
}

}  // namespace hasten
