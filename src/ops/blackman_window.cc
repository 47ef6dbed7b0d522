#include "ops/spectral_window.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) { return EvalSpectralWindow(c, 0.42, 0.5, 0.08); }

}  // namespace

extern const OpDef kBlackmanWindow = {
    .name = "BlackmanWindow",
    .doc =
        "y[n] = 0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N) for n in [0, size), N = size, or size - 1 where "
        "not periodic. size: one integer; y: [size] of dtype output_datatype. "
        "https://ieeexplore.ieee.org/document/1455106.",
    .attrs = SchemaOf<SpectralWindowAttrs>(kSpectralWindowFields),
    .arity = {1, 1},
    .onnx = {"", "BlackmanWindow", kSpectralWindowVersions},
    .infer = InferSpectralWindow,
    .eval = Eval,
    .samples = SpectralWindowSamples,
};

}  // namespace hasten::ops
