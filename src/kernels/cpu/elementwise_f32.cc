// Elementwise ops on f32 that no pass has made a Pointwise: one instruction each, all inputs broadcast.
#include <cstring>

#include "kernels/cpu/pointwise_loop.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

struct Entry {
  std::string_view op;
  PointwiseOp instr;
  std::string_view alpha = {}, beta = {};  // attributes
};
constexpr Entry kEntries[] = {
    {"Add", PointwiseOp::kAdd},
    {"Sub", PointwiseOp::kSub},
    {"Mul", PointwiseOp::kMul},
    {"Div", PointwiseOp::kDiv},
    {"Pow", PointwiseOp::kPow},
    {"Min", PointwiseOp::kMin},
    {"Max", PointwiseOp::kMax},
    {"Sum", PointwiseOp::kAdd},
    {"PRelu", PointwiseOp::kPRelu},
    {"Neg", PointwiseOp::kNeg},
    {"Abs", PointwiseOp::kAbs},
    {"Sqrt", PointwiseOp::kSqrt},
    {"Exp", PointwiseOp::kExp},
    {"Log", PointwiseOp::kLog},
    {"Erf", PointwiseOp::kErf},
    {"Tanh", PointwiseOp::kTanh},
    {"Sigmoid", PointwiseOp::kSigmoid},
    {"Relu", PointwiseOp::kRelu},
    {"Reciprocal", PointwiseOp::kReciprocal},
    {"Floor", PointwiseOp::kFloor},
    {"Ceil", PointwiseOp::kCeil},
    {"Round", PointwiseOp::kRound},
    {"Sign", PointwiseOp::kSign},
    {"Sin", PointwiseOp::kSin},
    {"Cos", PointwiseOp::kCos},
    {"Softplus", PointwiseOp::kSoftplus},
    {"HardSwish", PointwiseOp::kHardSwish},
    {"Mish", PointwiseOp::kMish},
    {"LeakyRelu", PointwiseOp::kLeakyRelu, "alpha"},
    {"Elu", PointwiseOp::kElu, "alpha"},
    {"HardSigmoid", PointwiseOp::kHardSigmoid, "alpha", "beta"},
    {"Swish", PointwiseOp::kSwish, "alpha"},
    {"com.microsoft.QuickGelu", PointwiseOp::kSwish, "alpha"},
};

constexpr auto kOps = [] {
  std::array<std::string_view, std::size(kEntries)> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kEntries[i].op;
  return names;
}();

bool Supports(const PlanCall& call) {
  if (call.in.size() > kMaxLoopOperands || call.out.empty()) return false;
  return std::all_of(call.in.begin(), call.in.end(), [&](const Type& t) {
    return t.is_tensor() && t.dtype == DType::kF32 && FollowsOutput(t, call.out[0], call.layout);
  });
}

// 0 for no attribute.
float AttrOf(const Node& node, std::string_view name) {
  for (const AttrField& field : node.attrs.fields()) {
    if (field.name != name) continue;
    const auto value = node.attrs.Get(field);
    if (const float* f = value ? std::get_if<float>(&*value) : nullptr) return *f;
  }
  return 0;
}

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  const auto* entry = std::find_if(std::begin(kEntries), std::end(kEntries),
                                   [&](const Entry& e) { return e.op == call.node->op->name; });
  const PointwiseInstr instr{entry->instr, 0, 0, AttrOf(*call.node, entry->alpha), AttrOf(*call.node, entry->beta)};
  params->resize(sizeof instr);
  std::memcpy(params->data(), &instr, sizeof instr);
  return {};
}

struct Bound {
  PointwiseInstr instr;
  PointwiseLoop loop;
};

// The op on its input, or on the first two, then on each next one.
struct Program {
  std::array<PointwiseInstr, kMaxLoopOperands> instrs;
  size_t count = 0;

  Program(PointwiseInstr instr, size_t inputs) {
    if (Arity(instr.op) == 1) instrs[count++] = instr;
    for (size_t i = 1; Arity(instr.op) > 1 && i < inputs; ++i) {
      instr.a = static_cast<uint16_t>(i == 1 ? 0 : inputs + i - 2);
      instr.b = static_cast<uint16_t>(i);
      instrs[count++] = instr;
    }
  }
  std::span<const PointwiseInstr> span() const { return std::span(instrs).first(count); }
};

Status Bind(const BoundShapes& s, Binding* binding) {
  PointwiseInstr instr;
  std::memcpy(&instr, s.params, sizeof instr);
  const Bound b{
      instr, MakePointwiseLoop(*s.out[0].shape.Concrete(), DimsOf(s.in), s.layout, Program(instr, s.in.size()).span())};
  binding->phases = {Chunks(b.loop)};
  KeepBound(b, binding, b.loop.loop.unfilled());
  return {};
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  std::array<const float*, kMaxLoopOperands> operands;
  for (size_t i = 0; i < c.in.size(); ++i) operands[i] = c.input(static_cast<int>(i)).as<float>();
  const Program program(b.instr, c.in.size());
  return RunPointwiseLoop(b.loop, c, program.span(), std::span(operands).first(c.in.size()), c.output(0).as<float>());
}

}  // namespace

extern const Tactic kElementwiseF32 = {
    .name = "elementwise_f32",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .in_place = true,
    .layouts = Layouts::kEither,
    .layout_inputs = kAllInputs,
    .speed = 4,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
