#include "passes/grow.h"

namespace hasten::rules {

constexpr std::string_view kHosts[] = {"Conv", "ConvTranspose", "Gemm", "MatMul"};

extern const Rule kAbsorbPointwise = {
    .name = "absorb_pointwise",
    .doc =
        "Conv, ConvTranspose, Gemm or MatMul, then elementwise nodes (bias, residual, activation) that nobody else "
        "sees -> one node with an epilogue.",
    .stage = Stage::kEpilogue,
    .numerics = Numerics::kReassociated,
    .roots = kHosts,
    .apply = GrowEpilogue,
};

}  // namespace hasten::rules
