// Depthwise convolution of 8-bit integers, which any weights fit.
#include "kernels/cpu/int_conv.h"

namespace hasten::kernels::cpu {

extern const Tactic kDepthwiseInt =
    hasten::cpu::IntDepthwiseTactic<hasten::cpu::IntFormat::kPairs>("depthwise_int", Isa::kBaseline);

}  // namespace hasten::kernels::cpu
