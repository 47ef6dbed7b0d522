#include "kernels/cpu/int_product.h"

namespace hasten::kernels::cpu {

extern const Tactic kMatMulIntToFloat =
    hasten::cpu::Named("mat_mul_int_to_float", hasten::cpu::IntProductTactic<hasten::cpu::IntFormat::kPairs, true>());

}  // namespace hasten::kernels::cpu
