// Times candidates on this machine, with the real shapes and threads, and remembers the times.
#pragma once
#include <chrono>

#include "kernels/launch.h"
#include "plan/choose.h"
#include "plan/timing_cache.h"

namespace hasten {

// The machine a time is true for: instruction set, cores, version of the kernels.
std::string MachineFingerprint();

class Timer {
 public:
  // `finishes`: what an earlier start had no time for is measured now.
  Timer(TimingCache* cache, ThreadPool* pool, std::chrono::nanoseconds budget, bool finishes)
      : cache_(cache), pool_(pool), left_(budget), finishes_(finishes) {}

  // Nanoseconds of one run; from the cache, or measured while the budget lasts.  Null: neither.
  std::optional<double> Time(const Candidate& candidate, const StepFacts& facts);
  bool exhausted() const { return left_.count() <= 0; }
  int64_t measured() const { return measured_; }

 private:
  Result<double> Measure(const Candidate& candidate, const StepFacts& facts);
  TimingCache* cache_;
  ThreadPool* pool_;
  std::chrono::nanoseconds left_;
  bool finishes_;
  int64_t measured_ = 0;
};

}  // namespace hasten
