#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <time.h>

#include <array>
#include <numeric>

#include "base/cores.h"

namespace hasten {
namespace {

struct Counts {
  std::array<std::atomic<int>, 1000> chunk{};
  std::atomic<int64_t> wrong_worker{0};
  int threads = 0;
};

void Count(void* context, int64_t chunk, int worker) {
  auto* counts = static_cast<Counts*>(context);
  counts->chunk[static_cast<size_t>(chunk)]++;
  if (worker < 0 || worker >= counts->threads) counts->wrong_worker++;
}

TEST(ThreadPool, EveryChunkOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads, std::chrono::microseconds(200));
    Counts counts;
    counts.threads = threads;
    for (int run = 0; run < 2000; ++run) pool.Run(run % 1000, Count, &counts);
    for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(counts.chunk[i], 2 * (999 - static_cast<int>(i))) << i;
    EXPECT_EQ(counts.wrong_worker, 0);
  }
}

TEST(ThreadPool, CallersFromSeveralThreads) {
  ThreadPool pool(3);
  std::vector<std::thread> callers;
  std::vector<Counts> counts(4);
  for (Counts& c : counts) {
    c.threads = 3;
    callers.emplace_back([&pool, &c] {
      for (int run = 0; run < 500; ++run) pool.Run(100, Count, &c);
    });
  }
  for (std::thread& t : callers) t.join();
  for (const Counts& c : counts) {
    for (size_t i = 0; i < 100; ++i) EXPECT_EQ(c.chunk[i], 500);
  }
}

// Whether they spin or sleep when they are told.
TEST(ThreadPool, RestingThreadsClaimNothing) {
  struct Seen {
    std::array<std::atomic<int64_t>, 4> chunks{};  // per worker
  };
  const auto body = [](void* context, int64_t, int worker) {
    ++static_cast<Seen*>(context)->chunks[static_cast<size_t>(worker)];
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(20);
    while (std::chrono::steady_clock::now() < until) {
    }
  };
  for (const auto spin : {std::chrono::microseconds(0), std::chrono::microseconds(200)}) {
    ThreadPool pool(4, spin);
    // Chunks of 1000 that threads from `first` on computed.
    const auto computed_from = [&](size_t first) {
      Seen seen;
      for (int i = 0; i < 20; ++i) pool.Run(50, body, &seen);
      EXPECT_EQ(std::accumulate(seen.chunks.begin(), seen.chunks.end(), int64_t{0}), 1000);
      return std::accumulate(seen.chunks.begin() + static_cast<int64_t>(first), seen.chunks.end(), int64_t{0});
    };
    for (const int rest : {1, 3, 5}) {
      pool.Rest(rest);
      const int working = std::max(1, 4 - rest);
      EXPECT_LE(computed_from(static_cast<size_t>(working)), 4 - working) << "what they were about to claim";
    }
    pool.Rest(0);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    int64_t back = 0;
    while (back == 0 && std::chrono::steady_clock::now() < until) back = computed_from(1);
    EXPECT_GT(back, 0);
  }
}

// Ends each time, whether the threads spin or sleep.
TEST(ThreadPool, WakesParkedThreads) {
  ThreadPool pool(3, std::chrono::microseconds(0));
  Counts counts;
  counts.threads = 3;
  for (int run = 0; run < 200; ++run) {
    if (run % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    pool.Run(10, Count, &counts);
  }
  EXPECT_EQ(counts.chunk[9], 200);
}

double CpuSeconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

TEST(ThreadPool, IdlesWithoutCpu) {
  ThreadPool pool(3);
  Counts counts;
  counts.threads = 3;
  pool.Run(10, Count, &counts);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const double before = CpuSeconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(CpuSeconds() - before, 0.002);
}

TEST(Cores, AtLeastOne) { EXPECT_GE(UsableCores(), 1); }

}  // namespace
}  // namespace hasten
