#include "kernels/cpu/int_product.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return IntProductSupported(call, false); }

constexpr std::string_view kOps[] = {"MatMulInteger", "QLinearMatMul", "com.microsoft.QGemm"};

}  // namespace

extern const Tactic kMatMulInt = {
    .name = "mat_mul_int",
    .ops = kOps,
    .supports = Supports,
    .speed = 60,
    .packs = 1u << 1 | 1u << 3,
    .pack = PackIntProduct,
    .packed_type = PackedIntProductType,
    .prepare = PrepareIntProduct,
    .bind = BindIntProduct,
    .run = RunIntProduct,
};

}  // namespace hasten::kernels::cpu
