// Element access through wide lanes.
//
// Conversions: to a float, rounded once to nearest even (narrow floats as EncodeFloat with saturation); to an integer,
// truncated, then the low bits kept; what does not fit 64 bits, NaN included, is 2^63 first, as x86 has it.  To bool:
// v != 0.  Complex to real drops the imaginary part.  A string reads as 0 and ignores writes: callers check.
//
// Elements of sub-byte types share bytes: threads that write one tensor must split it at whole bytes.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "tensor/tensor.h"

namespace hasten {
namespace {

using Complex128 = std::complex<double>;

int64_t Truncate(double v) {
  if (v >= -0x1p63 && v < 0x1p63) return static_cast<int64_t>(v);
  if (v >= 0x1p63 && v < 0x1p64) return static_cast<int64_t>(static_cast<uint64_t>(v));
  return std::numeric_limits<int64_t>::min();
}

// A double that a narrower float rounds from as it would from v itself: lost bits are or-ed into the last one kept.
double StickyDouble(int64_t v) {
  uint64_t u = v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
  if (u >> 53) u = (u & ~uint64_t{0x7ff}) | (u & 0x7ff ? 0x800 : 0);
  const double magnitude = static_cast<double>(u);
  return v < 0 ? -magnitude : magnitude;
}

// Codecs load and store one element.  A load gives the widest type of its kind; a store takes any lane type.

template <class T>
struct Plain {
  static auto Load(const std::byte* data, int64_t i) {
    T v;
    std::memcpy(&v, data + i * int64_t{sizeof(T)}, sizeof(T));
    if constexpr (std::is_floating_point_v<T>) return static_cast<double>(v);
    else if constexpr (std::is_signed_v<T>) return static_cast<int64_t>(v);
    else return static_cast<uint64_t>(v);
  }
  template <class V>
  static void Store(std::byte* data, int64_t i, V v) {
    T stored;
    if constexpr (std::is_integral_v<T> && std::is_same_v<V, double>) stored = static_cast<T>(Truncate(v));
    else stored = static_cast<T>(v);
    std::memcpy(data + i * int64_t{sizeof(T)}, &stored, sizeof(T));
  }
};

struct Bool {
  static uint64_t Load(const std::byte* data, int64_t i) { return data[i] != std::byte{0}; }
  template <class V>
  static void Store(std::byte* data, int64_t i, V v) { data[i] = std::byte{v != V{0}}; }
};

// Unsigned codes of any width up to 16 bits.
template <int kBits>
struct CodeArray {
  static_assert(kBits == 2 || kBits == 4 || kBits == 8 || kBits == 16);
  static uint32_t Get(const std::byte* data, int64_t i) {
    if constexpr (kBits >= 8) {
      return static_cast<uint32_t>(Plain<std::conditional_t<kBits == 8, uint8_t, uint16_t>>::Load(data, i));
    } else {
      const int shift = static_cast<int>(i % (8 / kBits)) * kBits;
      return static_cast<uint32_t>(data[i / (8 / kBits)]) >> shift & ((1u << kBits) - 1);
    }
  }
  static void Set(std::byte* data, int64_t i, uint32_t code) {
    if constexpr (kBits >= 8) {
      Plain<std::conditional_t<kBits == 8, uint8_t, uint16_t>>::Store(data, i, int64_t{code});
    } else {
      const int shift = static_cast<int>(i % (8 / kBits)) * kBits;
      const uint32_t mask = (1u << kBits) - 1;
      std::byte& b = data[i / (8 / kBits)];
      b = static_cast<std::byte>((static_cast<uint32_t>(b) & ~(mask << shift)) | (code & mask) << shift);
    }
  }
};

// Four codes take three bytes.  The second byte is touched only by a code that straddles it: it may not be there.
template <>
struct CodeArray<6> {
  static uint32_t Get(const std::byte* data, int64_t i) {
    const int shift = static_cast<int>(i % 4 * 6 % 8);
    const std::byte* at = data + i / 4 * 3 + i % 4 * 6 / 8;
    uint32_t both = static_cast<uint32_t>(at[0]);
    if (shift > 2) both |= static_cast<uint32_t>(at[1]) << 8;
    return both >> shift & 63;
  }
  static void Set(std::byte* data, int64_t i, uint32_t code) {
    const int shift = static_cast<int>(i % 4 * 6 % 8);
    std::byte* at = data + i / 4 * 3 + i % 4 * 6 / 8;
    const uint32_t mask = 63u << shift, bits = (code & 63) << shift;
    at[0] = static_cast<std::byte>((static_cast<uint32_t>(at[0]) & ~mask) | bits);
    if (shift > 2) at[1] = static_cast<std::byte>((static_cast<uint32_t>(at[1]) & ~(mask >> 8)) | bits >> 8);
  }
};

template <int kBits, bool kSigned>
struct PackedInt {
  static auto Load(const std::byte* data, int64_t i) {
    const uint32_t code = CodeArray<kBits>::Get(data, i);
    if constexpr (kSigned) return int64_t{code} - (code >> (kBits - 1) ? int64_t{1} << kBits : 0);
    else return uint64_t{code};
  }
  template <class V>
  static void Store(std::byte* data, int64_t i, V v) {
    if constexpr (std::is_same_v<V, double>) CodeArray<kBits>::Set(data, i, static_cast<uint32_t>(Truncate(v)));
    else CodeArray<kBits>::Set(data, i, static_cast<uint32_t>(v));
  }
};

template <DType kType, int kBits>
struct NarrowFloat {
  static double Load(const std::byte* data, int64_t i) { return DecodeFloat(kType, CodeArray<kBits>::Get(data, i)); }
  template <class V>
  static void Store(std::byte* data, int64_t i, V v) {
    if constexpr (std::is_same_v<V, double>) CodeArray<kBits>::Set(data, i, EncodeFloat(kType, v));
    else CodeArray<kBits>::Set(data, i, EncodeFloat(kType, StickyDouble(v)));
  }
};

template <class T>
struct Pair {
  static Complex128 Load(const std::byte* data, int64_t i) {
    return {Plain<T>::Load(data, 2 * i), Plain<T>::Load(data, 2 * i + 1)};
  }
  template <class V>
  static void Store(std::byte* data, int64_t i, V v) {
    if constexpr (std::is_same_v<V, Complex128>) {
      Plain<T>::Store(data, 2 * i, v.real());
      Plain<T>::Store(data, 2 * i + 1, v.imag());
    } else {
      Plain<T>::Store(data, 2 * i, v);
      Plain<T>::Store(data, 2 * i + 1, V{0});
    }
  }
};

struct Nothing {
  static int64_t Load(const std::byte*, int64_t) { return 0; }
  template <class V>
  static void Store(std::byte*, int64_t, V) {}
};

// Calls f(codec of t): the one switch over element types.
template <class F>
auto Visit(DType t, F f) {
  switch (t) {
    case DType::kF32: return f(Plain<float>());
    case DType::kF64: return f(Plain<double>());
    case DType::kU8: return f(Plain<uint8_t>());
    case DType::kI8: return f(Plain<int8_t>());
    case DType::kU16: return f(Plain<uint16_t>());
    case DType::kI16: return f(Plain<int16_t>());
    case DType::kU32: return f(Plain<uint32_t>());
    case DType::kI32: return f(Plain<int32_t>());
    case DType::kU64: return f(Plain<uint64_t>());
    case DType::kI64: return f(Plain<int64_t>());
    case DType::kBool: return f(Bool());
    case DType::kC64: return f(Pair<float>());
    case DType::kC128: return f(Pair<double>());
    case DType::kF16: return f(NarrowFloat<DType::kF16, 16>());
    case DType::kBF16: return f(NarrowFloat<DType::kBF16, 16>());
    case DType::kF8E4M3FN: return f(NarrowFloat<DType::kF8E4M3FN, 8>());
    case DType::kF8E4M3FNUZ: return f(NarrowFloat<DType::kF8E4M3FNUZ, 8>());
    case DType::kF8E5M2: return f(NarrowFloat<DType::kF8E5M2, 8>());
    case DType::kF8E5M2FNUZ: return f(NarrowFloat<DType::kF8E5M2FNUZ, 8>());
    case DType::kF8E8M0: return f(NarrowFloat<DType::kF8E8M0, 8>());
    case DType::kF4E2M1: return f(NarrowFloat<DType::kF4E2M1, 4>());
    case DType::kF6E2M3: return f(NarrowFloat<DType::kF6E2M3, 6>());
    case DType::kF6E3M2: return f(NarrowFloat<DType::kF6E3M2, 6>());
    case DType::kU4: return f(PackedInt<4, false>());
    case DType::kI4: return f(PackedInt<4, true>());
    case DType::kU2: return f(PackedInt<2, false>());
    case DType::kI2: return f(PackedInt<2, true>());
    case DType::kString:
    case DType::kNone: break;
  }
  return f(Nothing());
}

template <class To, class From>
To Convert(From v) {
  if constexpr (std::is_same_v<From, Complex128>) {
    if constexpr (std::is_same_v<To, Complex128>) return v;
    else return Convert<To>(v.real());
  } else if constexpr (std::is_same_v<To, Complex128>) {
    return Complex128(static_cast<double>(v), 0);
  } else if constexpr (std::is_same_v<To, int64_t> && std::is_same_v<From, double>) {
    return Truncate(v);
  } else {
    return static_cast<To>(v);
  }
}

template <class V>
void Read(const Tensor& t, int64_t begin, std::span<V> out) {
  Visit(t.dtype, [&](auto codec) {
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = Convert<V>(codec.Load(t.data, begin + static_cast<int64_t>(i)));
  });
}

template <class Codec, class V>
void StoreAny(Codec codec, std::byte* data, int64_t i, V v) {
  constexpr bool kTakesComplex = std::is_same_v<Codec, Pair<float>> || std::is_same_v<Codec, Pair<double>>;
  if constexpr (std::is_same_v<V, Complex128> && !kTakesComplex) codec.Store(data, i, v.real());
  else codec.Store(data, i, v);
}

template <class V>
void Write(Tensor* t, int64_t begin, std::span<const V> in) {
  Visit(t->dtype, [&](auto codec) {
    for (size_t i = 0; i < in.size(); ++i) StoreAny(codec, t->data, begin + static_cast<int64_t>(i), in[i]);
  });
}

template <class V>
V ReadOne(const Tensor& t, int64_t i) {
  V v{};
  Read(t, i, std::span(&v, 1));
  return v;
}

void CopyPacked(const Tensor& from, int64_t from_at, Tensor* to, int64_t to_at, int64_t count) {
  // A group is the fewest elements that fill whole bytes.
  const int bits = Bits(from.dtype), group = 8 / std::gcd(8, bits), group_bytes = group * bits / 8;
  int64_t done = 0;
  if (from_at % group == 0 && to_at % group == 0) {
    std::memmove(to->data + to_at / group * group_bytes, from.data + from_at / group * group_bytes,
                 static_cast<size_t>(count / group * group_bytes));
    done = count / group * group;
  }
  const auto copy = [&](auto codes) {
    for (int64_t i = done; i < count; ++i) codes.Set(to->data, to_at + i, codes.Get(from.data, from_at + i));
  };
  if (bits == 4) copy(CodeArray<4>());
  else if (bits == 6) copy(CodeArray<6>());
  else copy(CodeArray<2>());
}

}  // namespace

double Tensor::Double(int64_t i) const { return ReadOne<double>(*this, i); }
int64_t Tensor::Int(int64_t i) const { return ReadOne<int64_t>(*this, i); }
Complex128 Tensor::Complex(int64_t i) const { return ReadOne<Complex128>(*this, i); }
void Tensor::SetDouble(int64_t i, double v) { WriteDoubles(this, i, std::span(&v, 1)); }
void Tensor::SetInt(int64_t i, int64_t v) { WriteInts(this, i, std::span(&v, 1)); }
void Tensor::SetComplex(int64_t i, Complex128 v) { WriteComplex(this, i, std::span(&v, 1)); }

void ReadDoubles(const Tensor& t, int64_t begin, std::span<double> out) { Read(t, begin, out); }
void ReadInts(const Tensor& t, int64_t begin, std::span<int64_t> out) { Read(t, begin, out); }
void ReadComplex(const Tensor& t, int64_t begin, std::span<Complex128> out) { Read(t, begin, out); }
void WriteDoubles(Tensor* t, int64_t begin, std::span<const double> in) { Write(t, begin, in); }
void WriteInts(Tensor* t, int64_t begin, std::span<const int64_t> in) { Write(t, begin, in); }
void WriteComplex(Tensor* t, int64_t begin, std::span<const Complex128> in) { Write(t, begin, in); }

std::vector<int64_t> ToInts(const Tensor& t) {
  std::vector<int64_t> out(static_cast<size_t>(t.elements()));
  ReadInts(t, 0, out);
  return out;
}

std::vector<double> ToDoubles(const Tensor& t) {
  std::vector<double> out(static_cast<size_t>(t.elements()));
  ReadDoubles(t, 0, out);
  return out;
}

void CopyElements(const Tensor& from, int64_t from_at, Tensor* to, int64_t to_at, int64_t count) {
  HASTEN_CHECK(from.dtype == to->dtype);
  if (count <= 0) return;
  if (from.dtype == DType::kString) {
    std::copy_n(from.as<std::string>() + from_at, count, to->as<std::string>() + to_at);
    return;
  }
  if (IsSubByte(from.dtype)) return CopyPacked(from, from_at, to, to_at, count);
  const int64_t size = Bits(from.dtype) / 8;
  std::memmove(to->data + to_at * size, from.data + from_at * size, static_cast<size_t>(count * size));
}

bool SameBits(const Tensor& a, const Tensor& b) {
  if (a.dtype != b.dtype || !(a.dims == b.dims)) return false;
  const int64_t n = a.elements();
  if (n == 0 || a.dtype == DType::kNone) return true;
  if (a.dtype == DType::kString) return std::equal(a.as<std::string>(), a.as<std::string>() + n, b.as<std::string>());
  if (!IsSubByte(a.dtype)) return std::memcmp(a.data, b.data, static_cast<size_t>(a.bytes())) == 0;
  // The padding bits of the last byte are not part of the value.
  const int64_t bits = n * Bits(a.dtype), whole = bits / 8;
  if (std::memcmp(a.data, b.data, static_cast<size_t>(whole)) != 0) return false;
  if (bits % 8 == 0) return true;
  const uint32_t mask = (1u << (bits % 8)) - 1;
  return ((static_cast<uint32_t>(a.data[whole]) ^ static_cast<uint32_t>(b.data[whole])) & mask) == 0;
}

}  // namespace hasten
