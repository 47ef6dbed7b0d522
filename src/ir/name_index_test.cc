#include "ir/name_index.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>

namespace hasten {
namespace {

// Names that come and go at random, beside a map of the standard library.
TEST(NameIndex, FindsWhatAMapFinds) {
  std::mt19937 random(1);
  std::vector<std::string> names(3000);
  for (size_t i = 0; i < names.size(); ++i) names[i] = "value_" + std::to_string(i * 7919);
  const auto name_of = [&](uint32_t id) -> std::string_view { return names[id]; };
  NameIndex index;
  std::unordered_map<std::string_view, uint32_t> map;
  EXPECT_EQ(index.Find(names[0], name_of), NameIndex::kNone);
  for (int step = 0; step < 40000; ++step) {
    const auto id = static_cast<uint32_t>(random() % names.size());
    if (map.emplace(names[id], id).second) {
      index.Add(names[id], id);
    } else if (random() % 4 != 0) {
      index.Erase(names[id], id);
      map.erase(names[id]);
    }
    const auto asked = static_cast<uint32_t>(random() % names.size());
    const auto it = map.find(names[asked]);
    ASSERT_EQ(index.Find(names[asked], name_of), it == map.end() ? NameIndex::kNone : it->second) << step;
  }
  EXPECT_GT(map.size(), 100U);
  for (const auto& [name, id] : map) EXPECT_EQ(index.Find(name, name_of), id);
}

// A copy and what it was copied from change on their own.
TEST(NameIndex, CopiesAreTheirOwn) {
  const std::vector<std::string> names = {"a", "b"};
  const auto name_of = [&](uint32_t id) -> std::string_view { return names[id]; };
  NameIndex one;
  one.Add("a", 0);
  NameIndex two = one;
  two.Add("b", 1);
  one.Erase("a", 0);
  EXPECT_EQ(one.Find("a", name_of), NameIndex::kNone);
  EXPECT_EQ(one.Find("b", name_of), NameIndex::kNone);
  EXPECT_EQ(two.Find("a", name_of), 0U);
  EXPECT_EQ(two.Find("b", name_of), 1U);
}

}  // namespace
}  // namespace hasten
