// Constant arithmetic per channel, y[c] = x[c] * scale[c] + shift[c], and moving it into weights.
#pragma once
#include "passes/rule.h"

namespace hasten {

struct Affine {
  ValueId x = kNone;
  std::vector<double> scale, shift;  // per channel; empty: ones, zeros
};

// The node as such arithmetic over axis `channel` of its input, which has `channels` entries: BatchNormalization with
// known statistics, or Add, Sub, Mul, Div with a known operand that varies along that axis only.
std::optional<Affine> AffineOf(const RewriteContext& c, NodeId n, int channel, int64_t channels);

// Such arithmetic on a value, with all its numbers, that later nodes may join.
struct AffineChain {
  ValueId y = kNone;
  NodeId last = kNone;  // gives y
  std::vector<double> scale, shift;
};
// Takes the node that is all that reads y into the chain, if it is such arithmetic of one of these ops over axis 1.
bool ExtendAffine(const RewriteContext& c, std::span<const std::string_view> ops, AffineChain* chain);

// Each element of a float tensor times the factor of its index along the axis, as a new tensor of its dtype.
Result<Tensor> ScaleAlong(const Tensor& t, int axis, std::span<const double> factors);
// A float vector.
Result<Tensor> FloatVector(DType dtype, std::span<const double> v);

}  // namespace hasten
