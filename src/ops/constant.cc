#include "ops/op.h"

namespace hasten::ops {
namespace {

struct ConstantAttrs {
  std::optional<Tensor> value, sparse_value;
  std::optional<int64_t> value_int;
  std::optional<float> value_float;
  std::optional<std::string> value_string;
  std::optional<std::vector<int64_t>> value_ints;
  std::optional<std::vector<float>> value_floats;
  std::optional<std::vector<std::string>> value_strings;
};
using A = ConstantAttrs;
constexpr AttrField kFields[] = {Field<&A::value>("value"),
                                 Field<&A::sparse_value>("sparse_value"),
                                 Field<&A::value_int>("value_int"),
                                 Field<&A::value_float>("value_float"),
                                 Field<&A::value_string>("value_string"),
                                 Field<&A::value_ints>("value_ints"),
                                 Field<&A::value_floats>("value_floats"),
                                 Field<&A::value_strings>("value_strings")};

template <class T>
Tensor Vector(const std::vector<T>& v) {
  return TensorOf(Dims{static_cast<int64_t>(v.size())}, std::span<const T>(v));
}

Result<Tensor> Contents(const A& a) {
  if (a.value) return *a.value;
  if (a.sparse_value) return *a.sparse_value;
  if (a.value_int) return ScalarI64(*a.value_int);
  if (a.value_float) return TensorOf(Dims{}, std::span(&*a.value_float, 1));
  if (a.value_string) return TensorOf(Dims{}, std::span(&*a.value_string, 1));
  if (a.value_ints) return Vector(*a.value_ints);
  if (a.value_floats) return Vector(*a.value_floats);
  if (a.value_strings) return Vector(*a.value_strings);
  return Status(Code::kInvalidModel,
                "must have one of the attributes value, sparse_value, value_int, value_ints, "
                "value_float, value_floats, value_string, value_strings");
}

Status Infer(InferCall& c) {
  HASTEN_ASSIGN(const Tensor t, Contents(c.attrs<A>()));
  c.Out(0, t.dtype, Shape(t.dims));
  constexpr int64_t kMaxKnown = 4096;
  if (!(IsInteger(t.dtype) || t.dtype == DType::kBool) || t.elements() > kMaxKnown) return {};
  KnownInts known{t.dims, {}};
  for (int64_t v : ToInts(t)) known.elements.push_back(Dim(v));
  c.OutInts(0, std::move(known));
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const Tensor t, Contents(c.attrs<A>()));
  CopyElements(t, 0, &c.output(0), 0, t.elements());
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {9}, {11}, {12}, {13}, {19}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  return {{"int", {}, {{"value_int", int64_t{-3}}}},
          {"floats", {}, {{"value_floats", std::vector<float>{1.5f, -0.0f}}}},
          {"string", {}, {{"value_string", std::string("x")}}}};
}

}  // namespace

extern const OpDef kConstant = {
    .name = "Constant",
    .doc =
        "The contents of its one attribute. Import makes constants of the graph of such nodes; this op is for graphs "
        "written by hand.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {0, 0},
    .onnx = {"", "Constant", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
