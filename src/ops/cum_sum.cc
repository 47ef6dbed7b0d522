#include "ops/cumulative.h"

namespace hasten {

Status InferCumulative(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 1));
  HASTEN_TRY(RequireOneElement(c, 1));
  const auto axis = KnownInt(c, 1);
  if (axis && c.shape(0).ranked()) HASTEN_TRY(std::move(NormalizeAxis(*axis, c.shape(0).rank())).status());
  return OutShape(c, 0, c.dtype(0), c.shape(0));
}

std::vector<Sample> CumulativeSamples() {
  const SampleInput x{DType::kF32, {3, 5, 2}};
  const NamedAttr exclusive{"exclusive", int64_t{1}}, reverse{"reverse", int64_t{1}};
  return {{"axis 0", {x, IntScalar(0)}},
          {"middle axis", {x, IntScalar(1)}},
          {"exclusive", {x, IntScalar(-1)}, {exclusive}},
          {"reverse", {x, IntScalar(1)}, {reverse}},
          {"exclusive and reverse", {x, IntScalar(1)}, {exclusive, reverse}},
          {"i32 wraps", {{DType::kI32, {7}, -2147483647, 2147483647}, IntScalar(0)}},
          {"u64", {{DType::kU64, {5}, 0, 100}, IntScalar(0)}},
          {"f16", {{DType::kF16, {31}}, IntScalar(0)}},
          {"empty", {{DType::kF32, {0, 3}}, IntScalar(0)}}};
}

namespace ops {
namespace {

Status Eval(KernelCall& c) {
  return EvalCumulative(c, 0, [](auto a, auto b) { return a + b; });
}

constexpr OnnxVersion kVersions[] = {{11}, {14}};

}  // namespace

extern const OpDef kCumSum = {
    .name = "CumSum",
    .doc =
        "y[.., i, ..] = sum of x[.., j, ..] for j <= i along the axis in input 1 (one integer); exclusive: j < i; "
        "reverse: j >= i (or j > i). x: numbers; integers wrap.",
    .attrs = SchemaOf<CumulativeAttrs>(kCumulativeFields),
    .arity = {2, 2},
    .onnx = {"", "CumSum", kVersions},
    .infer = InferCumulative,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = CumulativeSamples,
};

}  // namespace ops
}  // namespace hasten
