#include <charconv>
#include <cstdio>

#include "ops/ml/map_input.h"

namespace hasten::ops::ml {
namespace {

struct CastMapAttrs {
  std::string cast_to = "TO_FLOAT", map_form = "DENSE";
  int64_t max_map = 1;
};
using A = CastMapAttrs;
constexpr AttrField kFields[] = {Field<&A::cast_to>("cast_to"), Field<&A::map_form>("map_form"),
                                 Field<&A::max_map>("max_map")};

Result<DType> TargetOf(const A& a) {
  if (a.cast_to == "TO_FLOAT") return DType::kF32;
  if (a.cast_to == "TO_STRING") return DType::kString;
  if (a.cast_to == "TO_INT64") return DType::kI64;
  return Status(Code::kInvalidModel,
                Str("attribute cast_to must be TO_FLOAT, TO_STRING or TO_INT64, is ", Quote(a.cast_to)));
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_ASSIGN(const DType to, TargetOf(a));
  HASTEN_REQUIRE(a.map_form == "DENSE" || a.map_form == "SPARSE", "attribute map_form must be DENSE or SPARSE, is ",
                 Quote(a.map_form));
  const bool sparse = a.map_form == "SPARSE";
  HASTEN_REQUIRE(!sparse || a.max_map >= 1, "attribute max_map must be at least 1, is ", a.max_map);
  HASTEN_ASSIGN(const Type* map, InferMap(c, 0));
  HASTEN_REQUIRE(!map || map->dtype == DType::kI64 || map->dtype == DType::kNone, "input must be a map of i64, is ",
                 *map);
  c.Out(0, to, {1, sparse ? Dim(a.max_map) : Dim::Fresh()});
  return {};
}

Result<double> ToNumber(const Tensor& values, int64_t i) {
  if (values.dtype != DType::kString) return values.Double(i);
  const std::string& s = values.string(i);
  double v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  HASTEN_REQUIRE(error == std::errc() && end == s.data() + s.size(), "value ", Quote(s), " must be a number");
  return v;
}

std::string ToText(const Tensor& values, int64_t i) {
  if (values.dtype == DType::kString) return values.string(i);
  if (!IsFloat(values.dtype)) return Str(values.Int(i));
  char text[400];  // the largest double has 309 digits before the point
  return std::string(text, static_cast<size_t>(std::snprintf(text, sizeof text, "%f", values.Double(i))));
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_ASSIGN(const DType to, TargetOf(a));
  HASTEN_ASSIGN(const MapValue* map, MapOf(c, 0));
  const std::vector<int64_t> keys = ToInts(map->keys);
  std::vector<int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t p, int64_t q) { return keys[static_cast<size_t>(p)] < keys[static_cast<size_t>(q)]; });
  const bool sparse = a.map_form == "SPARSE";
  const int64_t n = sparse ? a.max_map : static_cast<int64_t>(keys.size());
  HASTEN_ASSIGN(Tensor* y, c.Allocate(0, to, {1, n}));
  if (to == DType::kString)
    std::fill_n(y->as<std::string>(), n, "0.f");  // onnxruntime's filling
  else
    std::memset(y->data, 0, static_cast<size_t>(y->bytes()));
  int64_t next = 0;
  for (int64_t i : order) {
    const int64_t at = sparse ? keys[static_cast<size_t>(i)] : next++;
    HASTEN_REQUIRE(at >= 0 && at < n, "keys must be in [0, ", n, "), one is ", at);
    if (to == DType::kString) {
      y->as<std::string>()[at] = ToText(map->values, i);
    } else {
      HASTEN_ASSIGN(const double v, ToNumber(map->values, i));
      y->SetDouble(at, v);
    }
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

}  // namespace

extern const OpDef kCastMap = {
    .name = "ai.onnx.ml.CastMap",
    .doc =
        "The values of a map of i64 in the order of their keys, y [1, size] (DENSE), or at their keys, y [1, max_map] "
        "with "
        "zeros between (SPARSE), cast to f32, i64 or strings.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "CastMap", kVersions},
    .infer = Infer,
    .eval = Eval,
};

}  // namespace hasten::ops::ml
