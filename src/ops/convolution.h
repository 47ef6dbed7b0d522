// What the convolutions share: attributes, shapes, and the sum itself in double.
#pragma once
#include "ops/window.h"

namespace hasten {

struct ConvAttrs : WindowAttrs {
  int64_t group = 1;
};

inline constexpr AttrField kConvFields[] = {
    Field<&ConvAttrs::auto_pad>("auto_pad"), Field<&ConvAttrs::dilations>("dilations"),
    Field<&ConvAttrs::group>("group"),       Field<&ConvAttrs::kernel_shape>("kernel_shape"),
    Field<&ConvAttrs::pads>("pads"),         Field<&ConvAttrs::strides>("strides"),
};

// Output 0: [N, M, o...] of dtype `to` for input x [N, C, d...] and weight w [M, C / group, k...], given by their
// numbers; `bias` [M], kNoInput if there is none.
inline constexpr int kNoInput = -1;
Status InferConvolution(InferCall& c, const ConvAttrs& a, int x, int w, int bias, DType to);
inline Status InferConvolution(InferCall& c, int x, int w, int bias, DType to) {
  return InferConvolution(c, c.attrs<ConvAttrs>(), x, w, bias, to);
}

// y[n, m, o] = sum over c, k of w[m, c, k] * x[n, m / (M / group) * C / group + c, o * stride - pad + k * dilation].
// Operands in double, whole and row-major; integers of up to 16 bits come out exact.
Status Convolve(const KernelCall& c, const ConvAttrs& a, const Dims& x_dims, const Dims& w_dims, const Dims& y_dims,
                std::span<const double> x, std::span<const double> w, std::span<double> y);

// Two per multiplication; `w` is the weight's number.
double ConvolutionFlops(const CostCall& c, int w);

// y += factor * x, for `count` elements; x `step` apart.
void AddScaled(double factor, const double* x, int64_t step, int64_t count, double* y);

}  // namespace hasten
