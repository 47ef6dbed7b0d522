// Memory for values between the steps of runs.
#pragma once
#include "base/status.h"
#include "tensor/tensor.h"

namespace hasten {

// Of all bindings of an executor: steps find each other's leavings in it.  Not thread-safe.
class RunMemory {
 public:
  // What is there, if that is enough, else new memory.  What was handed out before stays its holders'.
  Result<Tensor> AtLeast(int64_t bytes);

 private:
  Tensor block_;
};

}  // namespace hasten
