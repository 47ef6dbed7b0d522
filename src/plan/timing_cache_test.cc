#include "plan/timing_cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace hasten {
namespace {

class TimingCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = testing::TempDir() + "timing_cache_" + test->name() + ".txt";
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void Write(const std::string& text) const { std::ofstream(path_) << text; }
  std::string Read() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string path_;
};

std::string KeyOf(int i) { return Str("machine | conv ", i * 7919 % 1000); }

TEST_F(TimingCacheTest, FindsEachOfManyAndNoOther) {
  EXPECT_EQ(TimingCache::Load(path_).Find(KeyOf(0)), std::nullopt);
  for (int part = 0; part < 3; ++part) {  // each save meets what the earlier ones left
    TimingCache cache = TimingCache::Load(path_);
    EXPECT_FALSE(cache.changed());
    for (int i = part; i < 1000; i += 3) cache.Add(KeyOf(i), i + 0.25);
    EXPECT_TRUE(cache.changed());
    ASSERT_TRUE(cache.Save(path_).ok());
  }
  const TimingCache cache = TimingCache::Load(path_);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(cache.Find(KeyOf(i)), i + 0.25) << i;
  for (const std::string none : {"", "a", "machine | conv ", "machine | conv 1000", "machine | conv 5x", "z"})
    EXPECT_EQ(cache.Find(none), std::nullopt) << none;
}

TEST_F(TimingCacheTest, KeepsATimeWhereThereWasNoneToMeasureAgain) {
  TimingCache first;
  first.Add("a", 5);
  first.Add("b", 0);
  ASSERT_TRUE(first.Save(path_).ok());
  TimingCache second;
  second.Add("a", 0);
  second.Add("b", 7);
  ASSERT_TRUE(second.Save(path_).ok());
  EXPECT_EQ(Read(), "hasten timing cache 1\n5\ta\n7\tb\n");
}

TEST_F(TimingCacheTest, TakesWhatReadsOfADamagedFile) {
  Write("hasten timing cache 1\n1\ta\nwhat?\n-3\tb\nnan\tc\n4 \td\n\n2e3\te\n7\tf");  // and no line break at the end
  const TimingCache cache = TimingCache::Load(path_);
  for (const char* damaged : {"b", "c", "d", "what?", ""}) EXPECT_EQ(cache.Find(damaged), std::nullopt) << damaged;
  EXPECT_EQ(cache.Find("f"), 7);
  TimingCache more;
  more.Add("g", 1);
  ASSERT_TRUE(more.Save(path_).ok());
  EXPECT_EQ(Read(), "hasten timing cache 1\n1\ta\n2000\te\n7\tf\n1\tg\n");

  Write("hasten timing cache 2\n1\ta\n");
  EXPECT_EQ(TimingCache::Load(path_).Find("a"), std::nullopt);
}

TEST_F(TimingCacheTest, SaysWhereItCannotWrite) {
  TimingCache cache;
  cache.Add("a", 1);
  EXPECT_NE(cache.Save("/nonexistent/folder/times.txt").message().find("/nonexistent/folder/times.txt"),
            std::string::npos);
}

}  // namespace
}  // namespace hasten
