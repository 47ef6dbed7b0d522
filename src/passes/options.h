// What a caller may ask of the passes.
#pragma once
#include <string>
#include <vector>

#include "ops/numerics.h"
#include "ops/op.h"

namespace hasten {

// What the result is for: planning, or a file of ops that every reader of ONNX has.
enum class Target : uint8_t { kAny, kRun, kFile };

struct PassOptions {
  Target target = Target::kRun;             // rules and passes for the other one do not run
  Numerics numerics = Numerics::kWinograd;  // rules that take more liberty do not run
  std::vector<std::string> off;             // names of rules and passes that do not run
  // A node is folded into a constant if its result is at most fold_bytes, and at most fold_growth times its inputs or
  // fold_small_bytes, and its reference costs at most fold_flops.
  int64_t fold_bytes = int64_t{64} << 20;
  int64_t fold_small_bytes = int64_t{64} << 10;
  int64_t fold_growth = 4;
  double fold_flops = 2e8;
  int firings_per_node = 20;  // the budget that ends rules which undo each other
  int opset = 0;              // of ai.onnx that the result must be written in; 0: rules may make any op
  bool contrib = false;       // ops of com.microsoft may be made: Stage::kContrib runs
  bool log = false;           // whether the report lists every firing
  const Catalog* catalog = &Catalog::BuiltIn();

  // Whether ops of com.microsoft may be made: plans have them in any case.
  bool takes_contrib() const { return target != Target::kFile || contrib; }
};

}  // namespace hasten
