#include "kernels/cpu/recurrent_steps.h"
#include "ops/gru.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr std::string_view kActivations[] = {"sigmoid", "tanh"};

bool Supports(const PlanCall& call) { return RecurrentSupported(call, call.attrs<GruAttrs>(), kActivations); }

Status Pack(const PlanCall& call, int input, Tensor* packed) { return PackRecurrent(call, input, 3, packed); }

Type PackedType(const PlanCall& call, int input) { return PackedRecurrentType(call, input, 3); }

Status Bind(const BoundShapes& s, Binding* binding) {
  const auto& a = s.attrs<GruAttrs>();
  return BindRecurrent(s, a, 3, false, !a.linear_before_reset, binding);
}

Status Run(KernelCall& c) {
  const auto& a = c.attrs<GruAttrs>();
  RecurrentRun run{.cell = GruCell, .settings = {}};
  run.settings.reset_after = a.linear_before_reset;
  run.settings.clip = a.clip.value_or(std::numeric_limits<float>::infinity());
  return RunRecurrent(c, run);
}

constexpr std::string_view kOps[] = {"GRU"};

}  // namespace

extern const Tactic kGruSteps = {
    .name = "gru_steps",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .speed = 20,
    .packs = 1u << 1 | 1u << 2,
    .pack = Pack,
    .packed_type = PackedType,
    .prepare = PrepareRecurrent,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
