// Several observers as one: each sees every step, the first error ends the run.
#pragma once
#include <vector>

#include "runtime/executor.h"

namespace hasten {

class Observers final : public StepObserver {
 public:
  void Add(StepObserver* observer) { all_.push_back(observer); }
  bool empty() const { return all_.empty(); }
  void Before(const Step& step, size_t index, const KernelCall& call) override {
    for (StepObserver* o : all_) o->Before(step, index, call);
  }
  Status After(const Step& step, size_t index, const KernelCall& call) override {
    for (StepObserver* o : all_) HASTEN_TRY(o->After(step, index, call));
    return {};
  }

 private:
  std::vector<StepObserver*> all_;
};

}  // namespace hasten
