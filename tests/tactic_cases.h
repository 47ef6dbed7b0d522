// Calls that tactics are tried on beside the ops' own samples.
#pragma once
#include "ops/op.h"

namespace hasten {

struct TacticCase {
  Sample sample;
  std::string_view program = {};  // of the epilogue
  std::vector<SampleInput> epilogue_in = {};
};

// Shapes that matter to kernels: larger than a chunk and than the second-level cache, prime, of short rows.
std::vector<TacticCase> MoreCases(std::string_view op);
// The same call with epilogues over operands of every kind: none where output 0, of type y, is not f32 of known dims.
std::vector<TacticCase> WithEpilogues(const TacticCase& c, const Type& y);

}  // namespace hasten
