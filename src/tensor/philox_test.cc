#include "tensor/philox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace hasten {
namespace {

using Block = std::array<uint32_t, 4>;

// Random123's tests/kat_vectors.
TEST(Philox4x32, KnownAnswers) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, StreamsAndSeedsDiffer) {
  EXPECT_EQ(Philox(1, 2).Bits(3), Philox(1, 2).Bits(3));
  EXPECT_NE(Philox(1, 2).Bits(3), Philox(1, 3).Bits(3));
  EXPECT_NE(Philox(1, 2).Bits(3), Philox(2, 2).Bits(3));
  EXPECT_NE(Philox(1).Bits(3), Philox(1 + (uint64_t{1} << 32)).Bits(3));
  EXPECT_NE(Philox(1).Bits(3), Philox(1).Bits(3 + (uint64_t{1} << 40)));
}

TEST(Philox, FillEqualsOneByOne) {
  const Philox random(42, 7);
  for (uint64_t begin : {0, 1, 2, 1001}) {
    for (size_t n : {0, 1, 2, 5, 64, 256, 701}) {
      std::vector<double> uniform(n), normal(n);
      random.FillUniform(begin, uniform);
      random.FillNormal(begin, normal);
      for (size_t i = 0; i < n; ++i) {
        EXPECT_EQ(uniform[i], random.Uniform(begin + i));
        EXPECT_EQ(normal[i], random.Normal(begin + i));
      }
    }
  }
}

TEST(Philox, MomentsOfUniform) {
  std::vector<double> v(200'000);
  Philox(3).FillUniform(0, v);
  double sum = 0, squares = 0;
  for (double x : v) {
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += x * x;
  }
  const double n = static_cast<double>(v.size());
  EXPECT_NEAR(sum / n, 1.0 / 2, 0.003);
  EXPECT_NEAR(squares / n, 1.0 / 3, 0.003);
}

TEST(Philox, MomentsAndTailsOfNormal) {
  std::vector<double> v(200'000);
  Philox(3).FillNormal(0, v);
  double sums[5] = {};
  double adjacent = 0;
  int beyond_two = 0;
  for (size_t i = 0; i < v.size(); ++i) {
    for (int p = 0; p < 5; ++p) sums[p] += std::pow(v[i], p);
    if (i) adjacent += v[i] * v[i - 1];
    beyond_two += std::abs(v[i]) > 2;
  }
  const double n = static_cast<double>(v.size());
  EXPECT_NEAR(sums[1] / n, 0, 0.01);
  EXPECT_NEAR(sums[2] / n, 1, 0.015);
  EXPECT_NEAR(sums[3] / n, 0, 0.04);
  EXPECT_NEAR(sums[4] / n, 3, 0.1);
  EXPECT_NEAR(adjacent / n, 0, 0.01);
  EXPECT_NEAR(beyond_two / n, 0.0455, 0.003);
}

// The logarithm, sine and cosine behind Normal against libm's.
TEST(Philox, NormalIsBoxMuller) {
  const Philox random(11);
  for (uint64_t i = 0; i < 20'000; i += 2) {
    const double radius = std::sqrt(-2 * std::log(random.Uniform(i) + 0x1p-53));
    const double angle = 6.283185307179586 * random.Uniform(i + 1);
    EXPECT_NEAR(random.Normal(i), radius * std::cos(angle), 1e-14 * radius);
    EXPECT_NEAR(random.Normal(i + 1), radius * std::sin(angle), 1e-14 * radius);
  }
}

// Contents generated from a seed are part of fixtures: these bits must never change.
TEST(Philox, NormalIsBitExactEverywhere) {
  EXPECT_EQ(Philox(0).Bits(0), 0xe169c58d6627e8d5u);
  EXPECT_EQ(Philox(0).Normal(0), -0x1.973628c131c04p-2);
  EXPECT_EQ(Philox(0).Normal(1), -0x1.3dd84ff91e709p-2);
  EXPECT_EQ(Philox(7).Normal(123'456'789), 0x1.0fe165ba13bdap-1);
}

TEST(Philox, Integers) {
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min(), kHigh = std::numeric_limits<int64_t>::max();
  const Philox random(5);
  int counts[6] = {};
  for (uint64_t i = 0; i < 60'000; ++i) {
    const int64_t v = random.Integer(i, -2, 3);
    ASSERT_GE(v, -2);
    ASSERT_LE(v, 3);
    ++counts[v + 2];
  }
  for (int n : counts) EXPECT_NEAR(n, 10'000, 500);
  EXPECT_EQ(random.Integer(0, 9, 9), 9);
  EXPECT_EQ(random.Integer(0, kLow, kHigh), static_cast<int64_t>(static_cast<uint64_t>(kLow) + random.Bits(0)));
  EXPECT_EQ(random.Integer(1, kHigh, kHigh), kHigh);
  bool above = false, below = false;
  for (uint64_t i = 0; i < 64; ++i) {
    const int64_t v = random.Integer(i, kLow + 1, kHigh);
    above |= v > kHigh / 2;
    below |= v < kLow / 2;
  }
  EXPECT_TRUE(above && below);
}

}  // namespace
}  // namespace hasten
