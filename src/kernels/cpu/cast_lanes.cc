// Casts between the dtypes that models change most, in whole vectors, and of anything to what it is.
#include <cstring>

#include "kernels/cpu/simd.h"
#include "kernels/tactic.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/cast_lanes.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Df = hn::ScalableTag<float>;
using Dh = hn::Rebind<hwy::float16_t, Df>;

void HalfToFloat(const void* from, int64_t n, void* to) {
  const auto* x = static_cast<const hwy::float16_t*>(from);
  auto* y = static_cast<float*>(to);
  const auto lanes = static_cast<int64_t>(hn::Lanes(Df()));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::PromoteTo(Df(), hn::LoadU(Dh(), x + i)), Df(), y + i);
  HWY_ALIGN float last[HWY_MAX_BYTES / 4];
  HWY_ALIGN hwy::float16_t part[HWY_MAX_BYTES / 4] = {};
  std::copy(x + i, x + n, part);
  hn::Store(hn::PromoteTo(Df(), hn::Load(Dh(), part)), Df(), last);
  std::copy(last, last + (n - i), y + i);
}

void FloatToHalf(const void* from, int64_t n, void* to) {
  const auto* x = static_cast<const float*>(from);
  auto* y = static_cast<hwy::float16_t*>(to);
  const auto lanes = static_cast<int64_t>(hn::Lanes(Df()));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::DemoteTo(Dh(), hn::LoadU(Df(), x + i)), Dh(), y + i);
  HWY_ALIGN float part[HWY_MAX_BYTES / 4] = {};
  HWY_ALIGN hwy::float16_t last[HWY_MAX_BYTES / 4];
  std::copy(x + i, x + n, part);
  hn::Store(hn::DemoteTo(Dh(), hn::Load(Df(), part)), Dh(), last);
  std::copy(last, last + (n - i), y + i);
}

// Integers to f32 and each other; floats to integers as the reference has it: what does not fit is the least value.
template <class From, class To>
void Convert(const void* from, int64_t n, void* to) {
  const auto* HWY_RESTRICT x = static_cast<const From*>(from);
  auto* HWY_RESTRICT y = static_cast<To*>(to);
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<To, bool>) {
      y[i] = x[i] != 0;
    } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
      constexpr auto kLeast = static_cast<From>(std::numeric_limits<To>::min());
      y[i] = x[i] >= kLeast && x[i] < -kLeast ? static_cast<To>(x[i]) : std::numeric_limits<To>::min();
    } else {
      y[i] = static_cast<To>(x[i]);
    }
  }
}

#define HASTEN_CONVERT(name, From, To) \
  void name(const void* from, int64_t n, void* to) { Convert<From, To>(from, n, to); }
HASTEN_CONVERT(I64ToF32, int64_t, float)
HASTEN_CONVERT(I32ToF32, int32_t, float)
HASTEN_CONVERT(U8ToF32, uint8_t, float)
HASTEN_CONVERT(I8ToF32, int8_t, float)
HASTEN_CONVERT(BoolToF32, bool, float)
HASTEN_CONVERT(F64ToF32, double, float)
HASTEN_CONVERT(F32ToF64, float, double)
HASTEN_CONVERT(F32ToI64, float, int64_t)
HASTEN_CONVERT(F32ToI32, float, int32_t)
HASTEN_CONVERT(F32ToBool, float, bool)
HASTEN_CONVERT(I64ToI32, int64_t, int32_t)
HASTEN_CONVERT(I32ToI64, int32_t, int64_t)
HASTEN_CONVERT(I64ToBool, int64_t, bool)
HASTEN_CONVERT(I32ToBool, int32_t, bool)
HASTEN_CONVERT(BoolToI64, bool, int64_t)
HASTEN_CONVERT(BoolToI32, bool, int32_t)
#undef HASTEN_CONVERT

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(HalfToFloat);
HWY_EXPORT(FloatToHalf);
HWY_EXPORT(I64ToF32);
HWY_EXPORT(I32ToF32);
HWY_EXPORT(U8ToF32);
HWY_EXPORT(I8ToF32);
HWY_EXPORT(BoolToF32);
HWY_EXPORT(F64ToF32);
HWY_EXPORT(F32ToF64);
HWY_EXPORT(F32ToI64);
HWY_EXPORT(F32ToI32);
HWY_EXPORT(F32ToBool);
HWY_EXPORT(I64ToI32);
HWY_EXPORT(I32ToI64);
HWY_EXPORT(I64ToBool);
HWY_EXPORT(I32ToBool);
HWY_EXPORT(BoolToI64);
HWY_EXPORT(BoolToI32);

using ConvertFn = void (*)(const void* from, int64_t n, void* to);

// Null: no kernel.
ConvertFn ConverterOf(DType from, DType to) {
  const auto is = [&](DType a, DType b) { return from == a && to == b; };
  if (is(DType::kF16, DType::kF32)) return HWY_DYNAMIC_DISPATCH(HalfToFloat);
  if (is(DType::kF32, DType::kF16)) return HWY_DYNAMIC_DISPATCH(FloatToHalf);
  if (is(DType::kI64, DType::kF32)) return HWY_DYNAMIC_DISPATCH(I64ToF32);
  if (is(DType::kI32, DType::kF32)) return HWY_DYNAMIC_DISPATCH(I32ToF32);
  if (is(DType::kU8, DType::kF32)) return HWY_DYNAMIC_DISPATCH(U8ToF32);
  if (is(DType::kI8, DType::kF32)) return HWY_DYNAMIC_DISPATCH(I8ToF32);
  if (is(DType::kBool, DType::kF32)) return HWY_DYNAMIC_DISPATCH(BoolToF32);
  if (is(DType::kF64, DType::kF32)) return HWY_DYNAMIC_DISPATCH(F64ToF32);
  if (is(DType::kF32, DType::kF64)) return HWY_DYNAMIC_DISPATCH(F32ToF64);
  if (is(DType::kF32, DType::kI64)) return HWY_DYNAMIC_DISPATCH(F32ToI64);
  if (is(DType::kF32, DType::kI32)) return HWY_DYNAMIC_DISPATCH(F32ToI32);
  if (is(DType::kF32, DType::kBool)) return HWY_DYNAMIC_DISPATCH(F32ToBool);
  if (is(DType::kI64, DType::kI32)) return HWY_DYNAMIC_DISPATCH(I64ToI32);
  if (is(DType::kI32, DType::kI64)) return HWY_DYNAMIC_DISPATCH(I32ToI64);
  if (is(DType::kI64, DType::kBool)) return HWY_DYNAMIC_DISPATCH(I64ToBool);
  if (is(DType::kI32, DType::kBool)) return HWY_DYNAMIC_DISPATCH(I32ToBool);
  if (is(DType::kBool, DType::kI64)) return HWY_DYNAMIC_DISPATCH(BoolToI64);
  if (is(DType::kBool, DType::kI32)) return HWY_DYNAMIC_DISPATCH(BoolToI32);
  return nullptr;
}

constexpr int64_t kChunk = 32 << 10;  // elements

bool Supports(const PlanCall& call) {
  const DType from = call.in[0].dtype, to = call.out[0].dtype;
  return ConverterOf(from, to) || (from == to && from != DType::kNone && from != DType::kString);
}

Status Bind(const BoundShapes& s, Binding* binding) {
  binding->phases = {(s.out[0].shape.Concrete()->elements() + kChunk - 1) / kChunk};
  return {};
}

Status Run(KernelCall& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  const int64_t first = c.chunk * kChunk, n = std::min(kChunk, x.elements() - first);
  const std::byte* const from = x.data + BytesFor(x.dtype, first);
  std::byte* const to = y.data + BytesFor(y.dtype, first);
  if (x.dtype != y.dtype) {
    ConverterOf(x.dtype, y.dtype)(from, n, to);
  } else if (from != to) {
    std::memcpy(to, from, static_cast<size_t>(BytesFor(x.dtype, n)));
  }
  return {};
}

constexpr std::string_view kOps[] = {"Cast", "CastLike"};

}  // namespace
}  // namespace hasten::cpu

namespace hasten::kernels::cpu {

extern const Tactic kCastLanes = {
    .name = "cast_lanes",
    .ops = hasten::cpu::kOps,
    .supports = hasten::cpu::Supports,
    .in_place = true,
    .layouts = Layouts::kEither,
    .speed = 4,
    .bind = hasten::cpu::Bind,
    .run = hasten::cpu::Run,
};

}  // namespace hasten::kernels::cpu
#endif
