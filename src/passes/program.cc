#include "passes/program.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hasten {
namespace {

// Exporters round the constants of activations to a few digits more or less.
bool About(double v, double want) { return std::abs(v - want) <= 2e-6 * std::abs(want); }

}  // namespace

ProgramBuilder::Ref ProgramBuilder::Operand(ValueId v) {
  const auto it = std::find(operands_.begin(), operands_.end(), v);
  const auto index = it - operands_.begin();
  if (it == operands_.end()) operands_.push_back(v);
  return ~static_cast<Ref>(index + 1);
}

ProgramBuilder::Ref ProgramBuilder::Emit(PointwiseOp op, Ref a, Ref b, float alpha, float beta) {
  instrs_.push_back({op, a, b, alpha, beta});
  return static_cast<Ref>(instrs_.size() - 1);
}

ProgramBuilder::Ref ProgramBuilder::Const(float v) {
  for (size_t i = 0; i < instrs_.size(); ++i)
    if (instrs_[i].op == PointwiseOp::kConst && std::bit_cast<uint32_t>(instrs_[i].alpha) == std::bit_cast<uint32_t>(v))
      return static_cast<Ref>(i);
  return Emit(PointwiseOp::kConst, kHost, kHost, v);
}

ProgramBuilder::Ref ProgramBuilder::Inline(const PointwiseProgram& program, std::span<const Ref> operands) {
  std::vector<Ref> at(operands.begin(), operands.end());
  for (const PointwiseInstr& i : program.instrs) {
    const int arity = Arity(i.op);
    at.push_back(i.op == PointwiseOp::kConst
                     ? Const(i.alpha)
                     : Emit(i.op, arity > 0 ? at[i.a] : kHost, arity > 1 ? at[i.b] : kHost, i.alpha, i.beta));
  }
  return at.back();
}

std::optional<double> ProgramBuilder::ConstOf(Ref r) const {
  const Instr* c = Def(r, PointwiseOp::kConst);
  return c ? std::optional(double{c->alpha}) : std::nullopt;
}

ProgramBuilder::Product ProgramBuilder::Flatten(Ref r) const {
  Product out;
  std::vector<Ref> left{r};
  while (!left.empty() && out.factors.size() < 8) {
    const Ref at = left.back();
    left.pop_back();
    if (const auto c = ConstOf(at)) {
      out.constant *= *c;
    } else if (const Instr* mul = Def(at, PointwiseOp::kMul)) {
      left.push_back(mul->a);
      left.push_back(mul->b);
    } else if (const Instr* div = Def(at, PointwiseOp::kDiv); div && ConstOf(div->b)) {
      out.constant /= *ConstOf(div->b);
      left.push_back(div->a);
    } else {
      out.factors.push_back(at);
    }
  }
  for (Ref rest : left) out.factors.push_back(rest);
  return out;
}

std::optional<ProgramBuilder::Ref> ProgramBuilder::PlusConst(Ref r, double c) const {
  const Instr* add = Def(r, PointwiseOp::kAdd);
  if (!add) return std::nullopt;
  if (const auto b = ConstOf(add->b); b && About(*b, c)) return add->a;
  if (const auto a = ConstOf(add->a); a && About(*a, c)) return add->b;
  return std::nullopt;
}

std::optional<ProgramBuilder::Ref> ProgramBuilder::PlusRef(Ref r, Ref a) const {
  const Instr* add = Def(r, PointwiseOp::kAdd);
  if (!add || (add->a != a && add->b != a)) return std::nullopt;
  return add->a == a ? add->b : add->a;
}

// 0.044715 * a^3
bool ProgramBuilder::IsCubic(Ref r, Ref a) const {
  return Flatten(r).factors == std::vector<Ref>{a, a, a} && About(Flatten(r).constant, 0.044715);
}

// sqrt(2 / pi) * (a + 0.044715 * a^3), or with a factored out.
bool ProgramBuilder::IsGeluTanhArgument(Ref r, Ref a) const {
  const Product u = Flatten(r);
  if (!About(u.constant, 0.7978845608)) return false;
  if (u.factors.size() == 1) {
    const auto cubic = PlusRef(u.factors[0], a);
    return cubic && IsCubic(*cubic, a);
  }
  if (u.factors.size() != 2 || (u.factors[0] != a && u.factors[1] != a)) return false;
  const auto square = PlusConst(u.factors[0] == a ? u.factors[1] : u.factors[0], 1);
  if (!square) return false;
  const Product q = Flatten(*square);
  return q.factors == std::vector<Ref>{a, a} && About(q.constant, 0.044715);
}

// a / 2 * g for g = 1 + erf(a / sqrt 2) or 1 + tanh(...).
std::optional<ProgramBuilder::Instr> ProgramBuilder::Gelu(Ref a, Ref g) const {
  const auto inner = PlusConst(g, 1);
  if (!inner) return std::nullopt;
  if (const Instr* erf = Def(*inner, PointwiseOp::kErf)) {
    const Product u = Flatten(erf->a);
    if (u.factors == std::vector<Ref>{a} && About(u.constant, M_SQRT1_2))
      return Instr{PointwiseOp::kGelu, a, kHost, 0, 0};
  }
  if (const Instr* tanh = Def(*inner, PointwiseOp::kTanh); tanh && IsGeluTanhArgument(tanh->a, a))
    return Instr{PointwiseOp::kGeluTanh, a, kHost, 0, 0};
  return std::nullopt;
}

// clip(a + 3, 0, 6) / 6
std::optional<ProgramBuilder::Instr> ProgramBuilder::HardSigmoid(Ref r) const {
  const Product p = Flatten(r);
  if (p.factors.size() != 1 || !About(p.constant, 1.0 / 6)) return std::nullopt;
  const Instr* clip = Def(p.factors[0], PointwiseOp::kClip);
  if (!clip || clip->alpha != 0 || clip->beta != 6) return std::nullopt;
  const auto a = PlusConst(clip->a, 3);
  if (!a) return std::nullopt;
  return Instr{PointwiseOp::kHardSigmoid, *a, kHost, 1.0f / 6, 0.5f};
}

// clip(alpha * a + beta, 0, 1)
std::optional<ProgramBuilder::Instr> ProgramBuilder::HardSigmoidOf(const Instr& clip) const {
  const Instr* add = clip.alpha == 0 && clip.beta == 1 ? Def(clip.a, PointwiseOp::kAdd) : nullptr;
  if (!add) return std::nullopt;
  const auto beta = ConstOf(ConstOf(add->b) ? add->b : add->a);
  const Product p = Flatten(ConstOf(add->b) ? add->a : add->b);
  const auto alpha = static_cast<float>(p.constant);
  if (!beta || p.factors.size() != 1 || !std::isfinite(alpha) || !std::isfinite(*beta)) return std::nullopt;
  return Instr{PointwiseOp::kHardSigmoid, p.factors[0], kHost, alpha, static_cast<float>(*beta)};
}

// a * gate(a)
std::optional<ProgramBuilder::Instr> ProgramBuilder::Gated(Ref a, Ref gate) const {
  if (const Instr* sigmoid = Def(gate, PointwiseOp::kSigmoid)) {
    if (sigmoid->a == a) return Instr{PointwiseOp::kSwish, a, kHost, 1, 0};
    const Product p = Flatten(sigmoid->a);
    const auto alpha = static_cast<float>(p.constant);
    if (p.factors == std::vector<Ref>{a} && std::isfinite(alpha)) return Instr{PointwiseOp::kSwish, a, kHost, alpha, 0};
  }
  const Instr* hard = Def(gate, PointwiseOp::kHardSigmoid);
  if (hard && hard->a == a && About(double{hard->alpha}, 1.0 / 6) && hard->beta == 0.5f)
    return Instr{PointwiseOp::kHardSwish, a, kHost, 0, 0};
  const Instr* tanh = Def(gate, PointwiseOp::kTanh);
  const Instr* softplus = tanh ? Def(tanh->a, PointwiseOp::kSoftplus) : nullptr;
  if (softplus && softplus->a == a) return Instr{PointwiseOp::kMish, a, kHost, 0, 0};
  return std::nullopt;
}

std::optional<ProgramBuilder::Instr> ProgramBuilder::Simpler(Ref r) const {
  const Instr& instr = At(r);
  if (instr.op == PointwiseOp::kClip) return HardSigmoidOf(instr);
  if (instr.op != PointwiseOp::kMul && instr.op != PointwiseOp::kDiv) return std::nullopt;
  if (auto hard = HardSigmoid(r)) return hard;
  if (instr.op == PointwiseOp::kMul) {
    if (auto gated = Gated(instr.a, instr.b)) return gated;
    if (auto gated = Gated(instr.b, instr.a)) return gated;
  }
  const Product p = Flatten(r);
  if (p.factors.size() != 2) return std::nullopt;
  for (int i : {0, 1}) {
    const Ref a = p.factors[static_cast<size_t>(i)], g = p.factors[static_cast<size_t>(1 - i)];
    if (About(p.constant, 0.5))
      if (auto gelu = Gelu(a, g)) return gelu;
    const Instr* clip = Def(g, PointwiseOp::kClip);
    if (clip && clip->alpha == 0 && clip->beta == 6 && About(p.constant, 1.0 / 6) && PlusConst(clip->a, 3) == a)
      return Instr{PointwiseOp::kHardSwish, a, kHost, 0, 0};
  }
  return std::nullopt;
}

bool ProgramBuilder::FoldConstant(Instr* instr) const {
  const int arity = Arity(instr->op);
  if (arity == 0 || !ConstOf(instr->a) || (arity > 1 && !ConstOf(instr->b))) return false;
  const PointwiseProgram one{2, {{instr->op, 0, 1, instr->alpha, instr->beta}}};
  const double operands[] = {*ConstOf(instr->a), arity > 1 ? *ConstOf(instr->b) : 0};
  double registers[3];
  *instr = {PointwiseOp::kConst, kHost, kHost, static_cast<float>(EvalPointwise(one, operands, registers)), 0};
  return true;
}

PointwiseProgram ProgramBuilder::Finish(Ref result, std::vector<ValueId>* operands) {
  for (size_t i = 0; i < instrs_.size(); ++i) {
    if (FoldConstant(&instrs_[i])) continue;
    if (const auto simpler = Simpler(static_cast<Ref>(i))) instrs_[i] = *simpler;
  }
  std::vector<bool> live(instrs_.size()), used(operands_.size() + 1);
  const auto mark = [&](Ref r) { r >= 0 ? live[static_cast<size_t>(r)] = true : used[static_cast<size_t>(~r)] = true; };
  mark(result);
  for (size_t i = instrs_.size(); i-- > 0;) {
    if (!live[i]) continue;
    if (Arity(instrs_[i].op) > 0) mark(instrs_[i].a);
    if (Arity(instrs_[i].op) > 1) mark(instrs_[i].b);
  }
  operands->clear();
  std::vector<uint16_t> operand_at(used.size()), instr_at(live.size());
  for (size_t i = 1; i < used.size(); ++i) {
    if (!used[i]) continue;
    operands->push_back(operands_[i - 1]);
    operand_at[i] = static_cast<uint16_t>(operands->size());
  }
  PointwiseProgram out{static_cast<int>(operands->size()) + 1, {}};
  const auto at = [&](Ref r) {
    return r >= 0 ? instr_at[static_cast<size_t>(r)] : operand_at[static_cast<size_t>(~r)];
  };
  for (size_t i = 0; i < live.size(); ++i) {
    if (!live[i]) continue;
    const Instr& instr = instrs_[i];
    const int arity = Arity(instr.op);
    instr_at[i] = static_cast<uint16_t>(static_cast<size_t>(out.operands) + out.instrs.size());
    out.instrs.push_back({instr.op, arity > 0 ? at(instr.a) : uint16_t{0}, arity > 1 ? at(instr.b) : uint16_t{0},
                          instr.alpha, instr.beta});
  }
  return out;
}

}  // namespace hasten
