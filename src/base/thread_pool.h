// Threads that share the chunks of one step after another.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace hasten {

// The caller of Run and the pool's own threads claim chunks until none is left.  A run of chunks ends when all chunks
// have been computed, not when all threads have come: a thread that the system holds back is not waited for.
//
// Threads spin for a while after work, then park.  Run may be called from several threads at once: while one call has
// the pool's threads, the others compute their chunks alone.
class ThreadPool {
 public:
  using Clock = std::chrono::steady_clock;
  // `worker` is below threads(), and no two chunks that run at once share it.
  using Body = void (*)(void* context, int64_t chunk, int worker);
  static constexpr int64_t kMaxChunks = (int64_t{1} << 24) - 1;

  // `threads`: with the caller; at least 1.  `spin`: how long a thread looks for work before it parks.
  explicit ThreadPool(int threads, Clock::duration spin = std::chrono::milliseconds(3));
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }
  // body(context, chunk, worker) for each chunk in [0, chunks), in any order.  Precondition: chunks <= kMaxChunks.
  void Run(int64_t chunks, Body body, void* context);
  // The last `threads` of the pool's own threads claim nothing, but what they are about to, until told otherwise: so
  // that several callers take no more cores than the pool has threads.
  void Rest(int threads);

 private:
  // The ticket: what is being claimed.  A claim is one compare-and-swap of it, so that a claimed chunk always belongs
  // to the job whose body and context are in force.
  static constexpr int kNextBits = 24, kChunkBits = 24;
  static uint64_t Ticket(uint64_t generation, int64_t chunks) {
    return generation << (kNextBits + kChunkBits) | static_cast<uint64_t>(chunks) << kNextBits;
  }
  bool ClaimAndCompute(int worker);
  void Work(int worker);
  bool Rests(int worker) const { return worker >= working_.load(std::memory_order_relaxed); }
  void Park(uint64_t seen);

  const Clock::duration spin_;
  alignas(64) std::atomic<uint64_t> ticket_{0};
  alignas(64) std::atomic<int64_t> done_{0};
  alignas(64) std::atomic<Body> body_{nullptr};
  std::atomic<void*> context_{nullptr};
  std::atomic<bool> busy_{false};
  std::atomic<bool> ending_{false};
  std::atomic<int> parked_{0};
  std::atomic<int> working_;  // threads from here on rest
  uint64_t generation_ = 0;   // of whoever holds busy_
  std::vector<std::thread> workers_;
};

}  // namespace hasten
