#include "tensor/shape.h"

#include <gtest/gtest.h>

namespace hasten {
namespace {

const Dim kN = Dim::Symbol("n"), kM = Dim::Symbol("m");

bool IsFresh(const Dim& d) { return d.symbol().value_or("").starts_with("?"); }

Dim Both(const Dim& a, const Dim& b) {
  const auto one = Broadcast(Shape({a}), Shape({b})), other = Broadcast(Shape({b}), Shape({a}));
  EXPECT_TRUE(one.ok() && other.ok());
  EXPECT_TRUE((*one)[0] == (*other)[0] || (IsFresh((*one)[0]) && IsFresh((*other)[0])));
  return (*one)[0];
}

TEST(Shape, DimsThatBroadcast) {
  EXPECT_EQ(Both(kN, 1), kN);
  EXPECT_EQ(Both(kN, kN), kN);
  EXPECT_EQ(Both(kN, 7), 7);
  EXPECT_TRUE(IsFresh(Both(kN, kM)));
  EXPECT_FALSE(Broadcast(Shape({2}), Shape({3})).ok());
}

// The front of a table of positions beside the length it was cut to: n, or there is no result.
TEST(Shape, ADimAndItsMinimumWithAConstant) {
  EXPECT_EQ(Both(Min(kN, 512), kN), kN);
  EXPECT_EQ(Both(Min(kN, 1), kN), kN);
  EXPECT_TRUE(IsFresh(Both(FloorDiv(kN, 2), kN)));    // 0 beside 1 gives 0
  EXPECT_TRUE(IsFresh(Both(Min(kN, kM), kN)));        // 0 beside 1 gives 0
  EXPECT_TRUE(IsFresh(Both(Max(kN, Dim(512)), kN)));  // 512 beside 1 gives 512
}

}  // namespace
}  // namespace hasten
