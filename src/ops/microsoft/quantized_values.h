// Elementwise arithmetic on quantised tensors: value = (q - zero) * scale.
#pragma once
#include "ops/quantized.h"

namespace hasten::ops::microsoft {

struct Quantization {
  double scale = 1, zero = 0;
};
// Scale and zero point, perhaps absent, by the numbers of their inputs.
inline Quantization QuantizationOf(const KernelCall& c, int scale, int zero) {
  return {c.input(scale).Double(0), c.has(zero) ? c.input(zero).Double(0) : 0.0};
}
// Input i as values.
Result<std::span<double>> Dequantize(const KernelCall& c, int i, const Quantization& q);
// Output 0 from values.
void WriteQuantized(KernelCall& c, const Quantization& q, std::span<double> values);

// A tensor and its quantisation as inputs i, i + 1, i + 2; a scale and zero point as inputs i, i + 1.
Status RequireQuantized(const InferCall& c, int i);
Status RequireQuantization(const InferCall& c, int scale, int zero, int of);

// Inputs x, x_scale, x_zero, y_scale, y_zero; output 0 of x's type.
Status InferQuantizedUnary(InferCall& c);
template <class F>
Status EvalQuantizedUnary(KernelCall& c, F f) {
  HASTEN_ASSIGN(const auto x, Dequantize(c, 0, QuantizationOf(c, 1, 2)));
  for (double& v : x) v = f(v);
  WriteQuantized(c, QuantizationOf(c, 3, 4), x);
  return {};
}
std::vector<Sample> QuantizedUnarySamples(std::vector<NamedAttr> attrs = {});

// Inputs a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero; output 0 of a's dtype, broadcast.
Status InferQuantizedBinary(InferCall& c);
Status EvalQuantizedBinary(KernelCall& c, double (*f)(double, double));
std::vector<Sample> QuantizedBinarySamples();

// A sum of products of integers times the scales of both operands, plus the bias (0: none): f32 is rounded after each
// step, as Cast, Mul by the product of the scales, and Add round it.
double ScaleSum(DType t, double sum, double a_scale, double b_scale, double bias);

SampleInput ScaleInput(double v);
SampleInput ZeroInput(DType t, double v);

}  // namespace hasten::ops::microsoft
