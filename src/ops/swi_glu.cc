#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct SwiGLUAttrs {
  float alpha = 1;
};
constexpr AttrField kFields[] = {Field<&SwiGLUAttrs::alpha>("alpha")};

Status Infer(InferCall& c) {
  HASTEN_TRY(InferBroadcastFloats(c));
  const Shape &a = c.shape(0), &b = c.shape(1);
  if (!a.ranked() || !b.ranked()) {
    c.Out(0, c.dtype(0) == DType::kNone ? c.dtype(1) : c.dtype(0), a.ranked() ? a : b);
    return {};
  }
  bool differ = a.rank() != b.rank();
  for (int i = 0; !differ && i < a.rank(); ++i) differ = NeverEqual(a[i], b[i]);
  HASTEN_REQUIRE(!differ, "inputs must have one shape, are ", a, " and ", b);
  return {};
}

Status Eval(KernelCall& c) {
  const double alpha = double{c.attrs<SwiGLUAttrs>().alpha};
  if (!(c.input(0).dims == c.input(1).dims))
    return Status(Code::kInvalidArgument, Str("inputs must have one shape, are ", c.input(0), " and ", c.input(1)));
  HASTEN_ASSIGN(const auto gate, c.Doubles(0));
  HASTEN_ASSIGN(const auto value, c.Doubles(1));
  for (size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-alpha * gate[i])) * value[i];
  WriteDoubles(&c.output(0), 0, gate);
  return {};
}

constexpr OnnxVersion kVersions[] = {{28}};

std::vector<Sample> Samples() {
  return {{"odd", {{DType::kF32, {3, 5}, -6, 6}, {DType::kF32, {3, 5}}}},
          {"alpha", {{DType::kF32, {7}, -6, 6}, {DType::kF32, {7}}}, {{"alpha", 1.75f}}},
          {"prime, beyond one tile", {{DType::kF32, {1033}, -6, 6}, {DType::kF32, {1033}}}},
          {"scalars", {{DType::kF32, {}, -6, 6}, {DType::kF32, {}}}},
          {"zero-size", {{DType::kF32, {0, 3}}, {DType::kF32, {0, 3}}}},
          {"f16", {{DType::kF16, {7}, -6, 6}, {DType::kF16, {7}}}},
          {"bf16", {{DType::kBF16, {7}, -6, 6}, {DType::kBF16, {7}}}},
          {"f64", {{DType::kF64, {7}, -6, 6}, {DType::kF64, {7}}}}};
}

}  // namespace

extern const OpDef kSwiGlu = {
    .name = "SwiGLU",
    .doc = "y = a / (1 + e^(-alpha * a)) * b, elementwise without broadcasting. a, b, y: float [d...].",
    .attrs = SchemaOf<SwiGLUAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "SwiGLU", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
