#include "kernels/cpu/pointwise_tile.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pointwise_tile.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math.inc"

#ifndef HASTEN_POINTWISE_TILE
#define HASTEN_POINTWISE_TILE
namespace hasten::cpu {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// One instruction with its operands in place; n elements.
struct TileStep {
  PointwiseOp op;
  bool clamped = false;  // the result of a sum, difference or product then goes through [low, high]
  PointwiseOperand a, b;
  float alpha, beta, low = -kInfinity, high = kInfinity;
  float* y;
};

}  // namespace
}  // namespace hasten::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {

// --- Element functions ---

#define HASTEN_UNARY(name, expression)                                                                               \
  struct name {                                                                                                      \
    HWY_INLINE Vf operator()(Vf a, [[maybe_unused]] Vf alpha, [[maybe_unused]] Vf beta) const { return expression; } \
  };
#define HASTEN_BINARY(name, expression)                               \
  struct name {                                                       \
    HWY_INLINE Vf operator()(Vf a, Vf b) const { return expression; } \
  };

HASTEN_BINARY(AddOp, hn::Add(a, b))
HASTEN_BINARY(SubOp, hn::Sub(a, b))
HASTEN_BINARY(MulOp, hn::Mul(a, b))
HASTEN_BINARY(DivOp, hn::Div(a, b))
HASTEN_BINARY(MinOp, Lesser(a, b))
HASTEN_BINARY(MaxOp, Greater(a, b))
HASTEN_BINARY(PReluOp, hn::IfThenElse(hn::Lt(a, Splat(0)), hn::Mul(a, b), a))
HASTEN_UNARY(CopyOp, a)
HASTEN_UNARY(NegOp, hn::Neg(a))
HASTEN_UNARY(AbsOp, hn::Abs(a))
HASTEN_UNARY(SqrtOp, hn::Sqrt(a))
HASTEN_UNARY(ExpOp, Exp(a))
HASTEN_UNARY(LogOp, Log(a))
HASTEN_UNARY(ErfOp, Erf(a))
HASTEN_UNARY(TanhOp, Tanh(a))
HASTEN_UNARY(SigmoidOp, Sigmoid(a))
HASTEN_UNARY(ReluOp, AtLeast(a, Splat(0)))
HASTEN_UNARY(LeakyReluOp, hn::IfThenElse(hn::Lt(a, Splat(0)), hn::Mul(alpha, a), a))
HASTEN_UNARY(ClipOp, AtMost(AtLeast(a, alpha), beta))
HASTEN_UNARY(HardSigmoidOp, AtMost(AtLeast(hn::MulAdd(alpha, a, beta), Splat(0)), Splat(1)))
HASTEN_UNARY(GeluOp, Gelu(a))
HASTEN_UNARY(ReciprocalOp, hn::Div(Splat(1), a))
HASTEN_UNARY(FloorOp, hn::Floor(a))
HASTEN_UNARY(CeilOp, hn::Ceil(a))
HASTEN_UNARY(RoundOp, hn::Round(a))
HASTEN_UNARY(SignOp, hn::IfThenElse(hn::Gt(a, Splat(0)), Splat(1), hn::IfThenElse(hn::Lt(a, Splat(0)), Splat(-1), a)))
HASTEN_UNARY(SoftplusOp, Softplus(a))
HASTEN_UNARY(EluOp, hn::IfThenElse(hn::Lt(a, Splat(0)), hn::Mul(alpha, Expm1OfNegative(AtMost(a, Splat(0)))), a))
HASTEN_UNARY(HardSwishOp, hn::Mul(a, AtMost(AtLeast(hn::MulAdd(a, Splat(1.0f / 6), Splat(0.5f)), Splat(0)), Splat(1))))
HASTEN_UNARY(MishOp, Mish(a))
HASTEN_UNARY(GeluTanhOp, GeluTanh(a))
HASTEN_UNARY(SwishOp, hn::Mul(a, Sigmoid(hn::Mul(alpha, a))))

// --- Loops over a tile ---

template <class F>
HWY_INLINE void Unary(const TileStep& s, int64_t n, F f) {
  const Df d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const Vf alpha = Splat(s.alpha), beta = Splat(s.beta);
  const float* a = s.a.data;
  float* y = s.y;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, a + i), alpha, beta), d, y + i);
  if (i < n) StorePart(f(LoadPart(a + i, n - i), alpha, beta), y + i, n - i);
}

// kA, kB: whether the operand is an array.
template <bool kA, bool kB, bool kClamp, class F>
HWY_INLINE void BinaryLoop(const TileStep& s, int64_t n, F f) {
  const Df d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const float *a = s.a.data, *b = s.b.data;
  const Vf a0 = Splat(*a), b0 = Splat(*b), low = Splat(s.low), high = Splat(s.high);
  float* y = s.y;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    Vf v = f(kA ? hn::LoadU(d, a + i) : a0, kB ? hn::LoadU(d, b + i) : b0);
    if (kClamp) v = AtMost(AtLeast(v, low), high);
    hn::StoreU(v, d, y + i);
  }
  if (i < n) {
    Vf v = f(kA ? LoadPart(a + i, n - i) : a0, kB ? LoadPart(b + i, n - i) : b0);
    if (kClamp) v = AtMost(AtLeast(v, low), high);
    StorePart(v, y + i, n - i);
  }
}

template <bool kClamp, class F>
HWY_INLINE void BinaryOf(const TileStep& s, int64_t n, F f) {
  if (s.a.step && s.b.step) {
    BinaryLoop<true, true, kClamp>(s, n, f);
  } else if (s.a.step) {
    BinaryLoop<true, false, kClamp>(s, n, f);
  } else {
    BinaryLoop<false, true, kClamp>(s, n, f);
  }
}
template <class F>
HWY_INLINE void Binary(const TileStep& s, int64_t n, F f) {
  s.clamped ? BinaryOf<true>(s, n, f) : BinaryOf<false>(s, n, f);
}

template <class F>
HWY_INLINE void Scalar(const TileStep& s, int64_t n, F f) {
  for (int64_t i = 0; i < n; ++i) s.y[i] = f(s.a.data[i * s.a.step], s.b.data[i * s.b.step]);
}

void RunPow(const TileStep& s, int64_t n) {
  Scalar(s, n, [](float a, float b) { return std::pow(a, b); });
}
void RunSin(const TileStep& s, int64_t n) {
  Scalar(s, n, [](float a, float) { return std::sin(a); });
}
void RunCos(const TileStep& s, int64_t n) {
  Scalar(s, n, [](float a, float) { return std::cos(a); });
}

void RunStep(const TileStep& s, int64_t n) {
  switch (s.op) {
    case PointwiseOp::kAdd: return Binary(s, n, AddOp());
    case PointwiseOp::kSub: return Binary(s, n, SubOp());
    case PointwiseOp::kMul: return Binary(s, n, MulOp());
    case PointwiseOp::kDiv: return BinaryOf<false>(s, n, DivOp());
    case PointwiseOp::kMin: return BinaryOf<false>(s, n, MinOp());
    case PointwiseOp::kMax: return BinaryOf<false>(s, n, MaxOp());
    case PointwiseOp::kPow: return RunPow(s, n);
    case PointwiseOp::kPRelu: return BinaryOf<false>(s, n, PReluOp());
    case PointwiseOp::kNeg: return Unary(s, n, NegOp());
    case PointwiseOp::kAbs: return Unary(s, n, AbsOp());
    case PointwiseOp::kSqrt: return Unary(s, n, SqrtOp());
    case PointwiseOp::kExp: return Unary(s, n, ExpOp());
    case PointwiseOp::kLog: return Unary(s, n, LogOp());
    case PointwiseOp::kErf: return Unary(s, n, ErfOp());
    case PointwiseOp::kTanh: return Unary(s, n, TanhOp());
    case PointwiseOp::kSigmoid: return Unary(s, n, SigmoidOp());
    case PointwiseOp::kRelu: return Unary(s, n, ReluOp());
    case PointwiseOp::kLeakyRelu: return Unary(s, n, LeakyReluOp());
    case PointwiseOp::kClip: return Unary(s, n, ClipOp());
    case PointwiseOp::kHardSigmoid: return Unary(s, n, HardSigmoidOp());
    case PointwiseOp::kGelu: return Unary(s, n, GeluOp());
    case PointwiseOp::kConst: return;  // no array is ever made of one
    case PointwiseOp::kReciprocal: return Unary(s, n, ReciprocalOp());
    case PointwiseOp::kFloor: return Unary(s, n, FloorOp());
    case PointwiseOp::kCeil: return Unary(s, n, CeilOp());
    case PointwiseOp::kRound: return Unary(s, n, RoundOp());
    case PointwiseOp::kSign: return Unary(s, n, SignOp());
    case PointwiseOp::kSin: return RunSin(s, n);
    case PointwiseOp::kCos: return RunCos(s, n);
    case PointwiseOp::kSoftplus: return Unary(s, n, SoftplusOp());
    case PointwiseOp::kElu: return Unary(s, n, EluOp());
    case PointwiseOp::kHardSwish: return Unary(s, n, HardSwishOp());
    case PointwiseOp::kMish: return Unary(s, n, MishOp());
    case PointwiseOp::kGeluTanh: return Unary(s, n, GeluTanhOp());
    case PointwiseOp::kSwish: return Unary(s, n, SwishOp());
  }
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
HWY_EXPORT(RunStep);

namespace {

constexpr size_t kMaxRegisters = 256;
constexpr int64_t kTile = 512;
constexpr size_t kTileFloats = 8192;  // all slots together: they stay in the first-level cache
constexpr size_t kPad = HWY_MAX_BYTES / sizeof(float);

// Where a register's value lies.  Not initialised: there are many, of which few are used.
struct Register {
  enum class Kind : uint8_t { kArray, kScalar, kSlot } kind;
  uint16_t slot;
  uint16_t last_use;  // instruction
  float scalar;
  const float* data;
};

// One call: registers get slots of a tile, as few as are alive at a time.
class Interpreter {
 public:
  using StepFunction = void (*)(const TileStep&, int64_t);

  Interpreter(std::span<const PointwiseInstr> instrs, std::span<const PointwiseOperand> operands, StepFunction run)
      : instrs_(instrs), operands_(operands.size()), run_(run) {
    for (size_t i = 0; i < operands_; ++i) {
      const PointwiseOperand& o = operands[i];
      registers_[i] = o.step ? Register{Register::Kind::kArray, 0, 0, 0, o.data}
                             : Register{Register::Kind::kScalar, 0, 0, *o.data, nullptr};
    }
    FindLastUses();
    PlaceResults();
  }

  void Run(int64_t n, float* y) {
    for (int64_t at = 0; at < n; at += tile_) Tile(at, std::min(tile_, n - at), y + at);
  }

 private:
  void FindLastUses() {
    for (size_t i = 0; i < instrs_.size(); ++i) {
      const PointwiseInstr& in = instrs_[i];
      registers_[operands_ + i] = {Register::Kind::kScalar, 0, 0, 0, nullptr};
      const int arity = Arity(in.op);
      if (arity > 0) registers_[in.a].last_use = static_cast<uint16_t>(i);
      if (arity > 1) registers_[in.b].last_use = static_cast<uint16_t>(i);
    }
  }

  bool Scalar(const PointwiseInstr& in) const {
    const int arity = Arity(in.op);
    return (arity < 1 || registers_[in.a].kind == Register::Kind::kScalar) &&
           (arity < 2 || registers_[in.b].kind == Register::Kind::kScalar);
  }

  void Free(uint16_t reg, size_t at) {
    const Register& r = registers_[reg];
    if (r.kind == Register::Kind::kSlot && r.last_use == at) free_[free_count_++] = r.slot;
  }

  void PlaceResults() {
    uint16_t slots = 0;
    for (size_t i = 0; i < instrs_.size(); ++i) {
      const PointwiseInstr& in = instrs_[i];
      Register& r = registers_[operands_ + i];
      if (Scalar(in)) {
        r.scalar = Evaluate(in);
        continue;
      }
      const int arity = Arity(in.op);
      Free(in.a, i);
      if (arity > 1 && in.b != in.a) Free(in.b, i);
      r.kind = Register::Kind::kSlot;
      r.slot = free_count_ > 0 ? free_[--free_count_] : slots++;
    }
    tile_ = std::min<int64_t>(kTile, static_cast<int64_t>(kTileFloats / std::max<size_t>(1, slots) / kPad * kPad));
  }

  float Evaluate(const PointwiseInstr& in) const {
    if (in.op == PointwiseOp::kConst) return in.alpha;
    const int arity = Arity(in.op);
    float y[1], a[1] = {registers_[in.a].scalar}, b[1] = {arity > 1 ? registers_[in.b].scalar : 0};
    run_({.op = in.op, .a = {a, 1}, .b = {b, 1}, .alpha = in.alpha, .beta = in.beta, .y = y}, 1);
    return y[0];
  }

  PointwiseOperand At(uint16_t reg, int64_t at) const {
    const Register& r = registers_[reg];
    switch (r.kind) {
      case Register::Kind::kArray: return {r.data + at, 1};
      case Register::Kind::kScalar: return {&r.scalar, 0};
      case Register::Kind::kSlot: return {tiles_ + r.slot * tile_, 1};
    }
    return {};
  }

  // Whether instruction i + 1 only bounds what instruction i computes, for nobody else.
  bool Clamps(size_t i) const {
    if (i + 1 >= instrs_.size()) return false;
    const PointwiseOp op = instrs_[i].op;
    const PointwiseInstr& next = instrs_[i + 1];
    const auto reg = static_cast<uint16_t>(operands_ + i);
    return (op == PointwiseOp::kAdd || op == PointwiseOp::kSub || op == PointwiseOp::kMul) &&
           (next.op == PointwiseOp::kRelu || next.op == PointwiseOp::kClip) && next.a == reg &&
           registers_[reg].last_use == i + 1;
  }
  // Whether instructions i and i + 1 are a sigmoid(a).
  bool Swish(size_t i) const {
    if (i + 1 >= instrs_.size() || instrs_[i].op != PointwiseOp::kSigmoid) return false;
    const PointwiseInstr& next = instrs_[i + 1];
    const auto reg = static_cast<uint16_t>(operands_ + i);
    const uint16_t x = instrs_[i].a;
    return next.op == PointwiseOp::kMul && ((next.a == reg && next.b == x) || (next.a == x && next.b == reg)) &&
           registers_[reg].last_use == i + 1;
  }

  void Tile(int64_t at, int64_t n, float* y) {
    const size_t count = instrs_.size();
    for (size_t i = 0; i < count; ++i) {
      const PointwiseInstr& in = instrs_[i];
      if (registers_[operands_ + i].kind == Register::Kind::kScalar) continue;
      const bool two = Arity(in.op) > 1;
      TileStep step{.op = in.op,
                    .a = At(in.a, at),
                    .b = At(two ? in.b : in.a, at),
                    .alpha = in.alpha,
                    .beta = in.beta,
                    .y = nullptr};
      if (Clamps(i)) {
        const PointwiseInstr& bound = instrs_[++i];
        step.clamped = true;
        step.low = bound.op == PointwiseOp::kRelu ? 0 : bound.alpha;
        if (bound.op == PointwiseOp::kClip) step.high = bound.beta;
      } else if (Swish(i)) {
        step.op = PointwiseOp::kSwish;
        step.alpha = 1;
        ++i;
      }
      step.y = i + 1 == count ? y : tiles_ + registers_[operands_ + i].slot * tile_;
      run_(step, n);
    }
    const Register& result = registers_[operands_ + count - 1];
    if (result.kind == Register::Kind::kScalar) std::fill(y, y + n, result.scalar);
  }

  const std::span<const PointwiseInstr> instrs_;
  const size_t operands_;
  const StepFunction run_;
  Register registers_[kMaxRegisters];
  uint16_t free_[kMaxRegisters];
  size_t free_count_ = 0;
  int64_t tile_ = kTile;
  alignas(HWY_MAX_BYTES) float tiles_[kTileFloats];
};

// Programs of more registers than any pass makes.
void RunElements(std::span<const PointwiseInstr> instrs, int64_t n, std::span<const PointwiseOperand> operands,
                 float* y) {
  const PointwiseProgram program{static_cast<int>(operands.size()), {instrs.begin(), instrs.end()}};
  std::vector<double> in(operands.size()), registers(operands.size() + instrs.size());
  for (int64_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < operands.size(); ++k) in[k] = operands[k].data[i * operands[k].step];
    y[i] = static_cast<float>(EvalPointwise(program, in, registers));
  }
}

}  // namespace

void RunInstructions(std::span<const PointwiseInstr> instrs, int64_t n, std::span<const PointwiseOperand> operands,
                     float* y) {
  if (n <= 0) return;
  if (instrs.empty()) {
    for (int64_t i = 0; i < n; ++i) y[i] = operands[0].data[i * operands[0].step];
    return;
  }
  if (operands.size() + instrs.size() > kMaxRegisters) return RunElements(instrs, n, operands, y);
  Interpreter(instrs, operands, HWY_DYNAMIC_DISPATCH(RunStep)).Run(n, y);
}

void RunPointwise(const PointwiseProgram& program, int64_t n, std::span<const PointwiseOperand> operands, float* y) {
  RunInstructions(program.instrs, n, operands, y);
}

}  // namespace hasten::cpu
#endif
