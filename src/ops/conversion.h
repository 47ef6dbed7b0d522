// Conversion of elements from any dtype to any other: Cast, CastLike, and what must agree with them.
#pragma once
#include "ops/op.h"

namespace hasten {

enum class PowerRounding : uint8_t { kUp, kDown, kNearest };  // away from zero; towards it; ties up

struct ConversionRules {
  bool saturate = true;  // float 8: what overflows becomes the largest value, not infinity or NaN
  PowerRounding rounding = PowerRounding::kUp;  // to f8e8m0
};

// "up", "down" or "nearest".
Result<PowerRounding> PowerRoundingOf(std::string_view name);
// Complex numbers have no conversion from or to strings.
Status RequireConvertible(DType from, DType to);

// y[i] = x[i] in y's dtype.  Preconditions: equal dims, RequireConvertible passes.
//   float to float, integer to float: rounded once, to nearest even; out of range: infinity (float 8: see the rules).
//   Floats 6 and 4 have neither infinity nor NaN: what overflows becomes the largest value, NaN -0.
//   float to integer: truncated; out of range as x86 has it: through i64 for 32 unsigned bits and more, else through
//   i32, what does not fit being the least of that, and the low bits kept. integer to integer: low bits kept.  To bool:
//   not zero. complex to real drops the imaginary part. string to number: a decimal number, "INF", "-INF" or "NaN" in
//   any case; anything else is an error. number to string: the shortest text that reads back as the same f32 (f64, if
//   that is the dtype).
Status ConvertElements(const Tensor& x, const ConversionRules& rules, Tensor* y);

// The two halves that have to do with strings (conversion_text.cc).
Status ParseElements(const Tensor& x, const ConversionRules& rules, Tensor* y);
Status PrintElements(const Tensor& x, Tensor* y);
// Writes reals as elements of any real or complex dtype by the rules.
void StoreReals(std::span<const double> v, const ConversionRules& rules, Tensor* y, int64_t begin);

// What the conversion carries of symbolic contents of input 0: sets out_ints 0.
void PropagateConversion(InferCall& c, DType to);

}  // namespace hasten
