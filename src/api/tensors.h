// Between hasten_tensor and Tensor.
#pragma once
#include "api/boundary.h"
#include "tensor/value.h"

namespace hasten::api {

// The dims and dtype of a caller's tensor, checked.
struct Described {
  DType dtype = DType::kNone;
  Dims dims;
  int64_t elements = 0;
  bool dense = true;  // row-major without gaps
  std::byte* data = nullptr;
};
Result<Described> Describe(const hasten_tensor& t);

// Row-major memory is borrowed, everything else copied.
Result<Tensor> Borrow(const hasten_tensor& t);
Result<Tensor> Copy(const hasten_tensor& t);
// Memory that an output is written to: must be row-major.
Result<Tensor> Writable(const hasten_tensor& t);
// A view as long as `t` lives where it does.
hasten_tensor View(const Tensor& t);
Status StringAt(const Tensor& t, int64_t element, hasten_string* out);

}  // namespace hasten::api
