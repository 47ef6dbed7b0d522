#include "tensor/tensor.h"

#include <algorithm>
#include <memory>

#include "base/memory.h"

namespace hasten {
namespace {

// `strings` of them are made in the block.
std::byte* AllocateZeroed(int64_t bytes, std::shared_ptr<const void>* owner, int64_t strings) {
  std::shared_ptr<std::byte> block = NewBlock(bytes, Contents::kZero);
  std::byte* const data = block.get();
  if (!data || strings == 0) {
    *owner = std::move(block);
    return data;
  }
  std::uninitialized_value_construct_n(reinterpret_cast<std::string*>(data), strings);
  *owner = std::shared_ptr<const void>(data, [block = std::move(block), strings](const void* p) {
    std::destroy_n(static_cast<std::string*>(const_cast<void*>(p)), strings);
  });
  return data;
}

template <class T>
Tensor FromValues(DType dtype, const Dims& dims, std::span<const T> v) {
  auto t = NewTensor(dtype, dims);
  HASTEN_CHECK(t.ok() && static_cast<size_t>(t->elements()) == v.size());
  std::copy(v.begin(), v.end(), t->template as<T>());
  return *std::move(t);
}

}  // namespace

std::string Tensor::Text() const { return Str(dtype, dims); }

Result<Tensor> NewTensor(DType dtype, const Dims& dims) {
  auto elements = CheckedElements(dims);
  if (!elements.ok()) return Status(Code::kOutOfMemory, std::string(elements.message()));
  Tensor t;
  t.dtype = dtype;
  t.dims = dims;
  if (*elements > INT64_MAX / (Bits(dtype) / 8 + 1))
    return Status(Code::kOutOfMemory, Str("a tensor ", t, " is larger than any memory"));
  const int64_t bytes = BytesFor(dtype, *elements);
  t.data = AllocateZeroed(bytes, &t.owner, dtype == DType::kString ? *elements : 0);
  if (!t.data) return NoMemory(Str("a tensor ", t), bytes);
  return t;
}

Tensor TensorOf(const Dims& dims, std::span<const float> v) { return FromValues(DType::kF32, dims, v); }
Tensor TensorOf(const Dims& dims, std::span<const int64_t> v) { return FromValues(DType::kI64, dims, v); }
Tensor TensorOf(const Dims& dims, std::span<const std::string> v) { return FromValues(DType::kString, dims, v); }

Tensor ScalarOf(DType dtype, double v) {
  auto t = NewTensor(dtype, Dims{});
  HASTEN_CHECK(t.ok());
  t->SetDouble(0, v);
  return *std::move(t);
}

Result<Tensor> Clone(const Tensor& t) {
  HASTEN_ASSIGN(Tensor copy, NewTensor(t.dtype, t.dims));
  CopyElements(t, 0, &copy, 0, t.elements());
  return copy;
}

}  // namespace hasten
