// Load, plan and run a model as one object.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "plan/plan_file.h"
#include "runtime/executor.h"

namespace hasten {

struct SessionOptions {
  PlanOptions plan;
  int threads = 1;     // 0: as many as this process may use
  bool passes = true;  // whether Load and Optimized simplify the graph first
  // False: Load and Optimized let go of the weights that were packed, so that they are in memory once.  The model then
  // lacks their contents: it can be run, not exported, verified or planned again.
  bool keep_weights = true;
  std::shared_ptr<ThreadPool> pool = nullptr;  // shared with others, in place of `threads`; null: of its own
};

// One loaded model with one executor.  Not thread-safe; share `plan()` between sessions or executors instead.
class Session {
 public:
  // What LoadModel takes.  Errors begin with the path.
  static Result<std::unique_ptr<Session>> Load(const std::string& path, const SessionOptions& options = {});
  static Result<std::unique_ptr<Session>> Of(std::shared_ptr<const Model> model, const SessionOptions& options = {});
  // Simplifies `model` first, for the liberty with rounding that the plan has.
  static Result<std::unique_ptr<Session>> Optimized(std::shared_ptr<Model> model, const SessionOptions& options);
  // A plan file's plan; options.plan counts where it must be planned again, options.threads == 0: as many as the plan
  // was made for.
  static Result<std::unique_ptr<Session>> OfPlanFile(const PlanFile& file, const SessionOptions& options = {});
  int threads() const { return threads_; }
  bool planned_again() const { return planned_again_; }  // of a plan file: its notes say why

  const Model& model() const { return *plan_->model; }
  const std::shared_ptr<const Plan>& plan() const { return plan_; }
  const std::shared_ptr<ThreadPool>& pool() const { return pool_; }  // null: one thread
  Executor& executor() { return executor_; }
  // In the model's order.
  const std::string& input_name(size_t i) const { return plan_->values[plan_->inputs[i]].name; }
  const std::string& output_name(size_t i) const { return plan_->values[plan_->outputs[i]].name; }
  const Type& input_type(size_t i) const;
  const Type& output_type(size_t i) const;  // inferred; may be symbolic
  // As the model declares it, else as inferred, which may be wider (an optional that is always there).  Files hold it.
  const Type& declared_output_type(size_t i) const;
  size_t inputs() const { return plan_->inputs.size(); }
  size_t outputs() const { return plan_->outputs.size(); }

  Status Run(std::span<const Value> inputs, std::vector<Value>* outputs, const RunOptions& options = {}) {
    return executor_.Run(inputs, outputs, options);
  }

 private:
  Session(std::shared_ptr<const Plan> plan, std::shared_ptr<ThreadPool> pool)
      : threads_(pool ? pool->threads() : 1),
        pool_(std::move(pool)),
        plan_(std::move(plan)),
        executor_(plan_, {.pool = pool_}) {}
  int threads_ = 1;
  bool planned_again_ = false;
  std::shared_ptr<ThreadPool> pool_;
  std::shared_ptr<const Plan> plan_;
  Executor executor_;
};

// "zoo:NAME" is a topology of zoo/ with generated weights; else a file: one that begins as a plan file gives its graph,
// .ir is the text form, everything else ONNX.
Result<std::unique_ptr<Model>> LoadModel(const std::string& path, const Catalog& catalog = Catalog::BuiltIn());

}  // namespace hasten
