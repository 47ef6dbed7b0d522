#include "ops/microsoft/quantized_values.h"

#include "ops/elementwise.h"

namespace hasten::ops::microsoft {

Result<std::span<double>> Dequantize(const KernelCall& c, int i, const Quantization& q) {
  HASTEN_ASSIGN(const auto x, c.Doubles(i));
  for (double& v : x) v = (v - q.zero) * q.scale;
  return x;
}

void WriteQuantized(KernelCall& c, const Quantization& q, std::span<double> values) {
  Tensor& y = c.output(0);
  for (double& v : values) v = Quantize(v / q.scale, q.zero, y.dtype);
  WriteDoubles(&y, 0, values);
}

Status RequireQuantization(const InferCall& c, int scale, int zero, int of) {
  HASTEN_REQUIRE(c.has(scale), "input ", scale, " must be there");
  HASTEN_TRY(RequireScalar(c, scale));
  HASTEN_REQUIRE(c.dtype(scale) == DType::kNone || IsFloat(c.dtype(scale)), "input ", scale, " must be a float, is ",
                 c.type(scale));
  HASTEN_TRY(RequireScalar(c, zero));
  return RequireZeroPoint(c, zero, of);
}

Status RequireQuantized(const InferCall& c, int i) {
  HASTEN_REQUIRE(c.has(i), "input ", i, " must be there");
  HASTEN_TRY(c.RequireTensor(i));
  HASTEN_REQUIRE(c.dtype(i) == DType::kNone || IsInteger(c.dtype(i)), "input ", i, " must hold integers, is ",
                 c.type(i));
  return RequireQuantization(c, i + 1, i + 2, i);
}

Status InferQuantizedUnary(InferCall& c) {
  HASTEN_TRY(RequireQuantized(c, 0));
  HASTEN_TRY(RequireQuantization(c, 3, 4, 0));
  c.Out(0, c.dtype(0), c.shape(0));
  return {};
}

double ScaleSum(DType t, double sum, double a_scale, double b_scale, double bias) {
  if (t != DType::kF32) return sum * (a_scale * b_scale) + bias;
  const auto rounded = [](double v) { return static_cast<double>(static_cast<float>(v)); };
  return rounded(rounded(rounded(sum) * rounded(a_scale * b_scale)) + bias);
}

SampleInput ScaleInput(double v) { return {DType::kF32, {}, 0, 0, {v}}; }
SampleInput ZeroInput(DType t, double v) { return {t, {}, 0, 0, {v}}; }

std::vector<Sample> QuantizedUnarySamples(std::vector<NamedAttr> attrs) {
  constexpr DType kU = DType::kU8, kI = DType::kI8;
  const SampleInput none{DType::kNone, {}};
  return {
      {"u8", {{kU, {3, 5}, 0, 255}, ScaleInput(0.03), ZeroInput(kU, 120), ScaleInput(0.02), ZeroInput(kU, 7)}, attrs},
      {"i8",
       {{kI, {1033}, -128, 127}, ScaleInput(0.05), ZeroInput(kI, -9), ScaleInput(0.02), ZeroInput(kI, 11)},
       attrs},
      {"no zero points", {{kI, {7}, -128, 127}, ScaleInput(0.05), none, ScaleInput(0.02)}, attrs},
      {"saturates",
       {{kI, {7}, -128, 127}, ScaleInput(0.5), ZeroInput(kI, 3), ScaleInput(0.001), ZeroInput(kI, 5)},
       attrs},
      {"no elements",
       {{kU, {0, 3}, 0, 255}, ScaleInput(0.05), ZeroInput(kU, 1), ScaleInput(0.02), ZeroInput(kU, 2)},
       attrs}};
}

Status InferQuantizedBinary(InferCall& c) {
  for (int i : {0, 3}) HASTEN_TRY(RequireQuantized(c, i));
  HASTEN_TRY(c.RequireSameDType(0, 3));
  HASTEN_TRY(RequireQuantization(c, 6, 7, 0));
  HASTEN_ASSIGN(Shape y, Broadcast(c.shape(0), c.shape(3)));
  c.Out(0, c.dtype(0) == DType::kNone ? c.dtype(3) : c.dtype(0), std::move(y));
  return {};
}

Status EvalQuantizedBinary(KernelCall& c, double (*f)(double, double)) {
  HASTEN_ASSIGN(const auto a, Dequantize(c, 0, QuantizationOf(c, 1, 2)));
  HASTEN_ASSIGN(const auto b, Dequantize(c, 3, QuantizationOf(c, 4, 5)));
  const Dims& d = c.output(0).dims;
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(d.elements()));
  BroadcastWalk at(c.input(0).dims, d), bt(c.input(3).dims, d);
  for (double& v : y) {
    v = f(a[static_cast<size_t>(at.offset())], b[static_cast<size_t>(bt.offset())]);
    at.Next();
    bt.Next();
  }
  WriteQuantized(c, QuantizationOf(c, 6, 7), y);
  return {};
}

std::vector<Sample> QuantizedBinarySamples() {
  constexpr DType kU = DType::kU8, kI = DType::kI8;
  const SampleInput none{DType::kNone, {}};
  const auto call = [](SampleInput a, SampleInput b, DType t, double zero) {
    return std::vector<SampleInput>{a,
                                    ScaleInput(0.03),
                                    ZeroInput(t, zero),
                                    b,
                                    ScaleInput(0.05),
                                    ZeroInput(t, 7),
                                    ScaleInput(0.07),
                                    ZeroInput(t, 9)};
  };
  return {
      {"u8", call({kU, {3, 5}, 0, 255}, {kU, {3, 5}, 0, 255}, kU, 120)},
      {"i8", call({kI, {1033}, -128, 127}, {kI, {1033}, -128, 127}, kI, -5)},
      {"broadcasts both ways", call({kU, {2, 1, 5}, 0, 255}, {kU, {3, 1}, 0, 255}, kU, 131)},
      {"scalar", call({kI, {7}, -128, 127}, {kI, {}, -128, 127}, kI, 3)},
      {"no zero points",
       {{kI, {7}, -128, 127}, ScaleInput(0.05), none, {kI, {7}, -128, 127}, ScaleInput(0.02), none, ScaleInput(0.5)}},
      {"no elements", call({kU, {0, 3}, 0, 255}, {kU, {3}, 0, 255}, kU, 0)}};
}

}  // namespace hasten::ops::microsoft
