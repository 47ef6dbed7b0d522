// What the integer convolutions share: QLinearConv and ConvInteger with constant weights.
#pragma once
#include "kernels/cpu/conv_geometry.h"
#include "kernels/cpu/int_scales.h"

namespace hasten::cpu {

inline constexpr std::string_view kIntConvOps[] = {"QLinearConv", "ConvInteger"};

struct IntConvParams {
  ConvParams weight;
  IntFormat format = IntFormat::kPairs;
  IntRoles roles;
  IntOutput output = IntOutput::kSums;
  IntTables tables;
};

IntRoles IntConvOf(const PlanCall& call);
// 8-bit operands of rank 3 to 5; weights and their zero points constant, and fit the format.
bool IntConvSupported(const PlanCall& call, IntFormat format);
Status PrepareIntConv(const PlanCall& call, IntFormat format, std::vector<std::byte>* params);
// Zero points of the constant b: none, one, or one per column.
std::vector<int32_t> WeightZeros(const PlanCall& call, const IntRoles& roles);

// As a product of matrices, of the taps' channels by filters, in one of the formats.
bool IntConvFits(const PlanCall& call, IntFormat format);
// Of the products that are computed, those of channels and filters that there are.
double IntConvShare(const PlanCall& call, IntFormat format);
Status PackIntConv(const PlanCall& call, int input, IntFormat format, Tensor* packed);
Type PackedIntConvType(const PlanCall& call, int input, IntFormat format);
Status BindIntConvProduct(const BoundShapes& s, Binding* binding);
Status RunIntConvProduct(KernelCall& c);

// Depthwise: along the channels, in one of the formats.
bool IntDepthwiseFits(const PlanCall& call, IntFormat format);
Status PackIntDepthwise(const PlanCall& call, int input, IntFormat format, Tensor* packed);
Type PackedIntDepthwiseType(const PlanCall& call, int input, IntFormat format);
Status BindIntDepthwise(const BoundShapes& s, Binding* binding);
Status RunIntDepthwise(KernelCall& c);

template <IntFormat kFormat>
constexpr Tactic IntConvTactic(std::string_view name, Isa isa) {
  return {
      .name = name,
      .ops = kIntConvOps,
      .isa = isa,
      .supports = [](const PlanCall& call) { return IntConvFits(call, kFormat); },
      .layouts = Layouts::kChannelsLast,
      .speed = kFormat == IntFormat::kQuads ? 120 : 60,
      .share = [](const PlanCall& call) { return IntConvShare(call, kFormat); },
      .packs = 1u << 1 | 1u << 3,
      .pack = [](const PlanCall& call, int i, Tensor* packed) { return PackIntConv(call, i, kFormat, packed); },
      .packed_type = [](const PlanCall& call, int i) { return PackedIntConvType(call, i, kFormat); },
      .prepare = [](const PlanCall& call,
                    std::vector<std::byte>* params) { return PrepareIntConv(call, kFormat, params); },
      .bind = BindIntConvProduct,
      .run = RunIntConvProduct,
  };
}

template <IntFormat kFormat>
constexpr Tactic IntDepthwiseTactic(std::string_view name, Isa isa) {
  Tactic t = IntConvTactic<kFormat>(name, isa);
  t.supports = [](const PlanCall& call) { return IntDepthwiseFits(call, kFormat); };
  t.speed = kFormat == IntFormat::kQuads ? 60 : 30;
  t.share = nullptr;
  t.pack = [](const PlanCall& call, int i, Tensor* packed) { return PackIntDepthwise(call, i, kFormat, packed); };
  t.packed_type = [](const PlanCall& call, int i) { return PackedIntDepthwiseType(call, i, kFormat); };
  t.bind = BindIntDepthwise;
  t.run = RunIntDepthwise;
  return t;
}

}  // namespace hasten::cpu
