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

// Runs `original` and the model in file `path`, both without passes and by the kernels a cost model chooses, on the
// inputs that the flags say.  An input that is given wrong is an error.
Result<SimplifyCheck> CheckSimplified(const SimplifyFlags& flags, const std::shared_ptr<const Model>& original,
                                      const std::string& path);

}  // namespace hasten::cli
