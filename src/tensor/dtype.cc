#include "tensor/dtype.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/status.h"

namespace hasten {
namespace {

enum class Kind : uint8_t { kOther, kBool, kUnsigned, kSigned, kFloat };

struct Info {
  std::string_view name;
  int bits;
  Lane lane;
  Kind kind;
};

constexpr std::array<Info, kNumDTypes> kInfo = {{
    {"none", 0, Lane::kNone, Kind::kOther},
    {"f32", 32, Lane::kDouble, Kind::kFloat},
    {"u8", 8, Lane::kUint64, Kind::kUnsigned},
    {"i8", 8, Lane::kInt64, Kind::kSigned},
    {"u16", 16, Lane::kUint64, Kind::kUnsigned},
    {"i16", 16, Lane::kInt64, Kind::kSigned},
    {"i32", 32, Lane::kInt64, Kind::kSigned},
    {"i64", 64, Lane::kInt64, Kind::kSigned},
    {"string", 8 * sizeof(std::string), Lane::kString, Kind::kOther},
    {"bool", 8, Lane::kUint64, Kind::kBool},
    {"f16", 16, Lane::kDouble, Kind::kFloat},
    {"f64", 64, Lane::kDouble, Kind::kFloat},
    {"u32", 32, Lane::kUint64, Kind::kUnsigned},
    {"u64", 64, Lane::kUint64, Kind::kUnsigned},
    {"c64", 64, Lane::kComplex, Kind::kOther},
    {"c128", 128, Lane::kComplex, Kind::kOther},
    {"bf16", 16, Lane::kDouble, Kind::kFloat},
    {"f8e4m3fn", 8, Lane::kDouble, Kind::kFloat},
    {"f8e4m3fnuz", 8, Lane::kDouble, Kind::kFloat},
    {"f8e5m2", 8, Lane::kDouble, Kind::kFloat},
    {"f8e5m2fnuz", 8, Lane::kDouble, Kind::kFloat},
    {"u4", 4, Lane::kUint64, Kind::kUnsigned},
    {"i4", 4, Lane::kInt64, Kind::kSigned},
    {"f4e2m1", 4, Lane::kDouble, Kind::kFloat},
    {"f8e8m0", 8, Lane::kDouble, Kind::kFloat},
    {"u2", 2, Lane::kUint64, Kind::kUnsigned},
    {"i2", 2, Lane::kInt64, Kind::kSigned},
    {"f6e2m3", 6, Lane::kDouble, Kind::kFloat},
    {"f6e3m2", 6, Lane::kDouble, Kind::kFloat},
}};

constexpr const Info& InfoOf(DType t) { return kInfo[static_cast<size_t>(t)]; }

// A format with a sign bit on top of exponent and mantissa.  The last three are magnitudes, without the sign.
struct Format {
  int exponent_bits, mantissa_bits, bias;
  uint32_t max;       // largest finite value
  uint32_t overflow;  // what a larger value becomes when not saturating
  uint32_t nan;
  bool saturates;  // ONNX Cast lets its `saturate` attribute choose for this format

  constexpr uint32_t sign() const { return 1u << (exponent_bits + mantissa_bits); }
  constexpr bool has_inf() const { return overflow > max && overflow != nan; }
  constexpr bool unsigned_zero() const { return nan == sign(); }  // "fnuz": the code of -0 is the only NaN
};

constexpr Format kF16Format = {5, 10, 15, 0x7bff, 0x7c00, 0x7e00, false};
constexpr Format kBF16Format = {8, 7, 127, 0x7f7f, 0x7f80, 0x7fc0, false};
constexpr Format kE4M3FNFormat = {4, 3, 7, 0x7e, 0x7f, 0x7f, true};
constexpr Format kE4M3FNUZFormat = {4, 3, 8, 0x7f, 0x80, 0x80, true};
constexpr Format kE5M2Format = {5, 2, 15, 0x7b, 0x7c, 0x7e, true};
constexpr Format kE5M2FNUZFormat = {5, 2, 16, 0x7f, 0x80, 0x80, true};
constexpr Format kE2M1Format = {2, 1, 1, 0x7, 0x7, 0x7, true};     // ONNX: infinity becomes 6, NaN -0
constexpr Format kE2M3Format = {2, 3, 1, 0x1f, 0x1f, 0x1f, true};  // likewise 7.5
constexpr Format kE3M2Format = {3, 2, 3, 0x1f, 0x1f, 0x1f, true};  // likewise 28

constexpr uint64_t kMantissaMask = (uint64_t{1} << 52) - 1;
constexpr uint64_t kSignMask = uint64_t{1} << 63;
constexpr uint64_t kInfBits = uint64_t{0x7ff} << 52;

// bits / 2^shift, rounded to nearest, ties to even.
constexpr uint64_t ShiftRound(uint64_t bits, int shift) {
  if (shift > 54) return 0;
  return (bits + (uint64_t{1} << (shift - 1)) - 1 + ((bits >> shift) & 1)) >> shift;
}

// 2^e for a normal double.
double Power2(int e) { return std::bit_cast<double>(static_cast<uint64_t>(e + 1023) << 52); }

double Decode(const Format& f, uint32_t code) {
  const uint32_t magnitude = code & (f.sign() - 1);
  const uint64_t sign = code & f.sign() ? kSignMask : 0;
  const uint64_t mantissa = magnitude & ((1u << f.mantissa_bits) - 1);
  const int exponent = static_cast<int>(magnitude >> f.mantissa_bits);
  const uint64_t widened = mantissa << (52 - f.mantissa_bits);
  if (magnitude > f.max && magnitude == f.overflow && f.has_inf()) return std::bit_cast<double>(sign | kInfBits);
  if (magnitude > f.max || (f.unsigned_zero() && code == f.nan))
    return std::bit_cast<double>(sign | kInfBits | uint64_t{1} << 51 | widened);
  if (exponent == 0) {
    const double v = static_cast<double>(mantissa) * Power2(1 - f.bias - f.mantissa_bits);
    return sign ? -v : v;
  }
  return std::bit_cast<double>(sign | static_cast<uint64_t>(exponent - f.bias + 1023) << 52 | widened);
}

// The magnitude's code, ties to even; codes above f.max mean overflow.
uint64_t RoundMagnitude(const Format& f, uint64_t bits) {
  const int exponent = static_cast<int>(bits >> 52) - 1023 + f.bias;
  const uint64_t mantissa = bits & kMantissaMask;
  const int shift = 52 - f.mantissa_bits;
  if (exponent > 0) return ShiftRound(static_cast<uint64_t>(exponent) << 52 | mantissa, shift);
  return ShiftRound(uint64_t{1} << 52 | mantissa, shift + 1 - exponent);
}

uint32_t Encode(const Format& f, double v, bool saturate) {
  const uint64_t bits = std::bit_cast<uint64_t>(v);
  const uint64_t magnitude = bits & ~kSignMask;
  const uint32_t sign = bits & kSignMask ? f.sign() : 0;
  if (magnitude > kInfBits) {
    if (f.nan <= f.max) return f.sign();  // no NaN in the format: -0, as the standard's cases have it
    const uint32_t payload = static_cast<uint32_t>((bits & kMantissaMask) >> (52 - f.mantissa_bits));
    return sign | f.nan | (f.has_inf() ? payload : 0);
  }
  const uint64_t code = RoundMagnitude(f, magnitude);
  if (code > f.max) return sign | (saturate ? f.max : f.overflow);
  if (code == 0 && f.unsigned_zero()) return 0;
  return sign | static_cast<uint32_t>(code);
}

// E8M0 has neither sign nor zero: 255 is NaN, any other code b is 2^(b - 127).
constexpr uint32_t kE8M0NaN = 255;

double DecodeE8M0(uint32_t code) {
  return code == kE8M0NaN ? std::numeric_limits<double>::quiet_NaN() : Power2(static_cast<int>(code) - 127);
}

// To the nearest power, ties to the larger one.  The sign is ignored: ONNX leaves negative values open.
uint32_t EncodeE8M0(double v, bool saturate) {
  if (std::isnan(v)) return kE8M0NaN;
  const double magnitude = std::abs(v);
  if (magnitude < Power2(-127)) return saturate ? 0 : kE8M0NaN;
  const uint64_t bits = std::bit_cast<uint64_t>(magnitude);
  const uint64_t code = ((bits + (uint64_t{1} << 51)) >> 52) - (1023 - 127);
  if (code >= kE8M0NaN) return saturate ? kE8M0NaN - 1 : kE8M0NaN;
  return static_cast<uint32_t>(code);
}

const Format* FormatOf(DType t) {
  switch (t) {
    case DType::kF16: return &kF16Format;
    case DType::kBF16: return &kBF16Format;
    case DType::kF8E4M3FN: return &kE4M3FNFormat;
    case DType::kF8E4M3FNUZ: return &kE4M3FNUZFormat;
    case DType::kF8E5M2: return &kE5M2Format;
    case DType::kF8E5M2FNUZ: return &kE5M2FNUZFormat;
    case DType::kF4E2M1: return &kE2M1Format;
    case DType::kF6E2M3: return &kE2M3Format;
    case DType::kF6E3M2: return &kE3M2Format;
    default: return nullptr;
  }
}

}  // namespace

std::string_view Name(DType t) { return InfoOf(t).name; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (size_t i = 1; i < kInfo.size(); ++i)
    if (kInfo[i].name == name) return static_cast<DType>(i);
  return std::nullopt;
}

int Bits(DType t) { return InfoOf(t).bits; }
Lane LaneOf(DType t) { return InfoOf(t).lane; }
bool IsFloat(DType t) { return InfoOf(t).kind == Kind::kFloat; }
bool IsInteger(DType t) { return InfoOf(t).kind == Kind::kSigned || InfoOf(t).kind == Kind::kUnsigned; }
bool IsSigned(DType t) { return InfoOf(t).kind == Kind::kSigned || InfoOf(t).kind == Kind::kFloat; }

int64_t BytesFor(DType t, int64_t n) {
  const int bits = Bits(t);
  if (bits < 8) return n / 8 * bits + (n % 8 * bits + 7) / 8;
  int64_t bytes = 0;  // of what fits no memory: the largest number
  return __builtin_mul_overflow(n, int64_t{bits / 8}, &bytes) ? std::numeric_limits<int64_t>::max() : bytes;
}

int64_t IntMin(DType t) {
  return InfoOf(t).kind == Kind::kSigned ? std::numeric_limits<int64_t>::min() >> (64 - Bits(t)) : 0;
}

uint64_t IntMax(DType t) {
  if (InfoOf(t).kind == Kind::kBool) return 1;
  if (!IsInteger(t)) return 0;
  const int bits = InfoOf(t).kind == Kind::kSigned ? Bits(t) - 1 : Bits(t);
  return ~uint64_t{0} >> (64 - bits);
}

double FloatMax(DType t) {
  if (t == DType::kF64) return std::numeric_limits<double>::max();
  if (t == DType::kF32) return std::numeric_limits<float>::max();
  if (t == DType::kF8E8M0) return DecodeE8M0(kE8M0NaN - 1);
  const Format* f = FormatOf(t);
  HASTEN_CHECK(f != nullptr);
  return Decode(*f, f->max);
}

float HalfToFloat(uint16_t bits) { return static_cast<float>(Decode(kF16Format, bits)); }
uint16_t FloatToHalf(double v) { return static_cast<uint16_t>(Encode(kF16Format, v, false)); }
float BFloatToFloat(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }
uint16_t FloatToBFloat(double v) { return static_cast<uint16_t>(Encode(kBF16Format, v, false)); }

double DecodeFloat(DType t, uint32_t bits) {
  if (t == DType::kF8E8M0) return DecodeE8M0(bits);
  const Format* f = FormatOf(t);
  HASTEN_CHECK(f != nullptr);
  return Decode(*f, bits);
}

uint32_t EncodeFloat(DType t, double v, bool saturate) {
  if (t == DType::kF8E8M0) return EncodeE8M0(v, saturate);
  const Format* f = FormatOf(t);
  HASTEN_CHECK(f != nullptr);
  return Encode(*f, v, saturate && f->saturates);
}

void AppendText(std::string* out, DType t) { out->append(Name(t)); }

}  // namespace hasten
