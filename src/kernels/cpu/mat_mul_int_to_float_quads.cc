// By quads of 8 bits, for a constant B that fits i8 less its zero points.
#include "kernels/cpu/int_product.h"

namespace hasten::kernels::cpu {

extern const Tactic kMatMulIntToFloatQuads = hasten::cpu::Named(
    "mat_mul_int_to_float_quads", hasten::cpu::IntProductTactic<hasten::cpu::IntFormat::kQuads, true>());

}  // namespace hasten::kernels::cpu
