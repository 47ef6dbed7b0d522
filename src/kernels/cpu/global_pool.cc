
#include "kernels/cpu/axis_fold.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr std::string_view kOps[] = {"GlobalAveragePool", "GlobalMaxPool"};

bool Supports(const PlanCall& call) { return call.in[0].dtype == DType::kF32; }

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  params->assign(1, std::byte{call.node->op->name == kOps[1]});
  return {};
}

Status Bind(const BoundShapes& s, Binding* binding) {
  const Dims x = *s.in[0].shape.Concrete();
  const int64_t plane = x.Product(2, x.rank());
  const bool last = s.layout == Layout::kChannelsLast;
  const Dims dims = last ? Dims{x[0], plane, x[1]} : Dims{x[0], x[1], plane};
  const bool max = std::to_integer<bool>(*static_cast<const std::byte*>(s.params));
  const AxisFold fold =
      MakeAxisFold(dims, last ? 2 : 4, max ? Fold::kMax : Fold::kSum, max ? FoldFinish::kNone : FoldFinish::kMean);
  binding->phases = {Chunks(fold)};
  KeepBound(fold, binding);
  return {};
}

Status Run(KernelCall& c) {
  RunAxisFold(*reinterpret_cast<const AxisFold*>(c.bound), c.chunk, c.input(0).as<float>(), c.output(0).as<float>());
  return {};
}

}  // namespace

extern const Tactic kGlobalPool = {
    .name = "global_pool",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .layouts = Layouts::kEither,
    .speed = 4,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
