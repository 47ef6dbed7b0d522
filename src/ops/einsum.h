// Einsum's equation: which label each axis of each operand has.
#pragma once
#include "ops/movement.h"

namespace hasten {

// Labels are numbers: letters in ASCII order, then the axes of an ellipsis, counted so that the last is always the
// same.
inline constexpr int kLetters = 52, kLabels = kLetters + Dims::kMaxRank;

// The two sides of an equation; views of the attribute.
struct Equation {
  std::string_view inputs, output;
  bool has_output = false;
};
Equation SplitEquation(std::string_view text);
int CountTerms(const Equation& e);
// The labels of operand i, of this rank.
Result<Dims> TermLabels(const Equation& e, int i, int rank);
// The labels of the output, given those that each operand has (in order) and how many axes the widest ellipsis has.
Result<Dims> OutputLabels(const Equation& e, std::span<const Dims> terms);

}  // namespace hasten
