#include "ops/reduction.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(InferReduction(c));
  PropagateReduction(c, [](const Dim& a, const Dim& b) { return Max(a, b); });
  return {};
}

// NaN wins.
double Pick(double a, double x) { return x > a || std::isnan(x) ? x : a; }

Status Eval(KernelCall& c) {
  const DType t = c.input(0).dtype;
  const int64_t lowest = IsFloat(t) ? 0 : IntMin(t);
  return EvalReduction(c, {.start = -std::numeric_limits<double>::infinity(), .fold = Pick},
                       {.start = lowest,
                        .fold = [](int64_t a, int64_t x) { return std::max(a, x); },
                        .natural = [](uint64_t a, uint64_t x) { return std::max(a, x); }});
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {12}, {13, AxesToInput, AxesToAttribute}, {18}, {20}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = ReductionSamples(-2, 2);
  const SampleInput axes{DType::kI64, {1}, 0, 0, {1}};
  out.push_back({"bool", {{DType::kBool, {3, 2}, 0, 1}, axes}});
  out.push_back({"i8", {{DType::kI8, {3, 5}, -128, 127}, axes}});
  out.push_back({"u8", {{DType::kU8, {3, 5}, 0, 255}, axes}});
  return out;
}

}  // namespace

extern const OpDef kReduceMax = {
    .name = "ReduceMax",
    .doc =
        "Largest element over the axes that input 1 names; none named: over all, or none with noop_with_empty_axes. "
        "x: float, integer or bool [d...]; axes: i64 [k]. NaN wins. No elements give the lowest value.",
    .attrs = SchemaOf<ReduceAttrs>(kReduceFields),
    .arity = {1, 2},
    .onnx = {"", "ReduceMax", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = ReductionFlops,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
