#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace hasten {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr DType kNarrow[] = {DType::kF16,        DType::kBF16,   DType::kF8E4M3FN, DType::kF8E4M3FNUZ, DType::kF8E5M2,
                             DType::kF8E5M2FNUZ, DType::kF4E2M1, DType::kF8E8M0,   DType::kF6E2M3,     DType::kF6E3M2};

uint32_t Codes(DType t) { return 1u << Bits(t); }

TEST(DType, NamesAreUniqueAndInvertible) {
  std::set<std::string_view> names;
  for (int i = 1; i < kNumDTypes; ++i) {
    const auto t = static_cast<DType>(i);
    EXPECT_TRUE(names.insert(Name(t)).second);
    EXPECT_EQ(DTypeFromName(Name(t)), t);
    EXPECT_NE(LaneOf(t), Lane::kNone);
  }
  EXPECT_EQ(DTypeFromName("none"), std::nullopt);
  EXPECT_EQ(DTypeFromName("f31"), std::nullopt);
}

// Every name against its row of the table: f32, u8, i4, f8e4m3fn, bf16, c64.
TEST(DType, NameTellsKindAndBits) {
  for (int i = 1; i < kNumDTypes; ++i) {
    const auto t = static_cast<DType>(i);
    const std::string name(Name(t));
    if (t == DType::kString || t == DType::kBool) continue;
    const size_t digits = name.find_first_of("0123456789");
    EXPECT_EQ(Bits(t), std::stoi(name.substr(digits))) << name;
    EXPECT_EQ(IsFloat(t), name[0] == 'f' || name[0] == 'b') << name;
    EXPECT_EQ(IsInteger(t), name[0] == 'i' || name[0] == 'u') << name;
    EXPECT_EQ(IsSigned(t), IsFloat(t) || name[0] == 'i') << name;
    EXPECT_EQ(LaneOf(t), name[0] == 'i'   ? Lane::kInt64
                         : name[0] == 'u' ? Lane::kUint64
                         : name[0] == 'c' ? Lane::kComplex
                                          : Lane::kDouble)
        << name;
  }
  EXPECT_EQ(Bits(DType::kBool), 8);
  EXPECT_EQ(LaneOf(DType::kBool), Lane::kUint64);
  EXPECT_FALSE(IsInteger(DType::kBool));
  EXPECT_EQ(LaneOf(DType::kString), Lane::kString);
}

TEST(DType, Ranges) {
  EXPECT_EQ(IntMin(DType::kI8), -128);
  EXPECT_EQ(IntMax(DType::kI8), 127u);
  EXPECT_EQ(IntMin(DType::kI4), -8);
  EXPECT_EQ(IntMax(DType::kI4), 7u);
  EXPECT_EQ(IntMin(DType::kI2), -2);
  EXPECT_EQ(IntMax(DType::kU2), 3u);
  EXPECT_EQ(IntMin(DType::kU64), 0);
  EXPECT_EQ(IntMax(DType::kU64), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(IntMin(DType::kI64), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(IntMax(DType::kI64), uint64_t{std::numeric_limits<int64_t>::max()});
  EXPECT_EQ(IntMax(DType::kBool), 1u);
  EXPECT_EQ(FloatMax(DType::kF16), 65504);
  EXPECT_EQ(FloatMax(DType::kBF16), 0x1.fep127);
  EXPECT_EQ(FloatMax(DType::kF8E4M3FN), 448);
  EXPECT_EQ(FloatMax(DType::kF8E4M3FNUZ), 240);
  EXPECT_EQ(FloatMax(DType::kF8E5M2), 57344);
  EXPECT_EQ(FloatMax(DType::kF8E5M2FNUZ), 57344);
  EXPECT_EQ(FloatMax(DType::kF4E2M1), 6);
  EXPECT_EQ(FloatMax(DType::kF6E2M3), 7.5);
  EXPECT_EQ(FloatMax(DType::kF6E3M2), 28);
  EXPECT_EQ(FloatMax(DType::kF8E8M0), 0x1p127);
  EXPECT_EQ(FloatMax(DType::kF32), std::numeric_limits<float>::max());
}

TEST(DType, BytesFor) {
  EXPECT_EQ(BytesFor(DType::kF32, 3), 12);
  EXPECT_EQ(BytesFor(DType::kC128, 2), 32);
  EXPECT_EQ(BytesFor(DType::kF64, int64_t{1} << 61), INT64_MAX);  // of a shape that is only declared
  EXPECT_EQ(BytesFor(DType::kI4, 0), 0);
  EXPECT_EQ(BytesFor(DType::kI4, 3), 2);
  EXPECT_EQ(BytesFor(DType::kU2, 4), 1);
  EXPECT_EQ(BytesFor(DType::kU2, 5), 2);
  EXPECT_EQ(BytesFor(DType::kF6E2M3, 0), 0);
  EXPECT_EQ(BytesFor(DType::kF6E2M3, 1), 1);
  EXPECT_EQ(BytesFor(DType::kF6E3M2, 3), 3);
  EXPECT_EQ(BytesFor(DType::kF6E3M2, 4), 3);
  EXPECT_EQ(BytesFor(DType::kF6E3M2, 5), 4);
  EXPECT_EQ(BytesFor(DType::kI4, int64_t{1} << 62), int64_t{1} << 61);
  EXPECT_EQ(BytesFor(DType::kString, 2), int64_t{2 * sizeof(std::string)});
}

TEST(NarrowFloat, EveryCodeRoundTrips) {
  for (DType t : kNarrow) {
    for (uint32_t code = 0; code < Codes(t); ++code) {
      const double v = DecodeFloat(t, code);
      const uint32_t back = EncodeFloat(t, v, false);
      if (!std::isnan(v)) {
        EXPECT_EQ(back, code) << Name(t);
        if (!std::isinf(v)) {
          EXPECT_EQ(EncodeFloat(t, v, true), code) << Name(t);
        }
      } else {
        EXPECT_TRUE(std::isnan(DecodeFloat(t, back))) << Name(t) << ' ' << code;
        EXPECT_EQ(EncodeFloat(t, v, true), back) << Name(t) << ' ' << code;
      }
    }
  }
}

// An independent reading of the formats: sign, exponent and mantissa as the papers give them.
double Spelled(int exponent_bits, int mantissa_bits, int bias, uint32_t code) {
  const double mantissa = code & ((1u << mantissa_bits) - 1);
  const int exponent = static_cast<int>(code >> mantissa_bits & ((1u << exponent_bits) - 1));
  const double v = exponent == 0 ? std::ldexp(mantissa, 1 - bias - mantissa_bits)
                                 : std::ldexp(1 + std::ldexp(mantissa, -mantissa_bits), exponent - bias);
  return code >> (exponent_bits + mantissa_bits) ? -v : v;
}

TEST(NarrowFloat, ValuesFollowTheFormats) {
  struct Row {
    DType t;
    int exponent_bits, mantissa_bits, bias;
    std::vector<std::pair<uint32_t, double>> special;  // magnitudes
    bool only_nan_is_minus_zero;
  };
  const Row rows[] = {
      {DType::kF8E4M3FN, 4, 3, 7, {{0x7f, kNaN}}, false},
      {DType::kF8E4M3FNUZ, 4, 3, 8, {}, true},
      {DType::kF8E5M2, 5, 2, 15, {{0x7c, kInf}, {0x7d, kNaN}, {0x7e, kNaN}, {0x7f, kNaN}}, false},
      {DType::kF8E5M2FNUZ, 5, 2, 16, {}, true},
      {DType::kF4E2M1, 2, 1, 1, {}, false},
      {DType::kF6E2M3, 2, 3, 1, {}, false},
      {DType::kF6E3M2, 3, 2, 3, {}, false},
  };
  for (const Row& row : rows) {
    for (uint32_t code = 0; code < Codes(row.t); ++code) {
      const uint32_t sign = Codes(row.t) / 2;
      double wanted = Spelled(row.exponent_bits, row.mantissa_bits, row.bias, code);
      for (auto [magnitude, v] : row.special)
        if ((code & (sign - 1)) == magnitude) wanted = code & sign ? -v : v;
      if (row.only_nan_is_minus_zero && code == sign) wanted = kNaN;
      const double v = DecodeFloat(row.t, code);
      if (std::isnan(wanted)) {
        EXPECT_TRUE(std::isnan(v)) << Name(row.t) << ' ' << code;
      } else {
        EXPECT_EQ(std::bit_cast<uint64_t>(v), std::bit_cast<uint64_t>(wanted)) << Name(row.t) << ' ' << code;
      }
    }
  }
  EXPECT_EQ(DecodeFloat(DType::kF8E8M0, 0), 0x1p-127);
  EXPECT_EQ(DecodeFloat(DType::kF8E8M0, 254), 0x1p127);
  EXPECT_TRUE(std::isnan(DecodeFloat(DType::kF8E8M0, 255)));
  EXPECT_EQ(HalfToFloat(1), 0x1p-24f);
  EXPECT_EQ(HalfToFloat(0x3c00), 1);
  EXPECT_EQ(HalfToFloat(0xfc00), -kInf);
  EXPECT_EQ(BFloatToFloat(0x3f80), 1);
  EXPECT_EQ(BFloatToFloat(1), 0x1p-133f);
  for (uint32_t code = 0; code < 65536; ++code) {
    const double v = BFloatToFloat(static_cast<uint16_t>(code));
    EXPECT_TRUE(std::isnan(v) || DecodeFloat(DType::kBF16, code) == v) << code;
  }
}

TEST(NarrowFloat, MidpointsRoundToEvenOnceOnly) {
  for (DType t : kNarrow) {
    if (t == DType::kF8E8M0) continue;
    for (uint32_t code = 0; code + 1 < Codes(t) / 2; ++code) {
      const double low = DecodeFloat(t, code), high = DecodeFloat(t, code + 1);
      if (!std::isfinite(low) || !std::isfinite(high)) continue;
      const double middle = (low + high) / 2;  // exact
      const uint32_t sign = Codes(t) / 2;
      for (bool saturate : {false, true}) {
        const uint32_t even = code & 1 ? code + 1 : code;
        EXPECT_EQ(EncodeFloat(t, middle, saturate), even) << Name(t);
        EXPECT_EQ(EncodeFloat(t, std::nextafter(middle, -kInf), saturate), code) << Name(t);
        EXPECT_EQ(EncodeFloat(t, std::nextafter(middle, kInf), saturate), code + 1) << Name(t);
        const bool zero = even == 0 && (t == DType::kF8E4M3FNUZ || t == DType::kF8E5M2FNUZ);
        EXPECT_EQ(EncodeFloat(t, -middle, saturate), zero ? 0 : sign | even) << Name(t);
        EXPECT_EQ(EncodeFloat(t, -std::nextafter(middle, kInf), saturate), sign | (code + 1)) << Name(t);
      }
    }
  }
}

// ONNX Cast, the tables of special values.
TEST(NarrowFloat, OverflowAndSpecials) {
  struct Row {
    DType t;
    uint32_t max, overflow, nan, minus_zero;
    double beyond;  // the least magnitude that does not round to max
  };
  const Row rows[] = {
      {DType::kF8E4M3FN, 0x7e, 0x7f, 0x7f, 0x80, std::nextafter(464, kInf)},
      {DType::kF8E4M3FNUZ, 0x7f, 0x80, 0x80, 0, 248},
      {DType::kF8E5M2, 0x7b, 0x7c, 0x7e, 0x80, 61440},
      {DType::kF8E5M2FNUZ, 0x7f, 0x80, 0x80, 0, 61440},
      {DType::kF4E2M1, 7, 7, 8, 8, 7},
      {DType::kF6E2M3, 31, 31, 32, 32, 7.75},
      {DType::kF6E3M2, 31, 31, 32, 32, 30},
  };
  for (const Row& row : rows) {
    const uint32_t sign = Codes(row.t) / 2;
    EXPECT_EQ(EncodeFloat(row.t, -0.0), row.minus_zero) << Name(row.t);
    EXPECT_EQ(EncodeFloat(row.t, kNaN, true), row.nan) << Name(row.t);
    EXPECT_EQ(EncodeFloat(row.t, kNaN, false), row.nan) << Name(row.t);
    EXPECT_EQ(EncodeFloat(row.t, std::nextafter(row.beyond, 0), false), row.max) << Name(row.t);
    for (double v : {row.beyond, 1e9, kInf, std::numeric_limits<double>::max()}) {
      EXPECT_EQ(EncodeFloat(row.t, v, true), row.max) << Name(row.t) << ' ' << v;
      EXPECT_EQ(EncodeFloat(row.t, -v, true), sign | row.max) << Name(row.t) << ' ' << v;
      EXPECT_EQ(EncodeFloat(row.t, v, false), row.overflow) << Name(row.t) << ' ' << v;
      EXPECT_EQ(EncodeFloat(row.t, -v, false), sign | row.overflow) << Name(row.t) << ' ' << v;
    }
    EXPECT_EQ(EncodeFloat(row.t, std::numeric_limits<double>::denorm_min()), 0u);
  }
  EXPECT_EQ(EncodeFloat(DType::kF16, 1e9, true), 0x7c00u);
  EXPECT_EQ(FloatToHalf(65520), 0x7c00);
  EXPECT_EQ(FloatToHalf(std::nextafter(65520, 0)), 0x7bff);
  EXPECT_EQ(FloatToHalf(-kInf), 0xfc00);
  EXPECT_EQ(FloatToHalf(kNaN), 0x7e00);
  EXPECT_EQ(FloatToBFloat(1e39), 0x7f80);
  EXPECT_EQ(FloatToBFloat(kNaN), 0x7fc0);
  // 1 + 2^-11 + 2^-40 lies above a midpoint of f16; by way of f32 it would fall onto it.
  EXPECT_EQ(FloatToHalf(1 + 0x1p-11 + 0x1p-40), 0x3c01);
  EXPECT_EQ(FloatToBFloat(1 + 0x1p-8 + 0x1p-40), 0x3f81);
}

TEST(NarrowFloat, PowersRoundTiesUp) {
  const DType t = DType::kF8E8M0;
  for (uint32_t code = 0; code < 254; ++code) {
    const double middle = 1.5 * DecodeFloat(t, code);
    EXPECT_EQ(EncodeFloat(t, middle), code + 1);
    EXPECT_EQ(EncodeFloat(t, std::nextafter(middle, 0), false), code);
    EXPECT_EQ(EncodeFloat(t, -middle), code + 1);
  }
  EXPECT_EQ(EncodeFloat(t, 0, true), 0u);
  EXPECT_EQ(EncodeFloat(t, 0, false), 255u);
  EXPECT_EQ(EncodeFloat(t, 0x1p-128, true), 0u);
  EXPECT_EQ(EncodeFloat(t, 0x1p-128, false), 255u);
  EXPECT_EQ(EncodeFloat(t, 0x1.8p127, true), 254u);
  EXPECT_EQ(EncodeFloat(t, 0x1.8p127, false), 255u);
  EXPECT_EQ(EncodeFloat(t, 0x1.7p127, false), 254u);
  EXPECT_EQ(EncodeFloat(t, kInf, true), 254u);
  EXPECT_EQ(EncodeFloat(t, kInf, false), 255u);
  EXPECT_EQ(EncodeFloat(t, kNaN, true), 255u);
}

// Against arithmetic: the result is no farther from v than either neighbour.
TEST(NarrowFloat, RandomValuesGoToTheNearest) {
  std::mt19937_64 rng(1);
  for (DType t : kNarrow) {
    if (t == DType::kF8E8M0) continue;
    for (int round = 0; round < 20000; ++round) {
      const double scale = t == DType::kBF16 ? 260 : 60;
      const double exponent = (static_cast<double>(rng() >> 11) * 0x1p-53 - 0.5) * scale;
      const double v = std::exp2(exponent);
      if (v > FloatMax(t)) continue;
      const uint32_t code = EncodeFloat(t, v);
      const auto error = [&](uint32_t c) { return std::abs(DecodeFloat(t, c) - v); };
      const bool is_max = DecodeFloat(t, code) == FloatMax(t);
      EXPECT_TRUE(code == 0 || error(code) <= error(code - 1)) << Name(t) << ' ' << v;
      EXPECT_TRUE(is_max || error(code) <= error(code + 1)) << Name(t) << ' ' << v;
    }
  }
}

}  // namespace
}  // namespace hasten
