// Runs a tactic's chunks, phase after phase, on the threads of a pool.
#pragma once
#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/tactic.h"

namespace hasten {

// What each thread of a pool has of its own during a run: scratch, and services that point at it.  One set per
// concurrent run.
class WorkerServices {
 public:
  explicit WorkerServices(int threads) : workers_(static_cast<size_t>(threads)) {
    for (Worker& w : workers_) w.services.scratch = &w.scratch;
  }
  // Takes over all of `services` but the scratch.
  void Share(const RunServices& services);
  RunServices* of(int worker) { return &workers_[static_cast<size_t>(worker)].services; }
  void Reset(int worker) { workers_[static_cast<size_t>(worker)].scratch.Reset(); }

 private:
  struct alignas(64) Worker {
    ScratchArena scratch;
    RunServices services;
  };
  std::vector<Worker> workers_;
};

// Computes the whole step.  `call` has its operands and services; a chunk sees the services of its thread.  The first
// error ends the step; so does the run's stop word, at the next claim.  `workers` has as many threads as the pool; a
// null pool: this thread alone.
Status Launch(const Tactic& tactic, const Binding& binding, KernelCall* call, ThreadPool* pool,
              WorkerServices* workers);

}  // namespace hasten
