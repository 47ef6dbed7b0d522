
#include "kernels/cpu/pointwise_loop.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return call.in[0].dtype == DType::kF32 && RangeEpilogueSupported(call); }

Status Bind(const BoundShapes& s, Binding* binding) {
  const PointwiseLoop loop = BindRangeEpilogue(s);
  binding->phases = {Chunks(loop)};
  KeepBound(loop, binding, loop.loop.unfilled());
  return {};
}

Status Run(KernelCall& c) {
  const auto& loop = *reinterpret_cast<const PointwiseLoop*>(c.bound);
  std::array<const float*, kMaxLoopOperands> operands;
  operands[0] = c.input(0).as<float>();
  for (size_t i = 0; i < c.epilogue_operands.size(); ++i)
    operands[i + 1] = c.epilogue_operands[i]->tensor().as<float>();
  const auto instrs =
      c.epilogue ? std::span<const PointwiseInstr>(c.epilogue->instrs) : std::span<const PointwiseInstr>();
  return RunPointwiseLoop(loop, c, instrs, std::span(operands).first(c.epilogue_operands.size() + 1),
                          c.output(0).as<float>());
}

constexpr std::string_view kOps[] = {"Pointwise"};

}  // namespace

extern const Tactic kPointwise = {
    .name = "pointwise",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .in_place = true,
    .layouts = Layouts::kEither,
    .speed = 4,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
