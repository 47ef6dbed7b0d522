// Dense row-major tensors, and element access through wide lanes for references.
#pragma once
#include <complex>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/dims.h"
#include "tensor/dtype.h"

namespace hasten {

// Where memory lies.  A kernel may touch only operands that lie on its own device.
struct Place {
  uint8_t device = 0;  // 0: host CPU
  uint8_t memory = 0;  // memory kind of that device
  friend bool operator==(Place, Place) = default;
};

// A view of memory with an optional share in its ownership.  Copying copies the view, not the elements.
// Elements lie contiguous, row-major; sub-byte types are packed from the low bits up.  Strings are an array of
// std::string.  `data` need not be aligned for tensors that lie in a mapped file: read through the functions below.
struct Tensor {
  DType dtype = DType::kNone;
  Dims dims;
  std::byte* data = nullptr;
  std::shared_ptr<const void> owner;  // null: somebody else keeps the memory alive
  Place place;

  int64_t elements() const { return dims.elements(); }
  int64_t bytes() const { return BytesFor(dtype, elements()); }
  template <class T>
  T* as() { return reinterpret_cast<T*>(data); }
  template <class T>
  const T* as() const { return reinterpret_cast<const T*>(data); }
  const std::string& string(int64_t i) const { return as<std::string>()[i]; }

  // One element in a wide type.  Reads convert from any real dtype; see lane.cc for rounding.
  double Double(int64_t i) const;
  int64_t Int(int64_t i) const;     // integers and bool exactly; u64 keeps its bits; floats truncate
  std::complex<double> Complex(int64_t i) const;
  void SetDouble(int64_t i, double v);  // floats: round to nearest even; integers: truncate, then wrap
  void SetInt(int64_t i, int64_t v);    // integers wrap; bool: v != 0
  void SetComplex(int64_t i, std::complex<double> v);

  std::string Text() const;  // "f32[2,3]": type only
};

// Fresh zeroed memory (strings: empty), 64-byte aligned.  Fails with kOutOfMemory, also for absurd dims.
Result<Tensor> NewTensor(DType dtype, const Dims& dims);
// For small tensors of known contents.
Tensor TensorOf(const Dims& dims, std::span<const float> v);
Tensor TensorOf(const Dims& dims, std::span<const int64_t> v);
Tensor TensorOf(const Dims& dims, std::span<const std::string> v);
Tensor ScalarOf(DType dtype, double v);
inline Tensor ScalarI64(int64_t v) { return TensorOf(Dims{}, std::span(&v, 1)); }
inline Tensor VectorI64(std::span<const int64_t> v) { return TensorOf(Dims{static_cast<int64_t>(v.size())}, v); }
// A copy of the elements in new memory.
Result<Tensor> Clone(const Tensor& t);

// Bulk lane access, elements [begin, begin + out.size()).
void ReadDoubles(const Tensor& t, int64_t begin, std::span<double> out);
void ReadInts(const Tensor& t, int64_t begin, std::span<int64_t> out);
void ReadComplex(const Tensor& t, int64_t begin, std::span<std::complex<double>> out);
void WriteDoubles(Tensor* t, int64_t begin, std::span<const double> in);
void WriteInts(Tensor* t, int64_t begin, std::span<const int64_t> in);
void WriteComplex(Tensor* t, int64_t begin, std::span<const std::complex<double>> in);
// All elements as a vector: for small operands (axes, shapes, scales).
std::vector<int64_t> ToInts(const Tensor& t);
std::vector<double> ToDoubles(const Tensor& t);

// Copies `count` elements between tensors of one dtype (sub-byte and string too).
void CopyElements(const Tensor& from, int64_t from_at, Tensor* to, int64_t to_at, int64_t count);
// True if both have the same dtype, dims and bits (strings: contents; NaN equals NaN of the same bits).
bool SameBits(const Tensor& a, const Tensor& b);

}  // namespace hasten
