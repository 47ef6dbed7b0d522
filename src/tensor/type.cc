#include "tensor/type.h"

namespace hasten {

bool operator==(const Type& a, const Type& b) {
  if (a.kind != b.kind || a.dtype != b.dtype || !(a.shape == b.shape)) return false;
  if (!a.element || !b.element) return a.element == b.element;
  return *a.element == *b.element;
}

std::string Type::Text() const {
  switch (kind) {
    case Kind::kUnknown: return "?";
    case Kind::kTensor: return Str(Name(dtype), shape);
    case Kind::kSparse: return Str("sparse(", Name(dtype), shape, ")");
    case Kind::kSequence: return Str("seq(", *element, ")");
    case Kind::kOptional: return Str("optional(", *element, ")");
    case Kind::kMap: return Str("map(", Name(dtype), ",", *element, ")");
  }
  return "?";
}

Result<Type> Join(const Type& a, const Type& b) {
  if (!a.known()) return b;
  if (!b.known() || a == b) return a;
  // A value that is there is an optional too.
  if (a.kind == Type::Kind::kOptional && b.kind != Type::Kind::kOptional && a.element) {
    HASTEN_ASSIGN(Type element, Join(*a.element, b));
    return Type::Optional(std::move(element));
  }
  if (b.kind == Type::Kind::kOptional && a.kind != Type::Kind::kOptional) return Join(b, a);
  const DType dtype = a.dtype == DType::kNone ? b.dtype : a.dtype;
  HASTEN_REQUIRE(a.kind == b.kind && (b.dtype == dtype || b.dtype == DType::kNone), "types ", a, " and ", b, " differ");
  Type out = a;
  out.dtype = dtype;
  if (a.element && b.element) {
    HASTEN_ASSIGN(Type element, Join(*a.element, *b.element));
    out.element = std::make_shared<const Type>(std::move(element));
  }
  if (!a.shape.ranked() || !b.shape.ranked() || a.shape.rank() != b.shape.rank()) {
    out.shape = Shape::Unknown();
    return out;
  }
  for (int i = 0; i < a.shape.rank(); ++i)
    if (!(a.shape[i] == b.shape[i])) out.shape[i] = Dim::Fresh();
  return out;
}

}  // namespace hasten
