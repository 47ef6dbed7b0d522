// Einsums as products of matrices.
#pragma once
#include "ops/einsum.h"
#include "passes/rule.h"

namespace hasten {

using Labels = std::vector<int64_t>;

// An Einsum of one or two operands, without diagonals or axes that broadcast.
struct Contraction {
  std::vector<Labels> terms;
  Labels output;
  std::array<Dim, kLabels> dims;  // by label
};
std::optional<Contraction> ContractionOf(const RewriteContext& c, NodeId einsum);

// A node of one value: its permutation, axes or shape.
struct Movement {
  std::string_view op;
  std::vector<int64_t> ints;
};
// What is done to each operand, the product of both (none if there is one operand), and what is done to that.
struct Lowering {
  std::vector<Movement> operands[2], result;
  std::string_view product;
  bool swapped = false;                 // the second term is the product's first operand
  bool transposed[2] = {false, false};  // Gemm's attributes
};

Lowering LowerToReduction(Contraction e);
// Of two operands: each way that there is; none where a Reshape could not be told.  `takes_row`: the first operand of
// MatMul may be a vector; `takes_gemm`: the product may be a Gemm.
std::vector<Lowering> LowerToProduct(Contraction e, bool takes_row, bool takes_gemm);

}  // namespace hasten
