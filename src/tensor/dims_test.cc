#include "tensor/dims.h"

#include <gtest/gtest.h>

namespace hasten {
namespace {

TEST(Dims, Edits) {
  Dims d = {2, 3, 5};
  d.insert(0, 7);
  d.insert(4, 11);
  EXPECT_EQ(d.Text(), "[7,2,3,5,11]");
  d.erase(0);
  d.erase(3);
  d.insert(1, 9);
  EXPECT_TRUE(d == (Dims{2, 9, 3, 5}));
  EXPECT_FALSE(d == (Dims{2, 9, 3}));
  EXPECT_EQ(d.elements(), 270);
  EXPECT_EQ(d.Product(1, 3), 27);
  EXPECT_EQ(d.Product(2, 2), 1);
  EXPECT_EQ(Dims{}.elements(), 1);
  EXPECT_EQ(Dims::Filled(3, 4).Text(), "[4,4,4]");
  EXPECT_EQ(Dims{}.Text(), "[]");
}

TEST(Dims, ProductsEndAtTheLargestNumber) {
  EXPECT_EQ((Dims{2, 3, 5}).Product(1, 3), 15);
  EXPECT_EQ((Dims{11011, int64_t{1} << 62, 4}).elements(), INT64_MAX);
  EXPECT_EQ((Dims{int64_t{1} << 62, int64_t{1} << 62, 0}).elements(), 0);
}

TEST(Dims, CheckedElements) {
  const auto elements = [](std::initializer_list<int64_t> d) {
    auto n = CheckedElements(Dims(d));
    return n.ok() ? *n : -1;
  };
  constexpr int64_t kHuge = int64_t{1} << 31;
  EXPECT_EQ(elements({}), 1);
  EXPECT_EQ(elements({2, 3}), 6);
  EXPECT_EQ(elements({kHuge, kHuge}), int64_t{1} << 62);
  EXPECT_EQ(elements({kHuge, kHuge, 2}), -1);
  EXPECT_EQ(elements({kHuge, 0, 5}), 0);
  EXPECT_EQ(elements({kHuge, kHuge, 2, 0}), -1);  // strides would overflow
  EXPECT_EQ(elements({0, -1}), -1);
  EXPECT_EQ(elements({std::numeric_limits<int64_t>::min()}), -1);
}

TEST(Dims, Broadcast) {
  const auto broadcast = [](const Dims& a, const Dims& b) {
    auto d = BroadcastDims(a, b);
    auto reverse = BroadcastDims(b, a);
    EXPECT_EQ(d.ok(), reverse.ok());
    if (!d.ok()) return std::string("error");
    EXPECT_TRUE(*d == *reverse);
    return d->Text();
  };
  EXPECT_EQ(broadcast({2, 3}, {3}), "[2,3]");
  EXPECT_EQ(broadcast({2, 1}, {3}), "[2,3]");
  EXPECT_EQ(broadcast({}, {4, 5}), "[4,5]");
  EXPECT_EQ(broadcast({0}, {1}), "[0]");
  EXPECT_EQ(broadcast({0}, {2}), "error");
  EXPECT_EQ(broadcast({2, 3}, {2}), "error");
}

TEST(Dims, Strides) {
  EXPECT_EQ(StridesOf({2, 3, 4}).Text(), "[12,4,1]");
  EXPECT_EQ(StridesOf({}).Text(), "[]");
  EXPECT_EQ(BroadcastStrides({3, 1, 4}, {2, 3, 5, 4}).Text(), "[0,4,0,1]");
  EXPECT_EQ(BroadcastStrides({}, {2, 3}).Text(), "[0,0]");
}

TEST(Dims, NormalizeAxis) {
  EXPECT_EQ(*NormalizeAxis(-1, 3), 2);
  EXPECT_EQ(*NormalizeAxis(2, 3), 2);
  EXPECT_EQ(*NormalizeAxis(-3, 3), 0);
  EXPECT_FALSE(NormalizeAxis(3, 3).ok());
  EXPECT_FALSE(NormalizeAxis(-4, 3).ok());
  EXPECT_FALSE(NormalizeAxis(0, 0).ok());
  EXPECT_FALSE(NormalizeAxis(std::numeric_limits<int64_t>::min(), 3).ok());
}

}  // namespace
}  // namespace hasten
