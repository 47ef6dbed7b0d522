#include "ops/conversion.h"

#include "ops/elementwise.h"

namespace hasten {
namespace {

// x86 converts to 32 bits in one instruction and to 64 in another; narrower types take the low bits of the first.
int64_t Truncate(double v, DType to) {
  const bool wide = Bits(to) == 64 || to == DType::kU32;
  const double limit = wide ? 0x1p63 : 0x1p31;
  const double whole = std::trunc(v);
  if (to == DType::kU64 && whole >= limit && whole < 0x1p64) return static_cast<int64_t>(static_cast<uint64_t>(whole));
  return whole >= -limit && whole < limit ? static_cast<int64_t>(whole) : static_cast<int64_t>(-limit);
}

// A double from which any narrower float rounds as it would from u: bits lost here are kept in the last one.
double StickyDouble(uint64_t u) {
  constexpr uint64_t kLost = 0x7ff;
  if (u >> 53) u = (u & ~kLost) | (u & kLost ? kLost + 1 : 0);
  return static_cast<double>(u);
}

double IntegerAsReal(int64_t v, bool is_signed, DType to) {
  const bool negative = is_signed && v < 0;
  const uint64_t magnitude = negative ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
  const double real =
      to == DType::kF64 || to == DType::kC128 ? static_cast<double>(magnitude) : StickyDouble(magnitude);
  return negative ? -real : real;
}

// A power of two near |v|, or |v| itself if it has none.
double RoundToPower(double v, PowerRounding rounding) {
  v = std::abs(v);
  if (!std::isfinite(v) || v == 0) return v;
  int exponent = 0;
  const double fraction = std::frexp(v, &exponent);  // [0.5, 1)
  const bool up =
      rounding == PowerRounding::kUp ? fraction > 0.5 : rounding == PowerRounding::kNearest && fraction >= 0.75;
  return std::ldexp(0.5, exponent + (up ? 1 : 0));
}

bool IsFloat8(DType t) { return IsFloat(t) && Bits(t) == 8; }

template <class F>
void ForTiles(int64_t n, F f) {
  for (int64_t at = 0; at < n; at += kElementwiseTile) f(at, static_cast<size_t>(std::min(kElementwiseTile, n - at)));
}

void ConvertReals(const Tensor& x, const ConversionRules& rules, Tensor* y) {
  double tile[kElementwiseTile];
  ForTiles(x.elements(), [&](int64_t at, size_t n) {
    ReadDoubles(x, at, std::span(tile).first(n));
    StoreReals(std::span(tile).first(n), rules, y, at);
  });
}

void ConvertIntegers(const Tensor& x, const ConversionRules& rules, Tensor* y) {
  int64_t tile[kElementwiseTile];
  double reals[kElementwiseTile];
  const bool to_real = IsFloat(y->dtype) || LaneOf(y->dtype) == Lane::kComplex;
  ForTiles(x.elements(), [&](int64_t at, size_t n) {
    ReadInts(x, at, std::span(tile).first(n));
    if (!to_real) return WriteInts(y, at, std::span(tile).first(n));
    for (size_t i = 0; i < n; ++i) reals[i] = IntegerAsReal(tile[i], IsSigned(x.dtype), y->dtype);
    StoreReals(std::span(reals).first(n), rules, y, at);
  });
}

void ConvertComplex(const Tensor& x, Tensor* y) {
  std::complex<double> tile[kElementwiseTile];
  ForTiles(x.elements(), [&](int64_t at, size_t n) {
    ReadComplex(x, at, std::span(tile).first(n));
    WriteComplex(y, at, std::span(tile).first(n));
  });
}

}  // namespace

Result<PowerRounding> PowerRoundingOf(std::string_view name) {
  constexpr std::string_view kNames[] = {"up", "down", "nearest"};
  const auto* at = std::find(std::begin(kNames), std::end(kNames), name);
  HASTEN_REQUIRE(at != std::end(kNames), "round_mode must be up, down or nearest, is ", Quote(name));
  return static_cast<PowerRounding>(at - kNames);
}

Status RequireConvertible(DType from, DType to) {
  const bool text = from == DType::kString || to == DType::kString;
  const bool complex = LaneOf(from) == Lane::kComplex || LaneOf(to) == Lane::kComplex;
  if (text && complex)
    return Status(Code::kUnsupported, Str("there is no conversion from ", Name(from), " to ", Name(to)));
  return {};
}

void StoreReals(std::span<const double> v, const ConversionRules& rules, Tensor* y, int64_t begin) {
  const DType to = y->dtype;
  if (IsInteger(to)) {
    int64_t whole[kElementwiseTile];
    ForTiles(static_cast<int64_t>(v.size()), [&](int64_t at, size_t n) {
      for (size_t i = 0; i < n; ++i) whole[i] = Truncate(v[static_cast<size_t>(at) + i], to);
      WriteInts(y, begin + at, std::span(whole).first(n));
    });
  } else if (IsFloat8(to)) {
    for (size_t i = 0; i < v.size(); ++i) {
      const double rounded = to == DType::kF8E8M0 ? RoundToPower(v[i], rules.rounding) : v[i];
      y->data[begin + static_cast<int64_t>(i)] = static_cast<std::byte>(EncodeFloat(to, rounded, rules.saturate));
    }
  } else {
    WriteDoubles(y, begin, v);
  }
}

Status ConvertElements(const Tensor& x, const ConversionRules& rules, Tensor* y) {
  HASTEN_TRY(RequireConvertible(x.dtype, y->dtype));
  if (x.dtype == y->dtype) {
    CopyElements(x, 0, y, 0, x.elements());
    return {};
  }
  if (x.dtype == DType::kString) return ParseElements(x, rules, y);
  if (y->dtype == DType::kString) return PrintElements(x, y);
  if (LaneOf(x.dtype) == Lane::kComplex && LaneOf(y->dtype) == Lane::kComplex)
    ConvertComplex(x, y);
  else if (IsInteger(x.dtype) || x.dtype == DType::kBool)
    ConvertIntegers(x, rules, y);
  else
    ConvertReals(x, rules, y);
  return {};
}

void PropagateConversion(InferCall& c, DType to) {
  auto known = WholeNumbers(c, 0);
  if (!known) return;
  if (to == DType::kBool)
    for (Dim& d : known->elements) d = d.is_const() ? Dim(d.is(0) ? 0 : 1) : NonNegative(d - 1) ? Dim(1) : Dim::Fresh();
  SetKnown(c, to, std::move(*known));
}

}  // namespace hasten
