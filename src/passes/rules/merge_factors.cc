#include <cmath>

#include "passes/known_operands.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Div", "Mul"};
constexpr Arithmetic kProducts = {
    .op = "Mul",
    .inverse = "Div",
    .invert = [](double v) { return 1 / v; },
    .join = [](double a, double b) { return a * b; },
    .keeps = [](double v) { return std::isnormal(static_cast<float>(v)) || v == 0; },
    .takes_equal_shapes = false,  // rules for activations look for their own quotients
    .operand = "factor",
};

Result<bool> Apply(RewriteContext& c, NodeId n) { return MergeKnownOperands(c, n, kProducts); }

}  // namespace

extern const Rule kMergeFactors = {
    .name = "merge_factors",
    .doc = "x * a * b, x * a / b or x / a / b, a and b known and one of them a scalar -> x * (a * b) and so on.",
    .stage = Stage::kWeights,
    .benefit = 5,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
