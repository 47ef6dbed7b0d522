// What the ops on maps share.
#pragma once
#include "ops/op.h"

namespace hasten::ops::ml {

// The map type of input i, null where nothing says it; an error if the input cannot be a map.
inline Result<const Type*> InferMap(const InferCall& c, int i) {
  const Type& type = c.type(i);
  if (!type.known()) return nullptr;
  HASTEN_REQUIRE(type.kind == Type::Kind::kMap, "input ", i, " must be a map, is ", type);
  return &type;
}
inline Result<const MapValue*> MapOf(const KernelCall& c, int i) {
  HASTEN_REQUIRE(c.has(i) && c.value(i).kind() == Value::Kind::kMap, "input ", i, " must be a map");
  return &c.value(i).map();
}

}  // namespace hasten::ops::ml
