#include "api/tensors.h"

#include <cstring>

namespace hasten::api {
namespace {

bool IsDType(hasten_dtype t) { return static_cast<int>(t) > 0 && static_cast<int>(t) < kNumDTypes; }

// Bytes of n elements as callers have them.
int64_t CallersBytes(DType t, int64_t n) {
  return t == DType::kString ? n * static_cast<int64_t>(sizeof(hasten_string)) : BytesFor(t, n);
}

bool IsDense(const Dims& dims, const int64_t* strides) {
  if (!strides) return true;
  int64_t expected = 1;
  for (int i = dims.rank(); i-- > 0;) {
    if (dims[i] != 1 && strides[i] != expected) return false;
    expected *= dims[i];
  }
  return true;
}

// Elements in row-major order, wherever they lie.
template <class Take>
void ForEachElement(const Dims& dims, const int64_t* strides, Take take) {
  const Dims dense = StridesOf(dims);
  const int64_t* step = strides ? strides : dense.begin();
  Dims at = Dims::Filled(dims.rank(), 0);
  const int64_t n = dims.elements();
  int64_t offset = 0;
  for (int64_t i = 0; i < n; ++i) {
    take(i, offset);
    for (int axis = dims.rank(); axis-- > 0;) {
      offset += step[axis];
      if (++at[axis] < dims[axis]) break;
      offset -= at[axis] * step[axis];
      at[axis] = 0;
    }
  }
}

Status CopyStrings(const Described& d, const int64_t* strides, Tensor* to) {
  const auto* from = reinterpret_cast<const hasten_string*>(d.data);
  Status status;
  ForEachElement(d.dims, strides, [&](int64_t i, int64_t offset) {
    const hasten_string& s = from[offset];
    if (!s.data && s.size > 0)
      status = Misuse("string ", i, " has no data but ", s.size, " bytes");
    else
      to->as<std::string>()[i].assign(s.data ? s.data : "", s.size);
  });
  return status;
}

Result<Tensor> CopyOf(const hasten_tensor& t, const Described& d) {
  HASTEN_ASSIGN(Tensor to, NewTensor(d.dtype, d.dims));
  if (d.dtype == DType::kString) {
    HASTEN_TRY(CopyStrings(d, t.strides, &to));
    return to;
  }
  if (d.elements == 0) return to;
  if (d.dense) {
    std::memcpy(to.data, d.data, static_cast<size_t>(to.bytes()));
    return to;
  }
  const int64_t size = BytesFor(d.dtype, 1);
  ForEachElement(d.dims, t.strides, [&](int64_t i, int64_t offset) {
    std::memcpy(to.data + i * size, d.data + offset * size, static_cast<size_t>(size));
  });
  return to;
}

}  // namespace

Result<Described> Describe(const hasten_tensor& t) {
  if (!IsDType(t.dtype)) return Misuse("dtype must be one of hasten_dtype, is ", static_cast<int>(t.dtype));
  if (t.device.type != HASTEN_DEVICE_DEFAULT && t.device.type != HASTEN_DEVICE_CPU)
    return Status(Code::kUnsupported, Str("device type must be the CPU's, 1, is ", t.device.type));
  if (t.ndim < 0 || t.ndim > Dims::kMaxRank) return Misuse("ndim must be 0 to ", Dims::kMaxRank, ", is ", t.ndim);
  if (t.ndim > 0 && !t.shape) return Misuse("shape must not be NULL where ndim is ", t.ndim);
  Described d;
  d.dtype = static_cast<DType>(t.dtype);
  const std::span<const int64_t> shape(t.shape, static_cast<size_t>(t.ndim));
  HASTEN_ASSIGN(d.elements, CheckedElements(shape));
  if (d.elements > (int64_t{1} << 56)) return Misuse("a tensor of ", d.elements, " elements is too large");
  d.dims = Dims(shape);
  d.dense = IsDense(d.dims, t.strides);
  if (!d.dense && IsSubByte(d.dtype)) return Misuse("tensors of ", Name(d.dtype), " must be row-major");
  if (!t.data && d.elements > 0) return Misuse("data must not be NULL where there are ", d.elements, " elements");
  if (t.data) d.data = static_cast<std::byte*>(t.data) + t.byte_offset;
  if (d.dtype == DType::kString && reinterpret_cast<uintptr_t>(d.data) % alignof(hasten_string) != 0)
    return Misuse("an array of hasten_string must be aligned as such");
  return d;
}

Result<Tensor> Borrow(const hasten_tensor& t) {
  HASTEN_ASSIGN(const Described d, Describe(t));
  if (!d.dense || d.dtype == DType::kString || !d.data) return CopyOf(t, d);
  return Tensor{d.dtype, d.dims, d.data, nullptr, {}};
}

Result<Tensor> Copy(const hasten_tensor& t) {
  HASTEN_ASSIGN(const Described d, Describe(t));
  return CopyOf(t, d);
}

Result<Tensor> Writable(const hasten_tensor& t) {
  HASTEN_ASSIGN(const Described d, Describe(t));
  if (!d.dense) return Misuse("memory of an output must be row-major without gaps");
  if (d.dtype == DType::kString) return Misuse("strings cannot be written to memory of the caller's: see the result");
  return Tensor{d.dtype, d.dims, d.data, nullptr, {}};
}

hasten_tensor View(const Tensor& t) {
  hasten_tensor out{};
  out.data = t.dtype == DType::kString ? nullptr : t.data;
  out.device.type = HASTEN_DEVICE_CPU;
  out.dtype = static_cast<hasten_dtype>(t.dtype);
  out.ndim = t.dims.rank();
  out.shape = t.dims.rank() > 0 ? t.dims.begin() : nullptr;
  return out;
}

Status StringAt(const Tensor& t, int64_t element, hasten_string* out) {
  if (t.dtype != DType::kString) return Misuse("must be a tensor of strings, is ", t.Text());
  if (element < 0 || element >= t.elements()) return Misuse("element must be below ", t.elements(), ", is ", element);
  *out = {t.string(element).data(), t.string(element).size()};
  return {};
}

}  // namespace hasten::api

using namespace hasten;  // NOLINT: the C functions below lie outside of it

const char* hasten_dtype_name(hasten_dtype dtype) {
  return api::IsDType(dtype) ? Name(static_cast<DType>(dtype)).data() : "?";
}

int32_t hasten_dtype_bits(hasten_dtype dtype) {
  return !api::IsDType(dtype) || dtype == HASTEN_STRING ? 0 : Bits(static_cast<DType>(dtype));
}

int64_t hasten_tensor_elements(const hasten_tensor* tensor) {
  if (!tensor || tensor->ndim < 0 || tensor->ndim > Dims::kMaxRank || (tensor->ndim > 0 && !tensor->shape)) return -1;
  auto n = CheckedElements(std::span(tensor->shape, static_cast<size_t>(tensor->ndim)));
  return n.ok() ? *n : -1;
}

int64_t hasten_tensor_bytes(const hasten_tensor* tensor) {
  const int64_t n = hasten_tensor_elements(tensor);
  if (n < 0 || n > (int64_t{1} << 56) || !api::IsDType(tensor->dtype)) return -1;
  return api::CallersBytes(static_cast<DType>(tensor->dtype), n);
}
