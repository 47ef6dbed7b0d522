// Runs a plan.  One executor per concurrent run; the plan is shared.
#pragma once
#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <vector>

#include "kernels/launch.h"
#include "ops/infer.h"
#include "plan/plan.h"
#include "runtime/run_memory.h"
#include "runtime/state.h"

namespace hasten {

struct BoundPlan;
struct BoundStep;

// Hooks around each step: profile, trace and verify are observers.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  // Inputs are there; outputs of data-dependent shape are not yet.
  virtual void Before(const Step&, size_t /*index*/, const KernelCall&) {}
  // Operands are as the kernel saw them (an input that was overwritten in place is gone).  An error ends the run.
  virtual Status After(const Step&, size_t /*index*/, const KernelCall&) { return {}; }
};

struct RunOptions {
  Allocator* output_allocator = nullptr;  // of outputs and values of data-dependent shape; null: the heap
  std::optional<std::chrono::steady_clock::time_point> deadline;
  const std::atomic<bool>* cancel = nullptr;  // another thread may set it
  StepObserver* observer = nullptr;
  std::span<State* const> states;  // one per batch row, if the plan has bound states
  uint64_t seed = 0;               // of random ops without a seed of their own
};

class Executor {
 public:
  struct Options {
    size_t max_bindings = 4;  // input-shape sets remembered
    int64_t max_arena_bytes = INT64_MAX;
    std::shared_ptr<ThreadPool> pool = nullptr;  // that chunks run on, shared with other executors; null: one thread
  };
  explicit Executor(std::shared_ptr<const Plan> plan) : Executor(std::move(plan), Options()) {}
  Executor(std::shared_ptr<const Plan> plan, Options options);
  ~Executor();
  Executor(const Executor&) = delete;

  // `inputs` in the plan's order.  `outputs` is resized; an output that already is a tensor of the right dtype and dims
  // is written in place, so that passing the same vector again makes a run of fixed shapes allocate nothing.
  // Not thread-safe: one run at a time.
  Status Run(std::span<const Value> inputs, std::vector<Value>* outputs, const RunOptions& options = {});

  const Plan& plan() const { return *plan_; }
  int64_t arena_bytes() const;  // of the last binding
  // Binds for these inputs and says what memory a run takes between its steps.
  Result<int64_t> ArenaBytesFor(std::span<const Value> inputs);
  int64_t times_bound() const { return times_bound_; }

 private:
  Result<BoundPlan*> Bind(std::span<const Value> inputs, size_t rows);
  Status BindStates(BoundPlan* bound, const RunOptions& options);
  Status PlaceOutputs(BoundPlan* bound, std::vector<Value>* outputs, Allocator* allocator);
  Status Walk(BoundPlan* bound, const RunOptions& options);
  Status OneStep(BoundPlan* bound, size_t index, const RunOptions& options);
  Status Call(BoundPlan* bound, size_t index, const RunOptions& options);
  Status FixedCall(BoundPlan* bound, size_t index);
  Status DynamicCall(BoundPlan* bound, size_t index);
  Status DynamicTactic(BoundPlan* bound, size_t index);
  Status PlaceOnDevice(BoundPlan* bound, size_t index);

  std::shared_ptr<const Plan> plan_;
  Options options_;
  std::list<std::unique_ptr<BoundPlan>> bindings_;  // most recently used first
  Inference inference_;                             // of bindings
  RunMemory memory_;                                // of bindings
  ScratchArena scratch_;
  DrawCounts draws_;
  RunServices services_;
  WorkerServices workers_;
  std::atomic<uint32_t> stop_{0};
  int64_t times_bound_ = 0;
};

}  // namespace hasten
