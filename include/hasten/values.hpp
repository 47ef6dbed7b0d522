// Errors, tensors and values of hasten.hpp, which includes this.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "hasten/hasten.h"

namespace hasten {
inline namespace v0 {

// --- Errors ---

struct Error {
  hasten_code code = HASTEN_OK;
  std::string message;
};

class Exception : public std::runtime_error {
 public:
  explicit Exception(const Error& e) : std::runtime_error(e.message), code_(e.code) {}
  hasten_code code() const { return code_; }

 private:
  hasten_code code_;
};

[[noreturn]] inline void Fail(const Error& e) {
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
  throw Exception(e);
#else
  (void)e;
  std::terminate();
#endif
}

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error e) : error_(std::move(e)) {}
  // Takes the error over.
  static Status Of(hasten_error* e) {
    if (!e) return {};
    Status s(Error{hasten_error_code(e), hasten_error_message(e)});
    hasten_error_free(e);
    return s;
  }
  explicit operator bool() const { return ok(); }
  bool ok() const { return error_.code == HASTEN_OK; }
  const Error& error() const { return error_; }
  void value() const {
    if (!ok()) Fail(error_);
  }

 private:
  Error error_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error e) : held_(std::in_place_index<1>, std::move(e)) {}
  Result(const Status& s) : held_(std::in_place_index<1>, s.error()) {}
  explicit operator bool() const { return ok(); }
  bool ok() const { return held_.index() == 0; }
  // Of a failed one; HASTEN_OK and no message otherwise.
  Error error() const { return ok() ? Error() : *std::get_if<1>(&held_); }
  T& value() & { return Held(); }
  T&& value() && { return std::move(Held()); }
  // Precondition: ok().
  T& operator*() & { return *std::get_if<0>(&held_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&held_)); }
  T* operator->() { return std::get_if<0>(&held_); }

 private:
  T& Held() {
    if (!ok()) Fail(error());
    return *std::get_if<0>(&held_);
  }
  std::variant<T, Error> held_;
};

// --- Tensors ---

using Dims = std::vector<int64_t>;

// 16-bit floats as bits.
struct F16 {
  uint16_t bits;
};
struct BF16 {
  uint16_t bits;
};

template <class T>
constexpr hasten_dtype DTypeOf() {
  using U = std::remove_cv_t<T>;
  if constexpr (std::is_same_v<U, float>)
    return HASTEN_F32;
  else if constexpr (std::is_same_v<U, double>)
    return HASTEN_F64;
  else if constexpr (std::is_same_v<U, bool>)
    return HASTEN_BOOL;
  else if constexpr (std::is_same_v<U, F16>)
    return HASTEN_F16;
  else if constexpr (std::is_same_v<U, BF16>)
    return HASTEN_BF16;
  else if constexpr (std::is_same_v<U, hasten_string>)
    return HASTEN_STRING;
  else if constexpr (!std::is_integral_v<U>)
    return HASTEN_NONE;
  else if constexpr (sizeof(U) == 1)
    return std::is_signed_v<U> ? HASTEN_I8 : HASTEN_U8;
  else if constexpr (sizeof(U) == 2)
    return std::is_signed_v<U> ? HASTEN_I16 : HASTEN_U16;
  else if constexpr (sizeof(U) == 4)
    return std::is_signed_v<U> ? HASTEN_I32 : HASTEN_U32;
  else
    return std::is_signed_v<U> ? HASTEN_I64 : HASTEN_U64;
}

// Elements that lie one after another and belong to somebody else: std::span, which C++17 lacks.
template <class T>
class View {
 public:
  View() = default;
  View(T* data, size_t size) : data_(data), size_(size) {}
  T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }
  T& operator[](size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

// Memory with dims: borrowed from a container that must outlive its use, or held.  Copies share the memory.
class Tensor {
 public:
  Tensor() = default;
  // A view of what has data() and size(): vectors, arrays, spans.  How many elements `dims` mean is checked by the run.
  template <class Container, class = decltype(std::declval<Container&>().data())>
  static Tensor Of(Container& container, Dims dims) {
    using T = std::remove_pointer_t<decltype(container.data())>;
    if constexpr (std::is_same_v<std::remove_cv_t<T>, std::string>) {
      return OfStrings(container, std::move(dims));
    } else {
      static_assert(DTypeOf<T>() != HASTEN_NONE, "no dtype has elements of this type");
      return Tensor(const_cast<std::remove_cv_t<T>*>(container.data()), container.size(), DTypeOf<T>(), std::move(dims),
                    nullptr);
    }
  }
  template <class Container, class = decltype(std::declval<const Container&>().data())>
  static Tensor Of(const Container&& span, Dims dims) {
    static_assert(std::is_trivially_copyable_v<Container> && sizeof(Container) <= 2 * sizeof(void*),
                  "a view of a temporary would outlive it");
    return Of(span, std::move(dims));
  }
  // Holds the vector.
  template <class T>
  static Tensor Of(std::vector<T>&& owned, Dims dims) {
    auto held = std::make_shared<std::vector<T>>(std::move(owned));
    Tensor t = Of(*held, std::move(dims));
    if (!t.held_) t.held_ = std::move(held);
    return t;
  }
  // One dimension.
  template <class Container>
  static Tensor Of(Container&& container) {
    const auto n = static_cast<int64_t>(container.size());
    return Of(std::forward<Container>(container), Dims{n});
  }
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  static Tensor Scalar(T value) {
    auto held = std::make_shared<T>(value);
    return Tensor(held.get(), 1, DTypeOf<T>(), {}, held);
  }
  // Any memory, of `count` elements.
  static Tensor Of(void* data, size_t count, hasten_dtype dtype, Dims dims) {
    return Tensor(data, count, dtype, std::move(dims), nullptr);
  }
  // In elements, one for each dim; the memory must reach as far as they do, which is not checked.
  Tensor WithStrides(Dims strides) && {
    strides_ = std::move(strides);
    return std::move(*this);
  }

  const Dims& dims() const { return dims_; }
  hasten_dtype dtype() const { return dtype_; }
  // As the C interface has it; valid as long as this object stays where it is.
  Result<hasten_tensor> Lowered() const {
    hasten_tensor t{};
    t.data = data_;
    t.dtype = dtype_;
    t.ndim = static_cast<int32_t>(dims_.size());
    t.shape = dims_.data();
    const int64_t n = hasten_tensor_elements(&t);
    if (n < 0) return Error{HASTEN_INVALID_ARGUMENT, "dims of a tensor must not be negative or too large"};
    if (strides_.empty() && static_cast<uint64_t>(n) != count_)
      return Error{HASTEN_INVALID_ARGUMENT,
                   "a tensor's dims mean " + std::to_string(n) + " elements, its memory has " + std::to_string(count_)};
    if (!strides_.empty() && strides_.size() != dims_.size())
      return Error{HASTEN_INVALID_ARGUMENT, "a tensor must have as many strides as dims"};
    if (!strides_.empty()) t.strides = strides_.data();
    return t;
  }

 private:
  Tensor(void* data, size_t count, hasten_dtype dtype, Dims dims, std::shared_ptr<const void> held)
      : data_(data), count_(count), dtype_(dtype), dims_(std::move(dims)), held_(std::move(held)) {}
  template <class Strings>
  static Tensor OfStrings(const Strings& strings, Dims dims) {
    auto held = std::make_shared<std::vector<hasten_string>>();
    for (const std::string& s : strings) held->push_back({s.data(), s.size()});
    return Tensor(held->data(), held->size(), HASTEN_STRING, std::move(dims), held);
  }

  void* data_ = nullptr;
  size_t count_ = 0;
  hasten_dtype dtype_ = HASTEN_NONE;
  Dims dims_, strides_;
  std::shared_ptr<const void> held_;
};

// --- Values ---

// What a model gives or takes that is more than memory of the caller's.  Copies share it.
class Value {
 public:
  Value() = default;
  static Result<Value> Copy(const Tensor& tensor) {
    auto view = tensor.Lowered();
    if (!view) return view.error();
    hasten_value* v = nullptr;
    if (Status s = Status::Of(hasten_value_of_tensor(&*view, &v)); !s) return s;
    return Own(v);
  }
  static Result<Value> Sequence(hasten_dtype dtype, const std::vector<Value>& elements) {
    std::vector<const hasten_value*> list;
    for (const Value& e : elements) list.push_back(e.get());
    hasten_value* v = nullptr;
    if (Status s = Status::Of(hasten_value_of_elements(list.data(), list.size(), dtype, &v)); !s) return s;
    return Own(v);
  }
  static Result<Value> Map(const Tensor& keys, const Tensor& values) {
    auto k = keys.Lowered(), v = values.Lowered();
    if (!k) return k.error();
    if (!v) return v.error();
    hasten_value* made = nullptr;
    if (Status s = Status::Of(hasten_value_of_map(&*k, &*v, &made)); !s) return s;
    return Own(made);
  }

  hasten_kind kind() const { return hasten_value_kind(get()); }
  hasten_dtype dtype() const { return TensorOrNone().dtype; }
  Dims dims() const {
    const hasten_tensor t = TensorOrNone();
    return Dims(t.shape, t.shape + t.ndim);
  }
  // The elements of a tensor, where they lie: as long as a copy of this value lives.
  template <class T>
  Result<View<const T>> As() const {
    hasten_tensor t{};
    if (Status s = Status::Of(hasten_value_tensor(get(), &t)); !s) return s;
    if (t.dtype != DTypeOf<T>() || t.dtype == HASTEN_STRING)
      return Error{HASTEN_INVALID_ARGUMENT, std::string("the value is of ") + hasten_dtype_name(t.dtype) + ", not of " +
                                                hasten_dtype_name(DTypeOf<T>())};
    return View<const T>(static_cast<const T*>(t.data), static_cast<size_t>(hasten_tensor_elements(&t)));
  }
  Result<std::vector<std::string>> Strings() const {
    hasten_tensor t{};
    if (Status s = Status::Of(hasten_value_tensor(get(), &t)); !s) return s;
    std::vector<std::string> out;
    for (int64_t i = 0, n = hasten_tensor_elements(&t); i < n; ++i) {
      hasten_string text{};
      if (Status s = Status::Of(hasten_value_string(get(), i, &text)); !s) return s;
      out.emplace_back(text.data, text.size);
    }
    return out;
  }
  size_t size() const { return hasten_value_count(get()); }  // of a sequence
  Value operator[](size_t i) const { return Part(hasten_value_element(get(), i)); }
  Value keys() const { return Part(hasten_value_keys(get())); }
  Value values() const { return Part(hasten_value_values(get())); }

  const hasten_value* get() const { return value_.get(); }  // NULL: nothing

 private:
  friend class Outputs;
  explicit Value(std::shared_ptr<const hasten_value> v) : value_(std::move(v)) {}
  static Value Own(hasten_value* v) {
    return Value(std::shared_ptr<const hasten_value>(
        v, [](const hasten_value* p) { hasten_value_free(const_cast<hasten_value*>(p)); }));
  }
  Value Part(const hasten_value* part) const {
    return part ? Value(std::shared_ptr<const hasten_value>(value_, part)) : Value();
  }
  hasten_tensor TensorOrNone() const {
    hasten_tensor t{};
    if (hasten_error* e = hasten_value_tensor(get(), &t)) hasten_error_free(e);
    return t;
  }
  std::shared_ptr<const hasten_value> value_;
};

// Of one run, in the plan's order.  Copies share them.
class Outputs {
 public:
  size_t size() const { return hasten_result_count(result_.get()); }
  // An empty value where there is none.
  Value operator[](size_t i) const { return Part(hasten_result_output(result_.get(), i)); }
  Value operator[](const char* name) const { return Part(hasten_result_find(result_.get(), name)); }
  Value operator[](const std::string& name) const { return (*this)[name.c_str()]; }
  Value operator[](int i) const { return (*this)[static_cast<size_t>(i)]; }

 private:
  friend class Executor;
  explicit Outputs(hasten_result* r) : result_(r, hasten_result_free) {}
  Value Part(const hasten_value* part) const {
    return part ? Value(std::shared_ptr<const hasten_value>(result_, part)) : Value();
  }
  std::shared_ptr<hasten_result> result_;
};

// Indices of the k largest, the largest first; the lower index first among equals.
template <class T>
std::vector<size_t> Top(View<const T> scores, size_t k) {
  std::vector<size_t> order(scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  k = std::min(k, order.size());
  const auto higher = [&](size_t a, size_t b) { return scores[a] > scores[b] || (!(scores[b] > scores[a]) && a < b); };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(), higher);
  order.resize(k);
  return order;
}

}  // namespace v0
}  // namespace hasten
