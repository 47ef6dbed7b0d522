// Times candidates on this machine, with the real shapes and threads, and remembers the times.
#pragma once
#include <chrono>
#include <map>

#include "kernels/launch.h"
#include "plan/choose.h"

namespace hasten {

// Times of candidates by a text that says all they depend on; in a file, one a line, shared between plans and
// processes.
class TimingCache {
 public:
  // Reads what is there; a missing or damaged file is an empty cache.
  static TimingCache Load(const std::string& path);
  // Adds to the file whatever others have added meanwhile, and replaces it by renaming.  Errors: the folder cannot be
  // written.
  Status Save(const std::string& path) const;

  // Null: never asked for.  0: there was no time left to measure it.
  const double* Find(const std::string& key) const;
  void Add(const std::string& key, double nanoseconds);
  bool changed() const { return changed_; }
  size_t size() const { return times_.size(); }

 private:
  std::map<std::string, double> times_;
  bool changed_ = false;
};

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
