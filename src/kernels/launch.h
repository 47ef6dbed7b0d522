// Runs a tactic's chunks, phase after phase, on the threads of a pool.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/tactic.h"

namespace hasten {

// What ends a run before its end: another thread's wish, or the clock.  Asked at every claim of a chunk, by all
// threads.
class RunLimits {
 public:
  using Clock = std::chrono::steady_clock;
  RunLimits() = default;
  // `stop` takes the reason, so that kernels see it too; `cancel` may be null.
  RunLimits(std::atomic<uint32_t>* stop, const std::atomic<bool>* cancel, std::optional<Clock::time_point> deadline)
      : stop_(stop), cancel_(cancel), deadline_(deadline) {}

  // Once true, true for the rest of the run.  Two relaxed loads.
  bool Stopped() const {
    if (!stop_) return false;
    if (stop_->load(std::memory_order_relaxed) != 0) return true;
    return cancel_ && cancel_->load(std::memory_order_relaxed) && Stop(Code::kCancelled);
  }
  // The same with a look at the clock, which takes some 40 ns, where there is a deadline.
  bool Passed() const {
    return Stopped() || (deadline_ && Clock::now() >= *deadline_ && Stop(Code::kDeadlineExceeded));
  }
  // At the claim of a step's n-th chunk.  Chunks last microseconds and more: a look at the clock at each fourth is lost
  // among them, and a deadline is noticed at most that many late.
  bool Passed(int64_t n) const { return n % 4 == 3 ? Passed() : Stopped(); }
  Status Why() const;  // precondition: stopped

 private:
  bool Stop(Code code) const {
    stop_->store(static_cast<uint32_t>(code), std::memory_order_relaxed);
    return true;
  }
  std::atomic<uint32_t>* stop_ = nullptr;
  const std::atomic<bool>* cancel_ = nullptr;
  std::optional<Clock::time_point> deadline_;
};

// What each thread of a pool has of its own during a run: scratch, and services that point at it.  One set per
// concurrent run.
class WorkerServices {
 public:
  explicit WorkerServices(int threads) : workers_(static_cast<size_t>(threads)) {
    for (Worker& w : workers_) w.services.scratch = &w.scratch;
  }
  // Takes over all of `services` but the scratch.
  void Share(const RunServices& services, const RunLimits& limits = {});
  const RunLimits& limits() const { return limits_; }
  RunServices* of(int worker) { return &workers_[static_cast<size_t>(worker)].services; }
  void Reset(int worker) { workers_[static_cast<size_t>(worker)].scratch.Reset(); }

 private:
  struct alignas(64) Worker {
    ScratchArena scratch;
    RunServices services;
  };
  std::vector<Worker> workers_;
  RunLimits limits_;
};

// What the tactic decides for these shapes.  Operands of an epilogue must broadcast to output 0: inference does not
// look at them, and dims that a plan took for equal need not be so in a run.
Status BindCall(const Tactic& tactic, const BoundShapes& shapes, Binding* binding);

// Computes the whole step.  `call` has its operands and services; a chunk sees the services of its thread.  The first
// error ends the step; so do the run's limits, at the next claim, with kCancelled or kDeadlineExceeded.  `workers` has
// as many threads as the pool; a null pool: this thread alone.
Status Launch(const Tactic& tactic, const Binding& binding, KernelCall* call, ThreadPool* pool,
              WorkerServices* workers);

}  // namespace hasten
