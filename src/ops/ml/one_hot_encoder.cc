#include <unordered_map>

#include "ops/op.h"

namespace hasten::ops::ml {
namespace {

struct OneHotEncoderAttrs {
  std::vector<int64_t> cats_int64s;
  std::vector<std::string> cats_strings;
  int64_t zeros = 1;
};
using A = OneHotEncoderAttrs;
constexpr AttrField kFields[] = {Field<&A::cats_int64s>("cats_int64s"), Field<&A::cats_strings>("cats_strings"),
                                 Field<&A::zeros>("zeros")};

int64_t Count(const A& a) { return static_cast<int64_t>(std::max(a.cats_int64s.size(), a.cats_strings.size())); }

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_REQUIRE(a.cats_int64s.empty() != a.cats_strings.empty(),
                 "must have one of the attributes cats_int64s and cats_strings");
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || (c.dtype(0) == DType::kString) == a.cats_int64s.empty(),
                 "input must be of ", a.cats_int64s.empty() ? "strings" : "numbers", " as the categories, is ",
                 c.type(0));
  Shape shape = c.shape(0);
  if (shape.ranked()) {
    HASTEN_REQUIRE(shape.rank() < Dims::kMaxRank, "input of shape ", shape, " cannot get one more axis");
    shape.dims().push_back(Count(a));
  }
  c.Out(0, DType::kF32, std::move(shape));
  return {};
}

// Later of equal categories win.
template <class Key, class KeyOf>
Status Encode(const std::vector<Key>& categories, const Tensor& x, bool zeros, KeyOf key_of, float* y) {
  std::unordered_map<Key, size_t> at;
  for (size_t i = 0; i < categories.size(); ++i) at[categories[i]] = i;
  for (int64_t i = 0; i < x.elements(); ++i, y += categories.size()) {
    const auto hit = at.find(key_of(i));
    HASTEN_REQUIRE(zeros || hit != at.end(), "element ", i, " must be one of the categories");
    if (hit != at.end()) y[hit->second] = 1;
  }
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  std::fill_n(y.as<float>(), y.elements(), 0.0f);
  if (a.cats_int64s.empty())
    return Encode(
        a.cats_strings, x, a.zeros != 0, [&](int64_t i) { return x.string(i); }, y.as<float>());
  return Encode(
      a.cats_int64s, x, a.zeros != 0, [&](int64_t i) { return x.Int(i); }, y.as<float>());
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const std::vector<int64_t> categories = {1, -2, 3};
  return {{"numbers are truncated", {{DType::kF32, {2, 2}, 0, 0, {1.9, -2.5, 3, 7}}}, {{"cats_int64s", categories}}},
          {"all known", {{DType::kI64, {3}, 0, 0, {3, 1, -2}}}, {{"cats_int64s", categories}, {"zeros", int64_t{0}}}},
          {"strings",
           {{DType::kString, {2}, 0, 0, {}, {"b", "c"}}},
           {{"cats_strings", std::vector<std::string>{"a", "b"}}}}};
}

}  // namespace

extern const OpDef kOneHotEncoder = {
    .name = "ai.onnx.ml.OneHotEncoder",
    .doc =
        "For each element of x a vector of zeros with a 1 at the place of its category: y f32 [..., categories]. "
        "Numbers "
        "are truncated to integers. Unknown elements give zeros alone, or an error if zeros = 0.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "OneHotEncoder", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
