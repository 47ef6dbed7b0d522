#include <cmath>

#include "passes/known_operands.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add", "Sub"};
constexpr Arithmetic kSums = {
    .op = "Add",
    .inverse = "Sub",
    .invert = [](double v) { return -v; },
    .join = [](double a, double b) { return a + b; },
    .keeps = [](double v) { return std::isfinite(static_cast<float>(v)); },
    .takes_equal_shapes = true,
    .operand = "addend",
};

Result<bool> Apply(RewriteContext& c, NodeId n) { return MergeKnownOperands(c, n, kSums); }

}  // namespace

extern const Rule kMergeAddends = {
    .name = "merge_addends",
    .doc = "x + a + b or x - a + b and so on, a and b known, of one shape or one of them a scalar -> x + (a + b).",
    .stage = Stage::kWeights,
    .benefit = 5,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
