#include "kernels/cpu/int_product.h"

namespace hasten::kernels::cpu {

extern const Tactic kMatMulInt =
    hasten::cpu::Named("mat_mul_int", hasten::cpu::IntProductTactic<hasten::cpu::IntFormat::kPairs, false>());

}  // namespace hasten::kernels::cpu
