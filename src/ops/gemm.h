// Gemm's attributes, and its product for ops that extend it.
#pragma once
#include "ops/op.h"

namespace hasten {

struct GemmAttrs {
  float alpha = 1, beta = 1;
  bool trans_a = false, trans_b = false;
};

Status InferGemm(InferCall& c, const GemmAttrs& a);
// alpha * A * B + beta * C of floats, of output 0's dims, in scratch.
Result<std::span<double>> GemmReals(const KernelCall& c, const GemmAttrs& a);
double GemmFlops(const CostCall& c, const GemmAttrs& a);

}  // namespace hasten
