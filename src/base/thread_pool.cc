#include "base/thread_pool.h"

#include "base/status.h"

namespace hasten {
namespace {

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads, Clock::duration spin) : spin_(spin), working_(threads) {
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { Work(i); });
}

ThreadPool::~ThreadPool() {
  ending_.store(true);
  ticket_.fetch_add(uint64_t{1} << (kNextBits + kChunkBits));  // parked threads wake for any change
  ticket_.notify_all();
  Rest(0);
  for (std::thread& t : workers_) t.join();
}

void ThreadPool::Rest(int threads) {
  working_.store(std::max(1, this->threads() - threads));
  working_.notify_all();
}

void ThreadPool::Run(int64_t chunks, Body body, void* context) {
  HASTEN_CHECK(chunks <= kMaxChunks);
  if (chunks <= 1 || workers_.empty() || busy_.exchange(true, std::memory_order_acquire)) {
    for (int64_t i = 0; i < chunks; ++i) body(context, i, 0);
    return;
  }
  body_.store(body, std::memory_order_relaxed);
  context_.store(context, std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  // Sequentially consistent with parked_: either we see that a thread parks, or it sees this ticket.
  ticket_.store(Ticket(++generation_, chunks), std::memory_order_seq_cst);
  if (parked_.load(std::memory_order_seq_cst) > 0) ticket_.notify_all();
  while (ClaimAndCompute(0)) {
  }
  while (done_.load(std::memory_order_acquire) != chunks) Pause();
  busy_.store(false, std::memory_order_release);
}

bool ThreadPool::ClaimAndCompute(int worker) {
  constexpr uint64_t kMask = (uint64_t{1} << kNextBits) - 1;
  uint64_t ticket = ticket_.load(std::memory_order_acquire);
  do {
    if ((ticket & kMask) >= ((ticket >> kNextBits) & kMask)) return false;
  } while (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acquire, std::memory_order_acquire));
  // The job cannot end before this chunk is done, so body and context are its own.
  body_.load(std::memory_order_relaxed)(context_.load(std::memory_order_relaxed), static_cast<int64_t>(ticket & kMask),
                                        worker);
  done_.fetch_add(1, std::memory_order_release);
  return true;
}

void ThreadPool::Work(int worker) {
  constexpr int kPolls = 256;  // between looks at the clock
  while (true) {
    while (!Rests(worker) && ClaimAndCompute(worker)) {
    }
    if (const int working = working_.load(); worker >= working) {
      working_.wait(working);
      continue;
    }
    const uint64_t seen = ticket_.load(std::memory_order_acquire);
    if (ending_.load()) return;  // set before the ticket's last change, so that change is either seen or waited for
    const Clock::time_point until = Clock::now() + spin_;
    bool work = false;
    do {
      for (int i = 0; i < kPolls && !work; ++i) {
        work = ticket_.load(std::memory_order_acquire) != seen || Rests(worker);
        Pause();
      }
    } while (!work && Clock::now() < until);
    if (!work) Park(seen);
  }
}

void ThreadPool::Park(uint64_t seen) {
  parked_.fetch_add(1, std::memory_order_seq_cst);
  ticket_.wait(seen, std::memory_order_seq_cst);
  parked_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace hasten
