#include "base/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <thread>
#include <vector>

#include "base/mapped_file.h"

namespace hasten {
namespace {

using testing::HasSubstr;

class Memory : public testing::Test {
 protected:
  void TearDown() override { SetMemoryLimit(UsableMemory()); }
};

TEST_F(Memory, BlocksAreAlignedAndCounted) {
  const int64_t before = MemoryInUse();
  for (const int64_t bytes : {0, 1, 63, 64, 65, 100'000, 3 << 20}) {
    const auto block = NewBlock(bytes, Contents::kZero);
    ASSERT_NE(block, nullptr) << bytes;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.get()) % 64, 0u);
    EXPECT_GE(MemoryInUse() - before, bytes);
    for (int64_t i = 0; i < bytes; ++i) ASSERT_EQ(block.get()[i], std::byte{0});
    std::memset(block.get(), 1, static_cast<size_t>(bytes));
    EXPECT_NE(NewBlock(bytes, Contents::kAny), nullptr);
  }
  EXPECT_EQ(MemoryInUse(), before);
}

TEST_F(Memory, TheLimitHolds) {
  const int64_t before = MemoryInUse();
  SetMemoryLimit(before + (1 << 20));
  const auto half = NewBlock(1 << 19, Contents::kAny);
  ASSERT_NE(half, nullptr);
  EXPECT_EQ(NewBlock(1 << 20, Contents::kAny), nullptr);
  EXPECT_NE(NewBlock(1 << 18, Contents::kAny), nullptr);
  EXPECT_NE(NewBlock(1000, Contents::kAny), nullptr);  // small ones always
  EXPECT_THAT(std::string(NoMemory("a cake", 1 << 20).message()), HasSubstr("a cake needs 1048576 bytes"));
  EXPECT_EQ(NoMemory("", 1).code(), Code::kOutOfMemory);
}

TEST_F(Memory, AbsurdSizesAreRefused) {
  for (const int64_t bytes : {int64_t{-1}, INT64_MIN, INT64_MAX, INT64_MAX - 63, int64_t{1} << 50})
    EXPECT_EQ(NewBlock(bytes, Contents::kZero), nullptr) << bytes;
}

TEST_F(Memory, TheLimitHoldsForManyThreads) {
  constexpr int64_t kBlock = 1 << 20;
  SetMemoryLimit(MemoryInUse() + 5 * (kBlock + 64));
  std::vector<std::shared_ptr<std::byte>> blocks(64);
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < 8; ++t)
      threads.emplace_back([&blocks, t] {
        for (size_t i = t; i < blocks.size(); i += 8) blocks[i] = NewBlock(kBlock, Contents::kAny);
      });
  }
  const auto had = std::count_if(blocks.begin(), blocks.end(), [](const auto& b) { return b != nullptr; });
  EXPECT_LE(had, 5);
  EXPECT_GE(had, 1);
}

TEST(MappedFile, CutShortWhileInUseIsAnError) {
  MappedFile::GuardAgainstTruncation();
  const std::string path = testing::TempDir() + "cut_short";
  ASSERT_TRUE(WriteFile(path, std::string(100'000, 'x')).ok());
  auto file = MappedFile::Open(path);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(MappedFile::Whole().ok());
  ASSERT_EQ(::truncate(path.c_str(), 10), 0);
  EXPECT_EQ((*file)->bytes()[5], 'x');
  EXPECT_EQ((*file)->bytes()[99'999], '\0');
  EXPECT_EQ((*file)->bytes()[50'000], '\0');
  EXPECT_EQ(MappedFile::Whole().code(), Code::kDataLoss);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace hasten
