// Whether a simplified model computes what the original does.
#pragma once
#include "cli/report.h"
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

// A session as the check runs models: without passes, by the kernels a cost model chooses.
Result<std::unique_ptr<Session>> CheckSession(std::shared_ptr<const Model> model, std::shared_ptr<RunMemory> memory);

// The original's side of the check, which needs nothing of the simplified model: both can be worked on at once.
class OriginalRun {
 public:
  // Runs it on the inputs that the flags say.  One that is given wrong is an error.  The flags must outlive what is
  // returned.
  static Result<OriginalRun> Of(const SimplifyFlags& flags, std::shared_ptr<const Model> original,
                                std::shared_ptr<RunMemory> memory);
  OriginalRun(OriginalRun&&) noexcept;
  ~OriginalRun();

  // Runs the simplified model, which an original that cannot be run does not need, and compares; if need be, further
  // inputs by both.
  Result<SimplifyCheck> Check(Result<std::unique_ptr<Session>> simplified);

 private:
  struct State;
  explicit OriginalRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hasten::cli
