#include "kernels/cpu/dynamic_product.h"

namespace hasten::kernels::cpu {

extern const Tactic kDynamicQuantizeProduct =
    hasten::cpu::Named("dynamic_quantize_product", hasten::cpu::DynamicProductTactic<hasten::cpu::IntFormat::kPairs>());

}  // namespace hasten::kernels::cpu
