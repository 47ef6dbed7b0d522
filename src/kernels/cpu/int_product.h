// Matrix products of 8-bit integers: MatMulInteger and its quantised kin.
#pragma once
#include "kernels/cpu/int_tile.h"
#include "kernels/tactic.h"

namespace hasten::cpu {

// Whether the output is of floats, or of integers.
bool IntProductSupported(const PlanCall& call, IntFormat format, bool floats);
Status PrepareIntProduct(const PlanCall& call, IntFormat format, std::vector<std::byte>* params);
Type PackedIntProductType(const PlanCall& call, int input, IntFormat format);
Status PackIntProduct(const PlanCall& call, int input, IntFormat format, Tensor* packed);
Status BindIntProduct(const BoundShapes& s, Binding* binding);
Status RunIntProduct(KernelCall& c);

inline constexpr std::string_view kIntProductOps[] = {"MatMulInteger", "QLinearMatMul", "com.microsoft.QGemm"};
inline constexpr std::string_view kIntProductToFloatOps[] = {"com.microsoft.QGemm",
                                                             "com.microsoft.MatMulIntegerToFloat"};

// All but its name.
template <IntFormat kFormat, bool kFloats>
constexpr Tactic IntProductTactic() {
  return {
      .ops = kFloats ? std::span<const std::string_view>(kIntProductToFloatOps) : kIntProductOps,
      .isa = kFormat == IntFormat::kQuads ? Isa::kAvx512Vnni : Isa::kBaseline,
      .supports = [](const PlanCall& call) { return IntProductSupported(call, kFormat, kFloats); },
      .bound = kFloats ? 4 : 0,
      .numerics = kFloats ? Numerics::kReassociated : Numerics::kExact,
      .speed = kFormat == IntFormat::kQuads ? 120 : 60,
      .packs = 1u << 1 | 1u << 3,
      .pack = [](const PlanCall& call, int i, Tensor* packed) { return PackIntProduct(call, i, kFormat, packed); },
      .packed_type = [](const PlanCall& call, int i) { return PackedIntProductType(call, i, kFormat); },
      .prepare = [](const PlanCall& call,
                    std::vector<std::byte>* params) { return PrepareIntProduct(call, kFormat, params); },
      .bind = BindIntProduct,
      .run = RunIntProduct,
  };
}

constexpr Tactic Named(std::string_view name, Tactic tactic) {
  tactic.name = name;
  return tactic;
}

}  // namespace hasten::cpu
