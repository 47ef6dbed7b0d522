// Element types: names, sizes, and conversion of single elements to and from wide "lane" types.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace hasten {

// The numbers are those of ONNX TensorProto.DataType: DO NOT CHANGE.
enum class DType : uint8_t {
  kNone = 0,
  kF32 = 1,
  kU8 = 2,
  kI8 = 3,
  kU16 = 4,
  kI16 = 5,
  kI32 = 6,
  kI64 = 7,
  kString = 8,
  kBool = 9,
  kF16 = 10,
  kF64 = 11,
  kU32 = 12,
  kU64 = 13,
  kC64 = 14,   // complex of two f32
  kC128 = 15,  // complex of two f64
  kBF16 = 16,
  kF8E4M3FN = 17,
  kF8E4M3FNUZ = 18,
  kF8E5M2 = 19,
  kF8E5M2FNUZ = 20,
  kU4 = 21,
  kI4 = 22,
  kF4E2M1 = 23,
  kF8E8M0 = 24,
  kU2 = 25,
  kI2 = 26,
  kF6E2M3 = 27,
  kF6E3M2 = 28,
};
inline constexpr int kNumDTypes = 29;

// The widest type of a kind, in which references compute: integers stay integers (2^53 is not enough).
enum class Lane : uint8_t { kNone, kDouble, kInt64, kUint64, kComplex, kString };

std::string_view Name(DType t);                        // "f32", "i4", "f8e4m3fn", "string"
std::optional<DType> DTypeFromName(std::string_view);  // the inverse
int Bits(DType t);                                     // of one element; strings: 8 * sizeof(std::string)
Lane LaneOf(DType t);                                  // bool and unsigned integers: kUint64
bool IsFloat(DType t);                                 // real floating point of any width
bool IsInteger(DType t);                               // signed or unsigned; not bool
bool IsSigned(DType t);                                // floats and signed integers
inline bool IsSubByte(DType t) { return Bits(t) < 8; }
// Bytes that n contiguous elements take.  Sub-byte types pack from the low bits up; 6-bit elements straddle bytes.
int64_t BytesFor(DType t, int64_t n);

// Value range of an integer or bool type.
int64_t IntMin(DType t);
uint64_t IntMax(DType t);
// Largest finite value of a float type.
double FloatMax(DType t);

// Narrow float formats.  Encoding rounds once, to nearest, ties to even (f8e8m0: ties to the larger power; the sign is
// ignored).  `saturate` picks the largest finite value for what overflows, infinity included; else that becomes
// infinity, or NaN where the format has no infinity.  As in ONNX Cast, f16 and bf16 never saturate; f4e2m1, f6e2m3 and
// f6e3m2, which have no NaN either, always do, and make -0 of a NaN.
float HalfToFloat(uint16_t bits);
uint16_t FloatToHalf(double v);
float BFloatToFloat(uint16_t bits);
uint16_t FloatToBFloat(double v);
double DecodeFloat(DType t, uint32_t bits);                       // any float type up to 16 bits
uint32_t EncodeFloat(DType t, double v, bool saturate = true);

void AppendText(std::string* out, DType t);

}  // namespace hasten
