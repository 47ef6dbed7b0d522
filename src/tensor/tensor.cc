#include "tensor/tensor.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/huge_pages.h"

namespace hasten {
namespace {

constexpr size_t kAlignment = 64;

// calloc, not memset: large blocks come zeroed from the kernel, page by page as they are touched.
std::byte* AllocateZeroed(size_t bytes, std::shared_ptr<const void>* owner, int64_t strings) {
  void* const block = std::calloc(1, bytes + kAlignment);
  if (!block) return nullptr;
  AdviseHugePages(block, bytes);
  void* data = block;
  size_t space = bytes + kAlignment;
  std::align(kAlignment, bytes, data, space);
  std::uninitialized_value_construct_n(static_cast<std::string*>(data), strings);
  *owner = std::shared_ptr<const void>(data, [block, strings](const void* p) {
    std::destroy_n(static_cast<std::string*>(const_cast<void*>(p)), strings);
    std::free(block);
  });
  return static_cast<std::byte*>(data);
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
  constexpr int64_t kMaxBytes = int64_t{1} << 39;  // sanitizers abort on allocations not far above it
  auto elements = CheckedElements(dims);
  if (!elements.ok()) return Status(Code::kOutOfMemory, std::string(elements.message()));
  Tensor t;
  t.dtype = dtype;
  t.dims = dims;
  if (*elements <= kMaxBytes / (Bits(dtype) / 8 + 1))
    t.data = AllocateZeroed(static_cast<size_t>(BytesFor(dtype, *elements)), &t.owner,
                            dtype == DType::kString ? *elements : 0);
  if (!t.data) return Status(Code::kOutOfMemory, Str("no memory for a tensor ", t));
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
