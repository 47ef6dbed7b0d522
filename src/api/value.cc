#include "api/handles.h"

namespace hasten::api {
namespace {

Status CheckMap(const Tensor& keys, const Tensor& values) {
  if (keys.dtype != DType::kI64 && keys.dtype != DType::kString)
    return Misuse("keys must be i64 or strings, are ", keys.Text());
  if (keys.dims.rank() != 1 || values.dims.rank() != 1 || keys.dims[0] != values.dims[0])
    return Misuse("keys and values must be [n] both, are ", keys.Text(), " and ", values.Text());
  return {};
}

}  // namespace
}  // namespace hasten::api

using hasten::DType;
using hasten::MapValue;
using hasten::Status;
using hasten::Str;
using hasten::Tensor;
using hasten::Value;
using hasten::api::Guard;
using hasten::api::Misuse;

hasten_value::hasten_value(Value v) : value(std::move(v)) {
  if (value.kind() == Value::Kind::kSequence) {
    children.reserve(value.elements().size());
    for (const Value& e : value.elements()) children.emplace_back(e);
  } else if (value.kind() == Value::Kind::kMap) {
    children.reserve(2);
    children.emplace_back(Value(value.map().keys));
    children.emplace_back(Value(value.map().values));
  }
}

hasten_kind hasten_value_kind(const hasten_value* value) {
  if (!value) return HASTEN_KIND_NONE;
  switch (value->value.kind()) {
    case Value::Kind::kTensor: return HASTEN_KIND_TENSOR;
    case Value::Kind::kSequence: return HASTEN_KIND_SEQUENCE;
    case Value::Kind::kMap: return HASTEN_KIND_MAP;
    default: return HASTEN_KIND_NONE;
  }
}

hasten_error* hasten_value_tensor(const hasten_value* value, hasten_tensor* out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(value);
    HASTEN_NOT_NULL(out);
    if (!value->value.is_tensor()) return Misuse("the value is no tensor: hasten_value_kind says what it is");
    *out = hasten::api::View(value->value.tensor());
    return {};
  });
}

hasten_error* hasten_value_string(const hasten_value* value, int64_t element, hasten_string* out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(value);
    HASTEN_NOT_NULL(out);
    if (!value->value.is_tensor()) return Misuse("the value is no tensor: hasten_value_kind says what it is");
    return hasten::api::StringAt(value->value.tensor(), element, out);
  });
}

size_t hasten_value_count(const hasten_value* value) {
  return hasten_value_kind(value) == HASTEN_KIND_SEQUENCE ? value->children.size() : 0;
}

const hasten_value* hasten_value_element(const hasten_value* sequence, size_t index) {
  return index < hasten_value_count(sequence) ? &sequence->children[index] : nullptr;
}

const hasten_value* hasten_value_keys(const hasten_value* map) {
  return hasten_value_kind(map) == HASTEN_KIND_MAP ? &map->children[0] : nullptr;
}

const hasten_value* hasten_value_values(const hasten_value* map) {
  return hasten_value_kind(map) == HASTEN_KIND_MAP ? &map->children[1] : nullptr;
}

hasten_error* hasten_value_of_tensor(const hasten_tensor* tensor, hasten_value** out) {
  if (out) *out = nullptr;
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(tensor);
    HASTEN_NOT_NULL(out);
    HASTEN_ASSIGN(Tensor copy, hasten::api::Copy(*tensor));
    *out = new hasten_value(Value(std::move(copy)));
    return {};
  });
}

hasten_error* hasten_value_of_elements(const hasten_value* const* elements, size_t count, hasten_dtype dtype,
                                       hasten_value** out) {
  if (out) *out = nullptr;
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(out);
    if (count > 0) HASTEN_NOT_NULL(elements);
    if (hasten_dtype_name(dtype)[0] == '?') return Misuse("dtype must be that of the elements, is ", int{dtype});
    std::vector<Value> list;
    for (size_t i = 0; i < count; ++i) {
      if (!elements[i]) return Misuse("element ", i, " must not be NULL");
      const Value& e = elements[i]->value;
      if (e.is_tensor() && e.tensor().dtype != static_cast<DType>(dtype))
        return Misuse("element ", i, " must be of ", hasten_dtype_name(dtype), ", is ", e.tensor().Text());
      list.push_back(e);
    }
    *out = new hasten_value(Value::Sequence(static_cast<DType>(dtype), std::move(list)));
    return {};
  });
}

hasten_error* hasten_value_of_map(const hasten_tensor* keys, const hasten_tensor* values, hasten_value** out) {
  if (out) *out = nullptr;
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(keys);
    HASTEN_NOT_NULL(values);
    HASTEN_NOT_NULL(out);
    HASTEN_ASSIGN(Tensor k, hasten::api::Copy(*keys));
    HASTEN_ASSIGN(Tensor v, hasten::api::Copy(*values));
    HASTEN_TRY(hasten::api::CheckMap(k, v));
    *out = new hasten_value(Value::Map(MapValue{std::move(k), std::move(v)}));
    return {};
  });
}

void hasten_value_free(hasten_value* value) { delete value; }
