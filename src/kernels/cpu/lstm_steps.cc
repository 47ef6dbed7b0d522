#include "kernels/cpu/recurrent_steps.h"
#include "ops/lstm.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr std::string_view kActivations[] = {"sigmoid", "tanh", "tanh"};

bool Supports(const PlanCall& call) { return RecurrentSupported(call, call.attrs<LstmAttrs>(), kActivations); }

Status Pack(const PlanCall& call, int input, Tensor* packed) { return PackRecurrent(call, input, 4, packed); }

Type PackedType(const PlanCall& call, int input) { return PackedRecurrentType(call, input, 4); }

Status Bind(const BoundShapes& s, Binding* binding) {
  return BindRecurrent(s, s.attrs<LstmAttrs>(), 4, true, false, binding);
}

Status Run(KernelCall& c) {
  const auto& a = c.attrs<LstmAttrs>();
  RecurrentRun run{.cell = LstmCell, .settings = {}};
  run.settings.input_forget = a.input_forget;
  run.settings.clip = a.clip.value_or(std::numeric_limits<float>::infinity());
  return RunRecurrent(c, run);
}

constexpr std::string_view kOps[] = {"LSTM"};

}  // namespace

extern const Tactic kLstmSteps = {
    .name = "lstm_steps",
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
