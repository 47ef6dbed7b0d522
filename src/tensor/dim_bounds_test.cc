#include "tensor/dim_bounds.h"

#include <gtest/gtest.h>

#include <limits>

namespace hasten {
namespace {

Dim D(std::string_view text) { return *Dim::Parse(text); }

TEST(DimBounds, DecideMinAndMax) {
  DimBounds bounds;
  bounds.AtMost(D("n"), 7);
  EXPECT_EQ(bounds.Within(D("max(min(n+1,8)-n,0)")).Text(), "1");
  EXPECT_EQ(bounds.Within(D("min(n+1,8)*m")).Text(), D("m*n+m").Text());
  EXPECT_EQ(bounds.Within(D("floordiv(max(n,7),2)")).Text(), "3");
  for (const char* text : {"min(n,6)", "min(m,8)", "n+1", "5"}) EXPECT_EQ(bounds.Within(D(text)).Text(), text);
}

TEST(DimBounds, TheLeastOfSeveralHolds) {
  DimBounds bounds;
  EXPECT_TRUE(bounds.empty());
  bounds.AtMost(D("n+2"), 9);
  bounds.AtMost(D("n"), 12);
  EXPECT_EQ(bounds.Within(D("min(n,7)")).Text(), "n");
  EXPECT_EQ(bounds.Within(D("min(n,6)")).Text(), "min(n,6)");
  bounds.AtMost(D("n"), 6);
  EXPECT_EQ(bounds.Within(D("min(n,6)")).Text(), "n");
  bounds.Clear();
  EXPECT_EQ(bounds.Within(D("min(n,6)")).Text(), "min(n,6)");
}

TEST(DimBounds, WhatIsNoSymbolAndAConstantTeachesNothing) {
  DimBounds bounds;
  bounds.AtMost(D("2*n"), 4);
  bounds.AtMost(D("n+m"), 4);
  bounds.AtMost(D("min(n,9)"), 4);
  bounds.AtMost(Dim(3), 4);
  bounds.AtMost(D("n+5"), 4);  // never
  bounds.AtMost(D("n"), std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(bounds.empty());
}

}  // namespace
}  // namespace hasten
