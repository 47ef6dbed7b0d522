// The discrete Fourier transform of one row, in double.
#pragma once
#include "ops/movement.h"

namespace hasten {

// exp(-2 pi j k / n) for k in [0, n), in the call's scratch.
Result<std::span<std::complex<double>>> TwiddleFactors(const KernelCall& c, int64_t n);

// y[k] = sum over i of x[i] exp(-+2 pi j k i / n), n the number of factors, the sign minus unless inverse (then the sum
// is also divided by n), for as many k as y has.  x may be shorter than n (zeros follow) but not longer.
// An error when the call is stopped.
Status Transform(const KernelCall& c, std::span<const std::complex<double>> x,
                 std::span<const std::complex<double>> factors, bool inverse, std::span<std::complex<double>> y);

// Multiply-adds and all, of `rows` transforms of length n that give `outputs` each.
double TransformFlops(double rows, double n, double outputs);

}  // namespace hasten
