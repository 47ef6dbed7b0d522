#include <gtest/gtest.h>

#include <random>

#include "kernels/cpu/int_scales.h"

namespace hasten::cpu {
namespace {

template <class T>
Bytes BytesOfVector(const std::vector<T>& v) {
  return {reinterpret_cast<const std::byte*>(v.data()), std::is_signed_v<T>};
}

template <class T>
bool Fit(const std::vector<T>& b, std::vector<int32_t> zero, int64_t columns) {
  return FitQuads({BytesOfVector(b), {}, columns, 1, zero}, static_cast<int64_t>(b.size()) / columns, columns);
}

TEST(FitQuads, AsksForDifferencesOfEightBits) {
  EXPECT_TRUE(Fit<int8_t>({-128, 127}, {}, 1));
  EXPECT_TRUE(Fit<int8_t>({-128, 127}, {0}, 1));
  EXPECT_FALSE(Fit<int8_t>({-128, 127}, {1}, 1));
  EXPECT_FALSE(Fit<int8_t>({-128, 127}, {-1}, 1));
  EXPECT_TRUE(Fit<int8_t>({-127, 100}, {1}, 1));
  EXPECT_TRUE(Fit<uint8_t>({0, 255}, {128}, 1));
  EXPECT_FALSE(Fit<uint8_t>({0, 255}, {127}, 1));
  EXPECT_TRUE(Fit<uint8_t>({0, 127}, {}, 1));
  EXPECT_FALSE(Fit<uint8_t>({0, 128}, {}, 1));
}

TEST(FitQuads, LooksAtTheZeroPointOfEachColumn) {
  EXPECT_TRUE(Fit<uint8_t>({0, 255, 128, 127}, {128, 128}, 2));
  EXPECT_TRUE(Fit<uint8_t>({0, 255, 127, 128}, {0, 128}, 2));
  EXPECT_FALSE(Fit<uint8_t>({0, 255, 128, 128}, {0, 128}, 2));
  EXPECT_FALSE(Fit<uint8_t>({0, 255, 127, 127}, {0, 127}, 2));
  EXPECT_TRUE(Fit<uint8_t>({}, {0, 127}, 2));
}

// Every tile that rows and columns can ask for, over depths that end within a lane and segments that lie apart.
class Tiles : public ::testing::TestWithParam<IntFormat> {};

TEST_P(Tiles, MultiplyExactly) {
  const IntFormat format = GetParam();
  const IntTiles* tiles = BestIntTiles(format);
  if (!tiles) GTEST_SKIP() << "not on this machine";
  std::mt19937 random(1);
  const auto byte = [&] { return static_cast<uint8_t>(random()); };
  for (int64_t length : {1, 2, 3, 4, 7, 64})
    for (int64_t columns : {1, 16, 17, 33, 48, 50}) {
      constexpr int64_t kSegments = 3;
      const int64_t depth = kSegments * length;
      std::vector<uint8_t> b(static_cast<size_t>(depth * columns));
      for (uint8_t& v : b) v = byte();
      const PackedInts shape = PackedInts::Of(format, columns, kSegments, length);
      Tensor packed = *NewTensor(DType::kI32, {shape.size()}), start = *NewTensor(DType::kI32, {shape.width()});
      const int32_t b_zero[] = {128}, a_zero = 200;
      shape.Pack({BytesOfVector(b), {}, columns, 1, b_zero}, packed.as<int32_t>());
      StartSums(packed.as<int32_t>(), shape.width(), a_zero, start.as<int32_t>());
      for (int rows = 1; rows <= tiles->shape.rows; ++rows) {
        const int64_t apart = length + 5, row_size = kSegments * apart + 4;
        std::vector<uint8_t> a(static_cast<size_t>(rows * row_size));
        for (uint8_t& v : a) v = byte();
        std::vector<std::byte> copy(a.size() * static_cast<size_t>(BytesOf(format)));
        CopyNumbers(format, BytesOfVector(a), static_cast<int64_t>(a.size()), copy.data());
        std::vector<const std::byte*> row;
        for (int64_t r = 0; r < rows; ++r) row.push_back(copy.data() + r * row_size * BytesOf(format));
        const int64_t offset[] = {0, apart * BytesOf(format), 2 * apart * BytesOf(format)};
        for (int64_t p = 0; p < shape.panels.count; ++p) {
          const int64_t first = shape.panels.start(p), width = shape.panels.start(p + 1) - first;
          std::vector<int32_t> c(static_cast<size_t>(rows * width));
          tiles->tile[rows][shape.panels.vectors(p)]({row.data(), offset, kSegments, shape.lanes(),
                                                      shape.panel(packed.as<int32_t>(), p), start.as<int32_t>() + first,
                                                      c.data(), width});
          for (int64_t r = 0; r < rows; ++r)
            for (int64_t j = 0; j < shape.panels.valid(p); ++j) {
              int32_t expected = 0;
              for (int64_t k = 0; k < depth; ++k)
                expected += (a[static_cast<size_t>(r * row_size + k / length * apart + k % length)] - a_zero) *
                            (b[static_cast<size_t>(k * columns + first + j)] - b_zero[0]);
              ASSERT_EQ(c[static_cast<size_t>(r * width + j)], expected)
                  << "row " << r << " of " << rows << ", column " << first + j << " of " << columns << ", length "
                  << length;
            }
        }
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, Tiles, ::testing::Values(IntFormat::kPairs, IntFormat::kQuads),
                         [](const auto& info) { return info.param == IntFormat::kPairs ? "pairs" : "quads"; });

// Lanes of four bytes that end behind A are read from copies; no other row moves.
TEST(CopyRowsAtEnd, KeepsLanesInside) {
  ScratchArena arena;
  RunServices services;
  services.scratch = &arena;
  KernelCall call;
  call.services = &services;
  std::array<std::byte, 64> a;
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::byte>(i + 1);
  for (int64_t length = 1; length <= 9; ++length) {
    std::vector<const std::byte*> rows;
    for (int64_t at = 0; at + length <= int64_t{64}; ++at) rows.push_back(a.data() + at);
    const std::vector<const std::byte*> before = rows;
    ASSERT_TRUE(CopyRowsAtEnd(call, a.data() + a.size(), length, rows).ok());
    const int64_t read = (length + 3) / 4 * 4;
    for (size_t r = 0; r < rows.size(); ++r) {
      EXPECT_TRUE(std::equal(rows[r], rows[r] + length, before[r])) << "row " << r << " of length " << length;
      const bool inside = before[r] + read <= a.data() + a.size();
      if (!inside) {
        EXPECT_NE(rows[r], before[r]) << "row " << r << " of length " << length;
      }
      if (r + 8 < rows.size()) {
        EXPECT_EQ(rows[r], before[r]);
      }
    }
  }
}

}  // namespace
}  // namespace hasten::cpu
