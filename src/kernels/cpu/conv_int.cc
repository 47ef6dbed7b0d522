// Convolution of 8-bit integers by pairs of 16 bits, which any weights fit.
#include "kernels/cpu/int_conv.h"

namespace hasten::kernels::cpu {

extern const Tactic kConvInt = hasten::cpu::IntConvTactic<hasten::cpu::IntFormat::kPairs>("conv_int", Isa::kBaseline);

}  // namespace hasten::kernels::cpu
