// Whether a simplified model computes what the original does.
#pragma once
#include "cli/report.h"
#include "cli/simplify_flags.h"

namespace hasten::cli {

struct SimplifyCheck {
  int64_t runs = 0;
  std::string why_not;  // the original cannot be run, and why: nothing was compared
  double largest = 0;   // largest difference over the largest element of its output
  std::string differs;  // which output is first beyond the tolerance, and how; empty: none
  double rtol = 0;
};

// The original's side of the check, which needs nothing of the simplified model: both can be worked on at once.
class OriginalRun {
 public:
  // Runs it without passes, by the kernels a cost model chooses, on the inputs that the flags say.  One that is given
  // wrong is an error.  The flags must outlive what is returned.
  static Result<OriginalRun> Of(const SimplifyFlags& flags, std::shared_ptr<const Model> original);
  OriginalRun(OriginalRun&&) noexcept;
  ~OriginalRun();

  // Runs the model in file `path` in the same way, and compares; if need be, further inputs by both.
  Result<SimplifyCheck> CheckFile(const std::string& path);

 private:
  struct State;
  explicit OriginalRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hasten::cli
