// com.microsoft.DynamicQuantizeMatMul: A becomes integers, then the product of integers is as elsewhere.
#pragma once
#include "kernels/cpu/int_product.h"

namespace hasten::cpu {

bool DynamicProductSupported(const PlanCall& call, IntFormat format);
Status BindDynamicProduct(const BoundShapes& s, Binding* binding);
Status RunDynamicProduct(KernelCall& c);

inline constexpr std::string_view kDynamicProductOps[] = {"com.microsoft.DynamicQuantizeMatMul"};

template <IntFormat kFormat>
constexpr Tactic DynamicProductTactic() {
  Tactic t = IntProductTactic<kFormat, true>();
  t.ops = kDynamicProductOps;
  t.supports = [](const PlanCall& call) { return DynamicProductSupported(call, kFormat); };
  t.packs = 1u << 1;
  t.bind = BindDynamicProduct;
  t.run = RunDynamicProduct;
  return t;
}

}  // namespace hasten::cpu
