// By quads of 8 bits, for a constant B that fits i8 less its zero points.
#include "kernels/cpu/dynamic_product.h"

namespace hasten::kernels::cpu {

extern const Tactic kDynamicQuantizeProductQuads = hasten::cpu::Named(
    "dynamic_quantize_product_quads", hasten::cpu::DynamicProductTactic<hasten::cpu::IntFormat::kQuads>());

}  // namespace hasten::kernels::cpu
