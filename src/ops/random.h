// What the random ops share: where their numbers come from, and how an output is filled with them.
#pragma once
#include "ops/op.h"
#include "tensor/philox.h"

namespace hasten {

// How often this node has drawn in this run before.  Ask once a call.
uint64_t NextDraw(const KernelCall& c);
// The numbers of one call: of the seed attribute if there is one, else of the run's seed and the node; in a loop,
// others in every round.  Ask once a call.
Philox StreamOf(const KernelCall& c, const std::optional<float>& seed);

// Output 0 of a floating-point dtype: of the attribute, else of input 0.
Status InferRandom(InferCall& c, std::optional<int64_t> dtype, Shape shape);
// The attribute shape as a shape.
Result<Shape> RandomShape(const std::vector<int64_t>& shape);

// Output 0 = scale * z + offset, z uniform in [0, 1) or normal of deviation 1.
Status EvalUniform(KernelCall& c, const std::optional<float>& seed, double scale, double offset);
Status EvalNormal(KernelCall& c, const std::optional<float>& seed, double scale, double offset);

}  // namespace hasten
