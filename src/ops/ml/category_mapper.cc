#include <unordered_map>

#include "ops/op.h"

namespace hasten::ops::ml {
namespace {

struct CategoryMapperAttrs {
  std::vector<int64_t> cats_int64s;
  std::vector<std::string> cats_strings;
  int64_t default_int64 = -1;
  std::string default_string = "_Unused";
};
using A = CategoryMapperAttrs;
constexpr AttrField kFields[] = {Field<&A::cats_int64s>("cats_int64s"), Field<&A::cats_strings>("cats_strings"),
                                 Field<&A::default_int64>("default_int64"),
                                 Field<&A::default_string>("default_string")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_REQUIRE(a.cats_int64s.size() == a.cats_strings.size(),
                 "attributes cats_int64s and cats_strings must be as long, have ", a.cats_int64s.size(), " and ",
                 a.cats_strings.size(), " entries");
  HASTEN_TRY(c.RequireTensor(0));
  DType to = DType::kNone;
  if (c.dtype(0) == DType::kString)
    to = DType::kI64;
  else if (c.dtype(0) == DType::kI64)
    to = DType::kString;
  HASTEN_REQUIRE(to != DType::kNone || c.dtype(0) == DType::kNone, "input must be of strings or i64, is ", c.type(0));
  c.Out(0, to, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  if (x.dtype == DType::kString) {
    std::unordered_map<std::string_view, int64_t> map;
    for (size_t i = 0; i < a.cats_strings.size(); ++i) map[a.cats_strings[i]] = a.cats_int64s[i];
    for (int64_t i = 0; i < x.elements(); ++i) {
      const auto hit = map.find(x.string(i));
      y.SetInt(i, hit == map.end() ? a.default_int64 : hit->second);
    }
    return {};
  }
  std::unordered_map<int64_t, const std::string*> map;
  for (size_t i = 0; i < a.cats_strings.size(); ++i) map[a.cats_int64s[i]] = &a.cats_strings[i];
  for (int64_t i = 0; i < x.elements(); ++i) {
    const auto hit = map.find(x.Int(i));
    y.as<std::string>()[i] = hit == map.end() ? a.default_string : *hit->second;
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const std::vector<int64_t> ints = {5, 7};
  const std::vector<std::string> strings = {"a", "b"};
  return {{"to integers",
           {{DType::kString, {3}, 0, 0, {}, {"b", "c", "a"}}},
           {{"cats_int64s", ints}, {"cats_strings", strings}, {"default_int64", int64_t{-9}}}},
          {"to strings",
           {{DType::kI64, {1, 3}, 0, 0, {7, 5, 6}}},
           {{"cats_int64s", ints}, {"cats_strings", strings}, {"default_string", std::string("?")}}}};
}

}  // namespace

extern const OpDef kCategoryMapper = {
    .name = "ai.onnx.ml.CategoryMapper",
    .doc =
        "Strings to the integers at the same places of the attributes, or i64 to strings; a default for what is not "
        "there.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "CategoryMapper", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
