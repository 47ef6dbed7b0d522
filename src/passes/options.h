// What a caller may ask of the passes.
#pragma once
#include <string>
#include <vector>

#include "ops/numerics.h"
#include "ops/op.h"

namespace hasten {

struct PassOptions {
  Numerics numerics = Numerics::kWinograd;  // rules that take more liberty do not run
  std::vector<std::string> off;             // names of rules and passes that do not run
  // A node is folded into a constant if its result is at most fold_bytes, and at most fold_growth times its inputs or
  // fold_small_bytes, and its reference costs at most fold_flops.
  int64_t fold_bytes = int64_t{64} << 20;
  int64_t fold_small_bytes = int64_t{64} << 10;
  int64_t fold_growth = 4;
  double fold_flops = 2e8;
  int firings_per_node = 20;  // the budget that ends rules which undo each other
  const Catalog* catalog = &Catalog::BuiltIn();
};

}  // namespace hasten
