#include "cli/layered_layout.h"

#include <gtest/gtest.h>

#include <random>

namespace hasten::cli {
namespace {

using Boxes = std::vector<LayoutBox>;
using Edges = std::vector<LayoutEdge>;

bool Overlap(const LayoutPoint& a, const LayoutBox& p, const LayoutPoint& b, const LayoutBox& q) {
  constexpr double kRounding = 1e-6;
  return std::abs(a.x - b.x) < (p.width + q.width) / 2 - kRounding &&
         std::abs(a.y - b.y) < (p.height + q.height) / 2 - kRounding;
}

// Boxes lie apart and within, edges lead down from box to box.
void ExpectSound(const Boxes& boxes, const Edges& edges) {
  const Layout layout = LayeredLayout(boxes, edges);
  ASSERT_EQ(layout.centers.size(), boxes.size());
  ASSERT_EQ(layout.routes.size(), edges.size());
  for (size_t i = 0; i < boxes.size(); ++i) {
    const LayoutPoint& at = layout.centers[i];
    EXPECT_GE(at.x - boxes[i].width / 2, 0);
    EXPECT_LE(at.x + boxes[i].width / 2, layout.width);
    EXPECT_GE(at.y - boxes[i].height / 2, 0);
    EXPECT_LE(at.y + boxes[i].height / 2, layout.height);
    for (size_t j = 0; j < i; ++j)
      EXPECT_FALSE(Overlap(at, boxes[i], layout.centers[j], boxes[j])) << i << " and " << j;
  }
  for (size_t e = 0; e < edges.size(); ++e) {
    const auto& route = layout.routes[e];
    const LayoutPoint &from = layout.centers[edges[e].from], &to = layout.centers[edges[e].to];
    ASSERT_GE(route.size(), 2u);
    EXPECT_DOUBLE_EQ(route.front().x, from.x);
    EXPECT_DOUBLE_EQ(route.front().y, from.y + boxes[edges[e].from].height / 2);
    EXPECT_DOUBLE_EQ(route.back().x, to.x);
    EXPECT_DOUBLE_EQ(route.back().y, to.y - boxes[edges[e].to].height / 2);
    for (size_t k = 1; k < route.size(); ++k) {
      EXPECT_GE(route[k].y, route[k - 1].y);
      EXPECT_GE(route[k].x, 0);
      EXPECT_LE(route[k].x, layout.width);
    }
  }
}

TEST(LayeredLayout, NothingAndOne) {
  ExpectSound({}, {});
  ExpectSound({{40, 20}}, {});
}

TEST(LayeredLayout, AChainIsStraight) {
  const Boxes boxes = {{40, 20}, {90, 30}, {10, 10}};
  const Edges edges = {{0, 1}, {1, 2}};
  ExpectSound(boxes, edges);
  const Layout layout = LayeredLayout(boxes, edges);
  EXPECT_NEAR(layout.centers[0].x, layout.centers[1].x, 1e-6);
  EXPECT_NEAR(layout.centers[1].x, layout.centers[2].x, 1e-6);
}

TEST(LayeredLayout, ALongEdgePassesBesideBoxes) {
  const Boxes boxes(4, {60, 20});
  const Edges edges = {{0, 1}, {1, 2}, {2, 3}, {0, 3}};
  ExpectSound(boxes, edges);
  const Layout layout = LayeredLayout(boxes, edges);
  for (const LayoutPoint& p : layout.routes[3])
    for (const size_t box : {1, 2}) EXPECT_FALSE(Overlap(p, {0, 0}, layout.centers[box], boxes[box]));
}

TEST(LayeredLayout, UncrossesWhatCanBe) {
  // Two layers, numbered so that every edge crosses another at first.
  const Boxes boxes(6, {30, 20});
  const Edges edges = {{0, 5}, {1, 4}, {2, 3}};
  const Layout layout = LayeredLayout(boxes, edges);
  for (size_t a = 0; a < 3; ++a)
    for (size_t b = 0; b < a; ++b)
      EXPECT_EQ(layout.centers[edges[a].from].x < layout.centers[edges[b].from].x,
                layout.centers[edges[a].to].x < layout.centers[edges[b].to].x);
}

TEST(LayeredLayout, WhatIsReadLateStandsLate) {
  // Box 4 feeds only the last of a chain.
  const Layout layout = LayeredLayout(Boxes(5, {30, 20}), {{0, 1}, {1, 2}, {2, 3}, {4, 3}});
  EXPECT_DOUBLE_EQ(layout.centers[4].y, layout.centers[2].y);
}

TEST(LayeredLayout, AChainThatIsReadLateStandsLate) {
  // 5 -> 6 feeds only the last of a chain, 7 branches off its first.
  const Layout layout =
      LayeredLayout(Boxes(8, {30, 20}), {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {5, 6}, {6, 4}, {0, 7}, {7, 4}});
  EXPECT_DOUBLE_EQ(layout.centers[6].y, layout.centers[3].y);
  EXPECT_DOUBLE_EQ(layout.centers[5].y, layout.centers[2].y);
  EXPECT_DOUBLE_EQ(layout.centers[7].y, layout.centers[1].y);
}

TEST(LayeredLayout, RandomGraphs) {
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    Boxes boxes;
    Edges edges;
    const size_t n = 1 + random() % 60;
    for (size_t i = 0; i < n; ++i) boxes.push_back({10.0 + random() % 90, 10.0 + random() % 40});
    for (size_t i = 1; i < n; ++i)
      for (size_t k = random() % 3; k > 0; --k) edges.push_back({random() % i, i});
    SCOPED_TRACE(round);
    ExpectSound(boxes, edges);
  }
}

}  // namespace
}  // namespace hasten::cli
