#include "ops/microsoft/bias.h"

namespace hasten::ops::microsoft {

Status InferWithBias(InferCall& c) {
  HASTEN_TRY(InferFloats(c));
  HASTEN_TRY(c.RequireTensor(1));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(c.RequireRank(1, 1));
  const Shape& x = c.shape(0);
  if (!c.has(1) || !x.ranked()) return {};
  HASTEN_REQUIRE(x.rank() >= 1, "input 0 must have rank 1 at least, is a scalar");
  return c.RequireDims(1, 0, x[x.rank() - 1], "last axis of input 0");
}

std::vector<Sample> BiasSamples() {
  return {{"odd", {{DType::kF32, {3, 5, 7}, -6, 6}, {DType::kF32, {7}}}},
          {"one row", {{DType::kF32, {7}, -6, 6}, {DType::kF32, {7}}}},
          {"one element", {{DType::kF32, {1, 1}, -6, 6}, {DType::kF32, {1}}}},
          {"prime", {{DType::kF32, {2, 1033}, -6, 6}, {DType::kF32, {1033}}}},
          {"no rows", {{DType::kF32, {0, 5}}, {DType::kF32, {5}}}},
          {"empty rows", {{DType::kF32, {3, 0}}, {DType::kF32, {0}}}},
          {"f16", {{DType::kF16, {3, 5}, -6, 6}, {DType::kF16, {5}}}},
          {"bf16", {{DType::kBF16, {3, 5}, -6, 6}, {DType::kBF16, {5}}}},
          {"f64", {{DType::kF64, {3, 5}, -6, 6}, {DType::kF64, {5}}}}};
}

}  // namespace hasten::ops::microsoft
