// The two formulas of Gelu, for one element.
#pragma once

namespace hasten {

// (1 + tanh(u)) / 2 == 1 / (1 + e^-2u) and (1 + erf(u)) / 2 == erfc(-u) / 2, which do not cancel for negative x.
inline double GeluWithTanh(double x) {
  constexpr double kSqrt2OverPi = 0.79788456080286535588;
  return x / (1 + std::exp(-2 * kSqrt2OverPi * (x + 0.044715 * x * x * x)));
}
inline double GeluWithErf(double x) { return 0.5 * x * std::erfc(-x * 0.70710678118654752440); }

}  // namespace hasten
