// What the integer convolutions share: QLinearConv and ConvInteger with constant weights.
#pragma once
#include "kernels/cpu/conv_geometry.h"
#include "kernels/cpu/int_scales.h"

namespace hasten::cpu {

inline constexpr std::string_view kIntConvOps[] = {"QLinearConv", "ConvInteger"};

struct IntConvParams {
  ConvParams weight;
  IntRoles roles;
  IntOutput output = IntOutput::kSums;
};

IntRoles IntConvOf(const PlanCall& call);
// 8-bit operands of rank 3 to 5; weights and their zero points constant.
bool IntConvSupported(const PlanCall& call);
Status PrepareIntConv(const PlanCall& call, std::vector<std::byte>* params);
// Zero points of the constant b: none, one, or one per column.
std::vector<int32_t> WeightZeros(const PlanCall& call, const IntRoles& roles);

}  // namespace hasten::cpu
