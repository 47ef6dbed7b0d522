// Convolution of 8-bit integers by quads of 8 bits, for weights that fit i8 less their zero points.
#include "kernels/cpu/int_conv.h"

namespace hasten::kernels::cpu {

extern const Tactic kConvIntQuads =
    hasten::cpu::IntConvTactic<hasten::cpu::IntFormat::kQuads>("conv_int_quads", Isa::kAvx512Vnni);

}  // namespace hasten::kernels::cpu
