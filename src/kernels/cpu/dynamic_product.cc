#include "kernels/cpu/dynamic_product.h"

#include <cstring>

#include "kernels/cpu/dynamic_scale.h"

namespace hasten::cpu {
namespace {

enum Input { kA, kB, kScale, kZero, kBias, kAScale, kAZero, kInputs };  // the last two are made here

// Phase 0: ranges of A.  Phase 1: A as integers, and its scale and zero point.  Then the product's phases, whose
// workspace comes first and whose binding comes behind.
struct alignas(64) Bound {
  DynamicScaling a;
  int64_t ranges = 0, integers = 0, scale = 0;  // bytes of the workspace before each part
};

int64_t Align(int64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

bool DynamicProductSupported(const PlanCall& call, IntFormat format) {
  if (call.in[kA].dtype != DType::kF32 || call.in.size() > kAScale) return false;
  std::vector<Type> in(call.in.begin(), call.in.end());
  in[kA].dtype = DType::kU8;
  PlanCall integers = call;
  integers.in = in;
  return IntProductSupported(integers, format, true);
}

Status BindDynamicProduct(const BoundShapes& s, Binding* binding) {
  HASTEN_TRY(BindIntProduct(s, binding));
  Bound b;
  b.a.elements = s.in[kA].shape.Concrete()->elements();
  b.ranges = Align(static_cast<int64_t>(binding->workspace_bytes));
  b.integers = b.ranges + Align(b.a.bytes());
  b.scale = b.integers + Align(b.a.elements);
  binding->workspace_bytes = static_cast<size_t>(b.scale + 64);
  binding->phases.insert(binding->phases.begin(), {b.a.chunks(), std::max<int64_t>(1, b.a.chunks())});
  const auto* bytes = reinterpret_cast<const std::byte*>(&b);
  binding->data.insert(binding->data.begin(), bytes, bytes + sizeof b);
  return {};
}

namespace {

struct Scale {
  float scale;
  uint8_t zero;
  bool usable;
  float fill;  // where it is not: every product
};

Status QuantizeA(const KernelCall& c, const Bound& b) {
  const auto* x = c.input(kA).as<float>();
  auto* ranges = reinterpret_cast<DynamicRange*>(c.workspace + b.ranges);
  if (c.phase == 0) {
    b.a.FindRange(x, c.chunk, ranges);
    return {};
  }
  float scale = 1;
  int32_t zero = 0;
  const bool usable = b.a.Scale(ranges, &scale, &zero);
  if (usable && b.a.elements > 0) b.a.Quantize(x, c.chunk, scale, zero, c.workspace + b.integers);
  if (c.chunk != 0) return {};
  const float tiny = scale == 0 && b.a.Whole(ranges).low < 0 ? 0 : std::numeric_limits<float>::quiet_NaN();
  *reinterpret_cast<Scale*>(c.workspace + b.scale) = {scale, static_cast<uint8_t>(zero), usable, tiny};
  return {};
}

// A scale of 0 or infinity times sums of integers.
void Fill(const KernelCall& c, float value) {
  Tensor& y = c.output(0);
  const int64_t columns = c.has(kBias) ? c.input(kBias).elements() : 1;
  for (int64_t i = 0; i < y.elements(); ++i)
    y.as<float>()[i] = c.has(kBias) ? value + c.input(kBias).as<float>()[i % columns] : value;
}

}  // namespace

Status RunDynamicProduct(KernelCall& c) {
  Bound b;
  std::memcpy(&b, c.bound, sizeof b);
  if (c.phase < 2) return QuantizeA(c, b);
  auto* made = reinterpret_cast<Scale*>(c.workspace + b.scale);
  if (!made->usable) {
    if (c.phase == 3 && c.chunk == 0) Fill(c, made->fill);
    return {};
  }
  Value a(Tensor{DType::kU8, c.input(kA).dims, c.workspace + b.integers, nullptr, {}});
  Value scale(Tensor{DType::kF32, {}, reinterpret_cast<std::byte*>(&made->scale), nullptr, {}});
  Value zero(Tensor{DType::kU8, {}, reinterpret_cast<std::byte*>(&made->zero), nullptr, {}});
  std::array<const Value*, kInputs> in = {};
  std::copy(c.in.begin(), c.in.end(), in.begin());
  in[kA] = &a;
  in[kAScale] = &scale;
  in[kAZero] = &zero;
  KernelCall product = c;
  product.in = in;
  product.phase = c.phase - 2;
  product.bound = c.bound + sizeof b;
  return RunIntProduct(product);
}

}  // namespace hasten::cpu
