#include <cstring>

#include "kernels/cpu/dynamic_scale.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return call.in[0].dtype == DType::kF32; }

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  const OpDef* op = call.node->op;
  params->resize(sizeof op);
  std::memcpy(params->data(), &op, sizeof op);
  return {};
}

// Phase 0: the range of each chunk.  Phase 1: the integers; chunk 0 writes scale and zero point too.
Status Bind(const BoundShapes& s, Binding* binding) {
  const DynamicScaling x{s.in[0].shape.Concrete()->elements()};
  binding->phases = {x.chunks(), std::max<int64_t>(1, x.chunks())};
  binding->workspace_bytes = static_cast<size_t>(x.bytes());
  return {};
}

Status Run(KernelCall& c) {
  const DynamicScaling scaling{c.input(0).elements()};
  const auto* x = c.input(0).as<float>();
  auto* ranges = reinterpret_cast<DynamicRange*>(c.workspace);
  if (c.phase == 0) {
    scaling.FindRange(x, c.chunk, ranges);
    return {};
  }
  float scale = 1;
  int32_t zero = 0;
  if (!scaling.Scale(ranges, &scale, &zero)) {
    const OpDef* op = nullptr;
    std::memcpy(&op, c.params, sizeof op);
    return c.chunk == 0 ? op->eval(c) : Status();
  }
  if (c.wants(0) && scaling.elements > 0) scaling.Quantize(x, c.chunk, scale, zero, c.output(0).data);
  if (c.chunk != 0) return {};
  if (c.wants(1)) *c.output(1).as<float>() = scale;
  if (c.wants(2)) *c.output(2).as<uint8_t>() = static_cast<uint8_t>(zero);
  return {};
}

constexpr std::string_view kOps[] = {"DynamicQuantizeLinear"};

}  // namespace

extern const Tactic kDynamicQuantizeRuns = {
    .name = "dynamic_quantize_runs",
    .ops = kOps,
    .supports = Supports,
    .speed = 2,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
