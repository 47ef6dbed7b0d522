#include "ops/fourier.h"

namespace hasten {

Result<std::span<std::complex<double>>> TwiddleFactors(const KernelCall& c, int64_t n) {
  constexpr double kTau = 6.283185307179586;
  HASTEN_ASSIGN(const auto factors, c.Scratch<std::complex<double>>(n));
  for (int64_t k = 0; k < n; ++k) {
    const double turn = kTau * static_cast<double>(k) / static_cast<double>(n);
    factors[static_cast<size_t>(k)] = {std::cos(turn), -std::sin(turn)};
  }
  return factors;
}

Status Transform(const KernelCall& c, std::span<const std::complex<double>> x,
                 std::span<const std::complex<double>> factors, bool inverse, std::span<std::complex<double>> y) {
  const size_t n = factors.size();
  const double sign = inverse ? -1 : 1, scale = inverse ? 1 / static_cast<double>(n) : 1;
  for (size_t k = 0; k < y.size(); ++k) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    double real = 0, imaginary = 0;
    size_t turn = 0;  // k * i mod n
    for (const std::complex<double>& v : x) {
      const double cosine = factors[turn].real(), sine = sign * factors[turn].imag();
      real += v.real() * cosine - v.imag() * sine;
      imaginary += v.real() * sine + v.imag() * cosine;
      turn += k % n;
      if (turn >= n) turn -= n;
    }
    y[k] = {real * scale, imaginary * scale};
  }
  return {};
}

double TransformFlops(double rows, double n, double outputs) { return 8 * rows * n * outputs; }

}  // namespace hasten
