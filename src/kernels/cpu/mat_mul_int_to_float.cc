#include "kernels/cpu/int_product.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return IntProductSupported(call, true); }

constexpr std::string_view kOps[] = {"com.microsoft.QGemm", "com.microsoft.MatMulIntegerToFloat"};

}  // namespace

extern const Tactic kMatMulIntToFloat = {
    .name = "mat_mul_int_to_float",
    .ops = kOps,
    .supports = Supports,
    .bound = 4,
    .numerics = Numerics::kReassociated,
    .speed = 60,
    .packs = 1u << 1 | 1u << 3,
    .pack = PackIntProduct,
    .packed_type = PackedIntProductType,
    .prepare = PrepareIntProduct,
    .bind = BindIntProduct,
    .run = RunIntProduct,
};

}  // namespace hasten::kernels::cpu
