#include "api/custom_op.h"

using namespace hasten;  // NOLINT: the C functions below lie outside of it

namespace {

template <class T>
const T* Found(const hasten_attributes* attributes, const char* name) {
  if (!attributes || !name) return nullptr;
  const int i = api::CustomOp::Of(*attributes->attrs).Find(name);
  if (i < 0) return nullptr;
  const auto& value = attributes->attrs->as<api::CustomAttrs>().values[static_cast<size_t>(i)];
  return value ? std::get_if<T>(&*value) : nullptr;
}

template <class T>
const T* List(const hasten_attributes* attributes, const char* name, size_t* count) {
  const auto* list = Found<std::vector<T>>(attributes, name);
  if (count) *count = list ? list->size() : 0;
  return list ? list->data() : nullptr;
}

}  // namespace

int64_t hasten_attribute_int(const hasten_attributes* attributes, const char* name, int64_t otherwise) {
  const auto* v = Found<int64_t>(attributes, name);
  return v ? *v : otherwise;
}

float hasten_attribute_float(const hasten_attributes* attributes, const char* name, float otherwise) {
  const auto* v = Found<float>(attributes, name);
  return v ? *v : otherwise;
}

const char* hasten_attribute_string(const hasten_attributes* attributes, const char* name, const char* otherwise) {
  const auto* v = Found<std::string>(attributes, name);
  return v ? v->c_str() : otherwise;
}

const int64_t* hasten_attribute_ints(const hasten_attributes* attributes, const char* name, size_t* count) {
  return List<int64_t>(attributes, name, count);
}

const float* hasten_attribute_floats(const hasten_attributes* attributes, const char* name, size_t* count) {
  return List<float>(attributes, name, count);
}

size_t hasten_attribute_strings(const hasten_attributes* attributes, const char* name) {
  const auto* list = Found<std::vector<std::string>>(attributes, name);
  return list ? list->size() : 0;
}

const char* hasten_attribute_string_at(const hasten_attributes* attributes, const char* name, size_t index) {
  const auto* list = Found<std::vector<std::string>>(attributes, name);
  return list && index < list->size() ? (*list)[index].c_str() : nullptr;
}

bool hasten_attribute_tensor(const hasten_attributes* attributes, const char* name, hasten_tensor* out) {
  const auto* v = Found<Tensor>(attributes, name);
  if (v && out) *out = api::View(*v);
  return v != nullptr;
}
