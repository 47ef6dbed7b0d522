#include "ops/spectral_window.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) { return EvalSpectralWindow(c, 25.0 / 46, 21.0 / 46, 0); }

}  // namespace

extern const OpDef kHammingWindow = {
    .name = "HammingWindow",
    .doc =
        "y[n] = 25/46 - 21/46 cos(2 pi n / N) for n in [0, size), N = size, or size - 1 where not periodic. size: "
        "one integer; y: [size] of dtype output_datatype. https://ieeexplore.ieee.org/document/1455106.",
    .attrs = SchemaOf<SpectralWindowAttrs>(kSpectralWindowFields),
    .arity = {1, 1},
    .onnx = {"", "HammingWindow", kSpectralWindowVersions},
    .infer = InferSpectralWindow,
    .eval = Eval,
    .samples = SpectralWindowSamples,
};

}  // namespace hasten::ops
