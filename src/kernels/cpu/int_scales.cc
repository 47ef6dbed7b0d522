#include "kernels/cpu/int_scales.h"

#include <cmath>
#include <cstring>

namespace hasten::cpu {
namespace {

bool Holds(const PlanCall& call, int i, int64_t one, int64_t other) {
  if (i < 0 || !call.has(static_cast<size_t>(i))) return true;
  const Type& t = call.in[static_cast<size_t>(i)];
  const auto dims = t.is_tensor() ? t.shape.Concrete() : std::nullopt;
  return dims && (dims->elements() == one || (dims->elements() == other && dims->back() == other));
}

bool BiasSupported(const PlanCall& call, size_t i) {
  const DType t = call.in[i].dtype;
  if (t != DType::kI32 && t != DType::kF64) return t == DType::kF32;
  const Tensor* bias = call.constant(i);
  for (int64_t j = 0; bias && j < bias->elements(); ++j)
    if (!(std::abs(bias->Double(j)) <= 0x1p30)) return false;
  return bias != nullptr;
}

}  // namespace

bool IntScalesSupported(const PlanCall& call, const IntRoles& roles, int64_t columns, int64_t depth) {
  if (depth > kMostIntDepth) return false;
  for (int i : {roles.a_scale, roles.a_zero, roles.y_scale, roles.y_zero})
    if (!Holds(call, i, 1, 1)) return false;
  for (int i : {roles.b_scale, roles.b_zero})
    if (!Holds(call, i, 1, columns)) return false;
  if (!Holds(call, roles.bias, columns, columns)) return false;
  for (int i : {roles.a_scale, roles.b_scale, roles.y_scale})
    if (i >= 0 && call.has(static_cast<size_t>(i)) && !IsFloat(call.in[static_cast<size_t>(i)].dtype)) return false;
  return roles.bias < 0 || !call.has(static_cast<size_t>(roles.bias)) ||
         BiasSupported(call, static_cast<size_t>(roles.bias));
}

int32_t ZeroOf(const KernelCall& c, int i) { return i >= 0 && c.has(i) ? static_cast<int32_t>(c.input(i).Int(0)) : 0; }

void IntTables::Fill(const KernelCall& c, const IntRoles& roles, IntOutput output, int64_t count, double factor,
                     std::byte* at) const {
  if (output == IntOutput::kSums) return;
  const double a = factor * c.input(roles.a_scale).Double(0);
  const double y = output == IntOutput::kQuantized ? c.input(roles.y_scale).Double(0) : 1.0;
  const Tensor& b = c.input(roles.b_scale);
  const Tensor* bias = roles.bias >= 0 && c.has(roles.bias) ? &c.input(roles.bias) : nullptr;
  const bool one = b.elements() == 1, scaled = bias && bias->dtype != DType::kF32;
  for (int64_t j = 0; j < count; ++j) {
    scale(at)[j] = a * b.Double(one ? 0 : j);
    multiplier(at)[j] = static_cast<float>(scale(at)[j] / y);
    const double added = bias ? bias->Double(j) : 0.0, nearest = scaled ? std::nearbyint(added) : 0.0;
    if (output == IntOutput::kFloats) {
      rest(at)[j] = static_cast<float>(scaled ? added * scale(at)[j] : added);
      continue;
    }
    steps(at)[j] = added;
    whole(at)[j] = static_cast<int32_t>(nearest);
    rest(at)[j] = static_cast<float>((added - nearest) * (scale(at)[j] / y));
  }
}

IntTail IntTail::Of(const KernelCall& c, const IntRoles& roles, IntOutput output, const IntTables& tables,
                    std::byte* at) {
  IntTail t;
  t.output = output;
  t.y = c.output(0).data;
  t.y_bytes = BytesFor(c.output(0).dtype, 1);
  if (output == IntOutput::kFloats) t.floats = {tables.multiplier(at), tables.rest(at)};
  if (output != IntOutput::kQuantized) return t;
  t.quantized = {tables.steps(at), tables.scale(at), tables.multiplier(at), tables.whole(at), tables.rest(at)};
  t.quantized.y_scale = c.input(roles.y_scale).Double(0);
  t.quantized.y_zero = ZeroOf(c, roles.y_zero);
  t.quantized.dtype = c.output(0).dtype;
  return t;
}

void IntTail::Row(const int32_t* sums, int64_t element, int64_t column, int64_t n) const {
  std::byte* to = y + element * y_bytes;
  switch (output) {
    case IntOutput::kSums: std::memcpy(to, sums, static_cast<size_t>(n) * sizeof(int32_t)); return;
    case IntOutput::kQuantized: return RequantizeRow(quantized, sums, column, n, to);
    case IntOutput::kFloats: return ToFloatsRow(floats, sums, column, n, reinterpret_cast<float*>(to));
  }
}

}  // namespace hasten::cpu
