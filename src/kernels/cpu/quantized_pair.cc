// QLinearAdd and QLinearMul of operands of one shape, or of one element.
#include <cstring>

#include "kernels/cpu/int_scales.h"
#include "kernels/cpu/quantize_row.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kChunk = 32 << 10;
constexpr size_t kA = 0, kB = 3;

bool Supports(const PlanCall& call) {
  const Type &a = call.in[kA], &b = call.in[kB];
  if (!IsByte(a.dtype) || !a.shape.ranked() || !b.shape.ranked()) return false;
  for (const Type* t : {&a, &b})
    if (!(t->shape == call.out[0].shape) && !t->shape.elements().is(1)) return false;
  return IntScalesSupported(call, {.a_scale = 1, .a_zero = 2, .b_scale = 4, .b_zero = 5, .y_scale = 6, .y_zero = 7}, 1,
                            1);
}

struct Params {
  int64_t product = 0;
};
Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  const Params p{call.node->op->name == "com.microsoft.QLinearMul"};
  params->resize(sizeof p);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

Status Bind(const BoundShapes& s, Binding* binding) {
  binding->phases = {(s.out[0].shape.Concrete()->elements() + kChunk - 1) / kChunk};
  return {};
}

Status Run(KernelCall& c) {
  Params p;
  std::memcpy(&p, c.params, sizeof p);
  const Tensor &a = c.input(kA), &b = c.input(kB);
  Tensor& y = c.output(0);
  QuantizedPair q{.product = p.product != 0, .dtype = y.dtype};
  q.a_scale = c.input(1).Double(0);
  q.b_scale = c.input(4).Double(0);
  q.y_scale = c.input(6).Double(0);
  q.a_zero = ZeroOf(c, 2);
  q.b_zero = ZeroOf(c, 5);
  q.y_zero = ZeroOf(c, 7);
  const int64_t first = c.chunk * kChunk, n = std::min(kChunk, y.elements() - first);
  const int64_t a_step = a.elements() == y.elements() ? 1 : 0, b_step = b.elements() == y.elements() ? 1 : 0;
  CombineRun(q, a.data + first * a_step, a_step, b.data + first * b_step, b_step, n, y.data + first);
  return {};
}

constexpr std::string_view kOps[] = {"com.microsoft.QLinearAdd", "com.microsoft.QLinearMul"};

}  // namespace

extern const Tactic kQuantizedPair = {
    .name = "quantized_pair",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .layout_inputs = 1u << kA | 1u << kB,
    .speed = 4,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
