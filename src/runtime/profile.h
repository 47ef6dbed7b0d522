// An observer that adds up where a run's time goes.
#pragma once
#include "runtime/executor.h"

namespace hasten {

class Profile final : public StepObserver {
 public:
  struct Entry {
    int64_t runs = 0;
    double nanoseconds = 0;       // of all runs
    double flops = 0, bytes = 0;  // of one run
  };
  explicit Profile(const Plan& plan) : entries_(plan.steps.size()) {}
  void Before(const Step&, size_t index, const KernelCall&) override;
  Status After(const Step&, size_t index, const KernelCall&) override;
  const Entry& entry(size_t step) const { return entries_[step]; }

 private:
  std::vector<Entry> entries_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace hasten
