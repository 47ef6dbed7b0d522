// How far a tactic's output is from the reference's, in the units of Tactic::bound.
#pragma once
#include "tensor/tensor.h"

namespace hasten {

double EpsilonOf(DType t);  // what rounding to the dtype is off by at 1; integers: 1

struct Distance {
  double units = 0;      // the largest error; infinite where one is not finite and the other is another
  int64_t element = -1;  // where; -1: there is no error
};
// Errors over the largest finite magnitude of `expected`, in machine epsilons of its dtype (integers: of one).
// Precondition: equal dtypes and dims, numbers.
Distance DistanceOf(const Tensor& actual, const Tensor& expected);

}  // namespace hasten
