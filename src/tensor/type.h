// Static types of graph values.
#pragma once
#include <memory>
#include <string>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace hasten {

struct Type {
  enum class Kind : uint8_t { kUnknown, kTensor, kSequence, kOptional, kMap, kSparse };
  Kind kind = Kind::kUnknown;
  DType dtype = DType::kNone;           // tensor, sparse; the key of a map
  Shape shape;                          // tensor, sparse
  std::shared_ptr<const Type> element;  // sequence, optional; the value of a map

  static Type Unknown() { return {}; }
  static Type Tensor(DType dtype, Shape shape) { return {Kind::kTensor, dtype, std::move(shape), nullptr}; }
  static Type Sparse(DType dtype, Shape shape) { return {Kind::kSparse, dtype, std::move(shape), nullptr}; }
  static Type Sequence(Type element) {
    return {Kind::kSequence, DType::kNone, {}, std::make_shared<const Type>(std::move(element))};
  }
  static Type Optional(Type element) {
    return {Kind::kOptional, DType::kNone, {}, std::make_shared<const Type>(std::move(element))};
  }
  static Type Map(DType key, Type value) {
    return {Kind::kMap, key, {}, std::make_shared<const Type>(std::move(value))};
  }

  bool known() const { return kind != Kind::kUnknown; }
  bool is_tensor() const { return kind == Kind::kTensor; }
  friend bool operator==(const Type& a, const Type& b);
  std::string Text() const;  // "f32[n,3]", "seq(i64[*])", "optional(f32[])", "map(i64,f32[])", "?"
};

// The most precise type both are instances of (loop-carried values, If branches): differing dims become fresh symbols,
// differing ranks unknown.  An error where kinds or dtypes differ.
Result<Type> Join(const Type& a, const Type& b);

}  // namespace hasten
