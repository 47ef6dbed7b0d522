// An observer that keeps every step of every run with its times and shapes.
#pragma once
#include "runtime/executor.h"
#include "runtime/step_cost.h"

namespace hasten {

class Trace final : public StepObserver {
 public:
  using Clock = std::chrono::steady_clock;
  struct Event {
    size_t step = 0;
    int64_t begin = 0, end = 0;  // nanoseconds since the trace was made
    StepCost cost;
    std::vector<Type> in, epilogue_in, out;  // unknown: absent
  };
  void Before(const Step&, size_t index, const KernelCall&) override;
  Status After(const Step&, size_t index, const KernelCall&) override;
  const std::vector<Event>& events() const { return events_; }
  int64_t Now() const;  // on the events' clock

 private:
  const Clock::time_point origin_ = Clock::now();
  int64_t begin_ = 0;
  std::vector<Event> events_;
};

}  // namespace hasten
