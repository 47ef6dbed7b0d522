#include "ops/elementwise.h"
#include "ops/reduction.h"

namespace hasten::ops {
namespace {

// log(sum(exp(x))) = top + log(sum(exp(x - top))), which overflows nowhere.
Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const Dims kept, KeptDims(c));
  Tensor& y = c.output(0);
  const Dims& dims = c.input(0).dims;
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto top, c.Scratch<double>(y.elements()));
  HASTEN_ASSIGN(const auto total, c.Scratch<double>(y.elements()));
  std::fill(top.begin(), top.end(), -std::numeric_limits<double>::infinity());
  std::fill(total.begin(), total.end(), 0.0);
  FoldInto(
      x, dims, kept, [](double a, double v) { return v > a || std::isnan(v) ? v : a; }, top);
  for (double& v : top)
    if (std::isinf(v)) v = 0;
  BroadcastWalk at(kept, dims);
  for (double& v : x) {
    v = std::exp(v - top[static_cast<size_t>(at.offset())]);
    at.Next();
  }
  FoldInto(
      x, dims, kept, [](double a, double v) { return a + v; }, total);
  for (size_t i = 0; i < total.size(); ++i) total[i] = top[i] + std::log(total[i]);
  WriteDoubles(&y, 0, total);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {11}, {13, AxesToInput, AxesToAttribute}, {18}, {28}};

}  // namespace

extern const OpDef kReduceLogSumExp = {
    .name = "ReduceLogSumExp",
    .doc =
        "Logarithm of the sum of exponentials, truncated to integers where x is, over the axes that input 1 names; "
        "none named: over all, or none with noop_with_empty_axes. x: [d...]; axes: i64 [k].",
    .attrs = SchemaOf<ReduceAttrs>(kReduceFields),
    .arity = {1, 2},
    .onnx = {"", "ReduceLogSumExp", kVersions},
    .infer = InferReduction,
    .eval = Eval,
    .flops = ReductionFlops,
    .samples = [] { return ReductionSamples(-2, 2); },
};

}  // namespace hasten::ops
