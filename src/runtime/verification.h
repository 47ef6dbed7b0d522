// An observer that computes every step again by its reference, and ends the run at the first that is too far from it.
#pragma once
#include "ops/interpret.h"
#include "runtime/executor.h"

namespace hasten {

class Verification final : public StepObserver {
 public:
  explicit Verification(const Plan& plan) : plan_(plan) {}  // which must outlive it
  void Before(const Step&, size_t index, const KernelCall&) override;
  // kInternal: an output is further from the reference than the tactic's bound, and than that many times what the
  // reference itself moves where each operand is off by one rounding: sums may cancel.
  Status After(const Step&, size_t index, const KernelCall&) override;

  int64_t verified() const { return verified_; }
  // Steps that are references themselves, and those on bound states or other devices.
  int64_t skipped() const { return skipped_; }
  // The step that came nearest to its bound.
  struct Worst {
    size_t step = 0;
    double units = 0, bound = 0;
  };
  const std::optional<Worst>& worst() const { return worst_; }

 private:
  bool Verifiable(const Step& step) const;
  Result<Value> Plain(SlotId slot, const Value& value) const;
  Result<std::vector<Value>> Reference(const Step& step, const KernelCall& call, bool rounded) const;
  Result<double> Allowed(const Step& step, const KernelCall& call, size_t output, const Tensor& expected) const;
  Status CompareOutput(const Step& step, size_t index, const KernelCall& call, size_t output, const Value& actual,
                       const Value& expected);

  const Plan& plan_;
  Value overwritten_;  // what the in-place input of the step that runs was
  int64_t verified_ = 0, skipped_ = 0;
  std::optional<Worst> worst_;
};

}  // namespace hasten
