#include "kernels/cpu/int_conv.h"

#include <cstring>

namespace hasten::cpu {

IntRoles IntConvOf(const PlanCall& call) {
  if (call.node->op->name == "ConvInteger") return {.a_zero = 2, .b_zero = 3};
  return {.a_scale = 1, .a_zero = 2, .b = 3, .b_scale = 4, .b_zero = 5, .bias = 8, .y_scale = 6, .y_zero = 7};
}

bool IntConvSupported(const PlanCall& call, IntFormat format) {
  const IntRoles roles = IntConvOf(call);
  const Tensor* w = call.constant(static_cast<size_t>(roles.b));
  if (!w || !IsByte(w->dtype) || w->dims.rank() < 3 || w->dims.rank() > 5 || w->elements() == 0) return false;
  if (!IsByte(call.in[0].dtype) || !call.in[0].shape.ranked()) return false;
  const auto zero = static_cast<size_t>(roles.b_zero);
  if (call.has(zero) && !call.constant(zero)) return false;
  if (roles.y_zero >= 0 && !IsByte(call.out[0].dtype)) return false;
  const int64_t depth = w->dims.Product(1, w->dims.rank());
  if (!BestIntTiles(format) || !IntScalesSupported(call, roles, w->dims[0], depth)) return false;
  if (format == IntFormat::kPairs) return true;
  const std::vector<int32_t> zeros = WeightZeros(call, roles);
  return FitQuads({Bytes::Of(*w), {}, 1, depth, zeros}, depth, w->dims[0]);
}

Status PrepareIntConv(const PlanCall& call, IntFormat format, std::vector<std::byte>* params) {
  IntConvParams p;
  p.format = format;
  p.roles = IntConvOf(call);
  p.output = p.roles.y_scale >= 0 ? IntOutput::kQuantized : IntOutput::kSums;
  const Dims& dims = call.constant(static_cast<size_t>(p.roles.b))->dims;
  p.weight.rank = dims.rank();
  std::copy(dims.begin(), dims.end(), p.weight.dims);
  params->resize(sizeof p);
  p.tables = IntTables::Known(call, p.roles, p.output, dims[0], 1, params);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

std::vector<int32_t> WeightZeros(const PlanCall& call, const IntRoles& roles) {
  std::vector<int32_t> out;
  const Tensor* zero = call.constant(static_cast<size_t>(roles.b_zero));
  for (int64_t i = 0; zero && i < zero->elements(); ++i) out.push_back(static_cast<int32_t>(zero->Int(i)));
  return out;
}

}  // namespace hasten::cpu
