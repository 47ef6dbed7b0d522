#include <unordered_map>

#include "ops/ml/map_input.h"

namespace hasten::ops::ml {
namespace {

struct DictVectorizerAttrs {
  std::vector<int64_t> int64_vocabulary;
  std::vector<std::string> string_vocabulary;
};
using A = DictVectorizerAttrs;
constexpr AttrField kFields[] = {Field<&A::int64_vocabulary>("int64_vocabulary"),
                                 Field<&A::string_vocabulary>("string_vocabulary")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_REQUIRE(a.int64_vocabulary.empty() != a.string_vocabulary.empty(),
                 "must have one of the attributes int64_vocabulary and string_vocabulary");
  HASTEN_ASSIGN(const Type* map, InferMap(c, 0));
  const DType key = a.int64_vocabulary.empty() ? DType::kString : DType::kI64;
  HASTEN_REQUIRE(!map || map->dtype == DType::kNone || map->dtype == key, "input must be a map of ", Name(key),
                 " as the vocabulary, is ", *map);
  const size_t n = std::max(a.int64_vocabulary.size(), a.string_vocabulary.size());
  c.Out(0, map && map->element ? map->element->dtype : DType::kNone, {1, static_cast<int64_t>(n)});
  return {};
}

template <class Key, class KeyOf>
void Scatter(const std::vector<Key>& vocabulary, const MapValue& map, KeyOf key_of, Tensor* y) {
  std::unordered_map<Key, int64_t> at;
  for (int64_t i = 0; i < map.keys.elements(); ++i) at[key_of(i)] = i;
  for (size_t i = 0; i < vocabulary.size(); ++i)
    if (const auto hit = at.find(vocabulary[i]); hit != at.end())
      CopyElements(map.values, hit->second, y, static_cast<int64_t>(i), 1);
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_ASSIGN(const MapValue* map, MapOf(c, 0));
  const size_t n = std::max(a.int64_vocabulary.size(), a.string_vocabulary.size());
  HASTEN_ASSIGN(Tensor* y, c.Allocate(0, map->values.dtype, {1, static_cast<int64_t>(n)}));
  if (y->dtype == DType::kString)
    std::fill_n(y->as<std::string>(), n, std::string());
  else
    std::memset(y->data, 0, static_cast<size_t>(y->bytes()));
  if (a.int64_vocabulary.empty())
    Scatter(
        a.string_vocabulary, *map, [&](int64_t i) { return map->keys.string(i); }, y);
  else
    Scatter(
        a.int64_vocabulary, *map, [&](int64_t i) { return map->keys.Int(i); }, y);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

}  // namespace

extern const OpDef kDictVectorizer = {
    .name = "ai.onnx.ml.DictVectorizer",
    .doc =
        "The values of a map in the order of the vocabulary's keys, 0 (or an empty string) for keys it lacks: y [1, "
        "vocabulary].",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "DictVectorizer", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops::ml
