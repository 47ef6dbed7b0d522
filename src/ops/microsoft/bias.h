// A vector added along the last axis before an elementwise formula.
#pragma once
#include "ops/elementwise.h"

namespace hasten::ops::microsoft {

// Output 0: the type of input 0; input 1, if there, holds one element for each place of its last axis.
Status InferWithBias(InferCall& c);

// y = f(x + bias).
template <class F>
Status EvalWithBias(KernelCall& c, F f) {
  if (!c.has(1)) return EvalReal(c, f);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto bias, c.Doubles(1));
  for (size_t i = 0; i < x.size(); ++i) x[i] = f(x[i] + bias[i % bias.size()]);
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

std::vector<Sample> BiasSamples();

}  // namespace hasten::ops::microsoft
