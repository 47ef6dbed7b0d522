#include "ops/spectral_window.h"

namespace hasten {

Status InferSpectralWindow(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  HASTEN_TRY(RequireIndices(c, 0));
  HASTEN_TRY(RequireOneElement(c, 0));
  HASTEN_ASSIGN(const DType dtype, DTypeFromAttr(c.attrs<SpectralWindowAttrs>().output_datatype));
  HASTEN_REQUIRE(IsFloat(dtype) || IsInteger(dtype), "output_datatype must be of numbers, is ", Name(dtype));
  const auto size = c.KnownOf(0);
  return OutShape(c, 0, dtype, {size && size->elements.size() == 1 ? size->elements[0] : Dim::Fresh()});
}

Status EvalSpectralWindow(KernelCall& c, double a0, double a1, double a2) {
  constexpr double kTau = 6.283185307179586;
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const int64_t n = y->elements();
  const auto period = static_cast<double>(c.attrs<SpectralWindowAttrs>().periodic ? n : n - 1);
  for (int64_t i = 0; i < n; ++i) {
    const double turn = kTau * static_cast<double>(i) / period;
    y->SetDouble(i, a0 - a1 * std::cos(turn) + a2 * std::cos(2 * turn));
  }
  return {};
}

std::vector<Sample> SpectralWindowSamples() {
  const NamedAttr symmetric{"periodic", int64_t{0}};
  return {{"periodic", {IntScalar(10)}},
          {"symmetric", {IntScalar(11)}, {symmetric}},
          {"one", {IntScalar(1)}},
          {"none", {IntScalar(0)}},
          {"f64", {{DType::kI32, {}, 0, 0, {7}}}, {{"output_datatype", int64_t{11}}}},
          {"f16", {IntScalar(16)}, {{"output_datatype", int64_t{10}}}}};
}

namespace ops {
namespace {

Status Eval(KernelCall& c) { return EvalSpectralWindow(c, 0.5, 0.5, 0); }

}  // namespace

extern const OpDef kHannWindow = {
    .name = "HannWindow",
    .doc =
        "y[n] = (1 - cos(2 pi n / N)) / 2 for n in [0, size), N = size, or size - 1 where not periodic. size: one "
        "integer; y: [size] of dtype output_datatype. https://ieeexplore.ieee.org/document/1455106.",
    .attrs = SchemaOf<SpectralWindowAttrs>(kSpectralWindowFields),
    .arity = {1, 1},
    .onnx = {"", "HannWindow", kSpectralWindowVersions},
    .infer = InferSpectralWindow,
    .eval = Eval,
    .samples = SpectralWindowSamples,
};

}  // namespace ops
}  // namespace hasten
