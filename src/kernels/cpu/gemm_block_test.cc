#include "kernels/cpu/gemm_block.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace hasten::cpu {
namespace {

struct Case {
  int64_t rows, segments, length, columns;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.rows << " rows, " << c.segments << " segments of " << c.length << ", " << c.columns << " columns";
}

// K below, around and far beyond the length of a slice; whole and broken tiles and panels; one row.
constexpr Case kCases[] = {{1, 1, 1, 1},    {1, 1, 300, 500},  {1, 3, 2000, 200}, {2, 1, 0, 5},      {7, 9, 3, 33},
                           {9, 9, 700, 31}, {48, 1, 256, 17},  {50, 2, 5000, 49}, {17, 30, 260, 64}, {8, 1, 3000, 48},
                           {3, 4, 1, 1},    {100, 1, 64, 100}, {5, 3, 1024, 15}};

// Whole numbers of which every sum is exact, so that the order of additions does not matter.
std::vector<float> Numbers(int64_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> out(static_cast<size_t>(n));
  for (float& v : out) v = static_cast<float>(static_cast<int>(random() % 7) - 3);
  return out;
}

class GemmBlock : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const auto& [rows, segments, length, columns] = GetParam();
    const TileKernels& kernels = BestTileKernels();
    const int64_t k = segments * length;
    a_ = Numbers(rows * k, 1);
    b_ = Numbers(k * columns, 2);
    c_ = Numbers(rows * columns, 3);
    bias_ = Numbers(columns, 4);
    residual_ = Numbers(rows * columns, 5);
    call_.kernels = &kernels;
    call_.panels = Panels::Of(columns, kernels);
    packed_.resize(static_cast<size_t>(call_.panels.floats(k)) + 16);
    float* to = packed_.data();
    while (reinterpret_cast<uintptr_t>(to) % 64 != 0) ++to;
    PackPanels(call_.panels, {b_.data(), {}, columns, 1}, k, 0, call_.panels.count, to);
    call_.last_panel = call_.panels.count;
    call_.b = to;
    call_.segments = segments;
    call_.length = length;
    call_.tiles = RowTiles::Of(rows, kernels.rows);
    for (int64_t t = 0; t < call_.tiles.count; ++t)
      for (int64_t s = 0; s < segments; ++s)
        for (int64_t r = 0; r < call_.tiles.size(t); ++r)
          pointers_.push_back(a_.data() + (call_.tiles.start(t) + r) * k + s * length);
    call_.a = pointers_.data();
    call_.c = c_.data();
    call_.c_step = columns;
  }

  // What is to be added to 2 * A * B, by row and column.
  template <class F>
  void ExpectProductPlus(const std::vector<float>& before, const F& added) {
    const auto& [rows, segments, length, columns] = GetParam();
    const int64_t k = segments * length;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t j = 0; j < columns; ++j) {
        double sum = call_.accumulate ? static_cast<double>(before[static_cast<size_t>(r * columns + j)]) : 0.0;
        for (int64_t i = 0; i < k; ++i)
          sum += static_cast<double>(a_[static_cast<size_t>(r * k + i)] * b_[static_cast<size_t>(i * columns + j)]);
        ASSERT_EQ(static_cast<double>(c_[static_cast<size_t>(r * columns + j)]), 2 * sum + added(r, j))
            << "row " << r << ", column " << j;
      }
  }

  BlockCall call_;
  std::vector<float> a_, b_, c_, bias_, residual_, packed_;
  std::vector<const float*> pointers_;
};
INSTANTIATE_TEST_SUITE_P(Shapes, GemmBlock, ::testing::ValuesIn(kCases));

TEST_P(GemmBlock, Multiplies) {
  const int64_t columns = GetParam().columns;
  call_.tail = {.scale = 2, .bias = bias_.data(), .residual = residual_.data(), .residual_step = columns};
  MultiplyBlock(call_);
  ExpectProductPlus({}, [&](int64_t r, int64_t j) {
    return static_cast<double>(bias_[static_cast<size_t>(j)] + residual_[static_cast<size_t>(r * columns + j)]);
  });
}

TEST_P(GemmBlock, AddsToWhatIsThere) {
  const std::vector<float> before = c_;
  call_.accumulate = true;
  call_.tail.scale = 2;
  MultiplyBlock(call_);
  ExpectProductPlus(before, [](int64_t, int64_t) { return 0.0; });
}

}  // namespace
}  // namespace hasten::cpu
