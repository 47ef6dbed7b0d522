// Whether a simplified model computes what the original does.
#pragma once
#include <future>

#include "cli/report.h"
#include "cli/shapes.h"
#include "cli/simplify_flags.h"
#include "engine/session.h"

namespace hasten::cli {

struct SimplifyCheck {
  int64_t runs = 0;
  std::string why_not;  // the original cannot be run, and why: nothing was compared
  double largest = 0;   // largest difference over the largest element of its output
  std::string differs;  // which output is first beyond the tolerance, and how; empty: none
  double rtol = 0;
};

// What both models are run on: inputs as the flags and the original say, and threads.
class CheckInputs {
 public:
  // An input that is given wrong is an error.  `flags` must outlive what is returned.
  static Result<CheckInputs> Of(const SimplifyFlags& flags, std::shared_ptr<const Model> original);
  // Input set `number`; `attempt` says how long dims are that the model leaves open.
  // Thread-safe.
  Result<std::vector<Value>> Set(int64_t number, int attempt) const;
  int first_attempt() const { return first_attempt_; }
  int end_of_attempts() const;  // from here on they are not worth trying

  const SimplifyFlags& flags() const { return *flags_; }
  const std::shared_ptr<const Model>& original() const { return original_; }
  const std::shared_ptr<ThreadPool>& pool() const { return pool_; }  // as many threads as there are usable cores

 private:
  CheckInputs(const SimplifyFlags& flags, std::shared_ptr<const Model> original, InputShapes shapes);
  Status ReadFiles();
  Result<std::vector<Value>> Make(int64_t number, int attempt) const;

  const SimplifyFlags* flags_;
  std::shared_ptr<const Model> original_;
  std::shared_ptr<ThreadPool> pool_;
  InputShapes shapes_;
  int first_attempt_;
  std::vector<Value> given_;
  // Of the first attempt, which both models take.
  struct First {
    std::once_flag once;
    std::optional<std::vector<Value>> values;
  };
  std::unique_ptr<First> first_ = std::make_unique<First>();
};

// The original's side of the check, which needs nothing of the simplified model: both can be worked on at once.
struct OriginalRun {
  std::unique_ptr<Session> session;
  std::optional<int> attempt;  // the first of `inputs` that it could be run on; none: why_not says why
  std::vector<Value> outputs;  // of input set 0
  std::string why_not;

  // Begins it, with one thread of the pool at rest: the caller has other work meanwhile.  `inputs` must outlive it.
  static std::future<OriginalRun> Begin(const CheckInputs& inputs);
};

// Runs the simplified model, while the original may still be running, and compares; if need be, further inputs by both.
// Whichever is done leaves its core to the other.
Result<SimplifyCheck> CheckSimplified(const CheckInputs& inputs, std::shared_ptr<const Model> simplified,
                                      std::future<OriginalRun> original);

}  // namespace hasten::cli
