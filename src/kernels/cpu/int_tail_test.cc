#include "kernels/cpu/int_tail.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "kernels/cpu/quantize_row.h"

namespace hasten::cpu {
namespace {

// What RequantizeRows is given: sums whose quotients are as near to ties as integers come.
struct Columns {
  static constexpr int64_t kColumns = 21, kRows = 19, kTable = 48;
  std::vector<double> bias, scale;
  std::vector<float> multiplier, rest;
  std::vector<int32_t> whole, sums;
  double y_scale = 1;

  Columns(std::mt19937* random, double smallest, double largest_bias)
      : bias(kTable), scale(kTable), multiplier(kTable), rest(kTable), whole(kTable), sums(kRows * kColumns + 16) {
    std::uniform_real_distribution<double> unit(0, 1);
    y_scale = 0.5 + unit(*random);
    for (size_t j = 0; j < static_cast<size_t>(kColumns); ++j) {
      bias[j] = (2 * unit(*random) - 1) * largest_bias;
      scale[j] = std::pow(smallest, unit(*random));
      whole[j] = static_cast<int32_t>(std::nearbyint(bias[j]));
      multiplier[j] = static_cast<float>(scale[j] / y_scale);
      rest[j] = static_cast<float>((bias[j] - whole[j]) * (scale[j] / y_scale));
      for (size_t r = 0; r < static_cast<size_t>(kRows); ++r) {
        const double quotient = std::floor(600 * unit(*random) - 300) + 0.5;
        const double sum = std::nearbyint(quotient * y_scale / scale[j] - bias[j]);
        sums[r * static_cast<size_t>(kColumns) + j] = static_cast<int32_t>(std::clamp(sum, -0x1p30, 0x1p30));
      }
    }
  }
};

void ExpectAsInDouble(const Columns& c, int64_t columns, int32_t zero, DType t) {
  const Requantize q{
      c.bias.data(), c.scale.data(), c.multiplier.data(), c.whole.data(), c.rest.data(), c.y_scale, zero, t};
  std::vector<std::byte> y(Columns::kRows * Columns::kColumns);
  RequantizeRows(q, {c.sums.data(), Columns::kColumns, Columns::kRows, 0, columns}, y.data(), Columns::kColumns);
  for (size_t r = 0; r < static_cast<size_t>(Columns::kRows); ++r)
    for (size_t j = 0; j < static_cast<size_t>(columns); ++j) {
      const size_t i = r * static_cast<size_t>(Columns::kColumns) + j;
      const double v = std::nearbyint((c.sums[i] + c.bias[j]) * c.scale[j] / c.y_scale) + zero;
      const double expected = t == DType::kI8 ? std::clamp(v, -128.0, 127.0) : std::clamp(v, 0.0, 255.0);
      const int32_t actual = t == DType::kI8 ? static_cast<int8_t>(y[i]) : static_cast<uint8_t>(y[i]);
      ASSERT_EQ(actual, expected) << "sum " << c.sums[i] << ", bias " << c.bias[j] << ", scale " << c.scale[j] << " / "
                                  << c.y_scale << ", zero point " << zero << ", " << columns << " columns";
    }
}

TEST(RequantizeRows, RoundsAsInDoubleNearTies) {
  std::mt19937 random(1);
  for (double smallest : {1e-7, 1e-4, 1e-2})
    for (double largest_bias : {0.0, 0.5, 1e4, 1e9})
      for (int i = 0; i < 200; ++i) {
        const Columns c(&random, smallest, largest_bias);
        for (int64_t columns : {1, 15, 16, 21}) {
          ExpectAsInDouble(c, columns, static_cast<int32_t>(random() % 256) - 128, DType::kI8);
          ExpectAsInDouble(c, columns, static_cast<int32_t>(random() % 256), DType::kU8);
        }
      }
}

TEST(CombineRun, RoundsAsInDouble) {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> exponent(-4, 1);
  constexpr int64_t kCount = 1000;
  std::vector<std::byte> a(kCount), b(kCount), y(kCount);
  for (int i = 0; i < 400; ++i) {
    for (std::byte& v : a) v = static_cast<std::byte>(random());
    for (std::byte& v : b) v = static_cast<std::byte>(random());
    QuantizedPair q{.product = i % 2 > 0, .dtype = i % 4 < 2 ? DType::kU8 : DType::kI8};
    // As floats hold them: ties are frequent where they have few bits.
    const auto scale = [&] { return std::ldexp(static_cast<double>(1 + random() % (i % 8 < 4 ? 4 : 4096)), -9); };
    q.a_scale = scale();
    q.b_scale = scale();
    q.y_scale = scale() * std::exp(exponent(random));
    if (i % 16 < 8) q.y_scale = scale();
    q.a_zero = q.b_zero = q.y_zero = 77;
    CombineRun(q, a.data(), 1, b.data(), 1, kCount, y.data());
    for (size_t k = 0; k < static_cast<size_t>(kCount); ++k) {
      std::byte expected;
      CombineOne(q, &a[k], &b[k], &expected);
      ASSERT_EQ(y[k], expected) << "of " << static_cast<int>(a[k]) << " and " << static_cast<int>(b[k]) << ", scales "
                                << q.a_scale << ", " << q.b_scale << " and " << q.y_scale;
    }
  }
}

}  // namespace
}  // namespace hasten::cpu
