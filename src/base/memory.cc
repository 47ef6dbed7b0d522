#include "base/memory.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "base/huge_pages.h"

namespace hasten {
namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kMost = int64_t{1} << 48;  // no sum of such sizes overflows
constexpr int64_t kSmall = 1 << 16;          // always to be had: shapes and scalars do not fail

// A file with one number; the greatest there is where it holds none ("max") or is missing.
int64_t NumberIn(const char* path) {
  int64_t number = INT64_MAX;
  if (std::FILE* file = std::fopen(path, "r")) {
    if (std::fscanf(file, "%ld", &number) != 1) number = INT64_MAX;
    std::fclose(file);
  }
  return number;
}

struct Budget {
  std::atomic<int64_t> limit{UsableMemory()}, used{0};
  bool Take(int64_t bytes) {
    const int64_t before = used.fetch_add(bytes, std::memory_order_relaxed);
    if (bytes <= kSmall || before <= limit.load(std::memory_order_relaxed) - bytes) return true;
    Return(bytes);
    return false;
  }
  void Return(int64_t bytes) { used.fetch_sub(bytes, std::memory_order_relaxed); }
};
Budget& TheBudget() {
  static Budget* const budget = new Budget;  // outlives every block
  return *budget;
}

}  // namespace

int64_t UsableMemory() {
  const int64_t machine = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  const int64_t group =
      std::min(NumberIn("/sys/fs/cgroup/memory.max"), NumberIn("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
  return std::min(machine, group);
}

void SetMemoryLimit(int64_t bytes) { TheBudget().limit = bytes; }
int64_t MemoryLimit() { return TheBudget().limit; }
int64_t MemoryInUse() { return TheBudget().used; }

std::shared_ptr<std::byte> NewBlock(int64_t bytes, Contents contents) {
  if (bytes < 0 || bytes > kMost) return nullptr;
  const int64_t size = (bytes + kAlignment) / kAlignment * kAlignment;
  if (!TheBudget().Take(size)) return nullptr;
  // calloc does not align, so it is asked for more.
  void* const block = contents == Contents::kZero ? std::calloc(1, static_cast<size_t>(size + kAlignment))
                                                  : std::aligned_alloc(kAlignment, static_cast<size_t>(size));
  if (!block) {
    TheBudget().Return(size);
    return nullptr;
  }
  AdviseHugePages(block, static_cast<size_t>(size));
  const uintptr_t start = (reinterpret_cast<uintptr_t>(block) + kAlignment - 1) / kAlignment * kAlignment;
  return {reinterpret_cast<std::byte*>(start), [block, size](std::byte*) {
            std::free(block);
            TheBudget().Return(size);
          }};
}

Status NoMemory(std::string_view what, int64_t bytes) {
  return Status(Code::kOutOfMemory, Str(what, " needs ", bytes, " bytes of memory; the limit is ", MemoryLimit(),
                                        ", of which ", MemoryInUse(), " are in use"));
}

}  // namespace hasten
