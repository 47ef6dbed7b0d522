#include "kernels/cpu/pointwise_tile.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/status.h"
#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pointwise_tile.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

// y[i] = f(a[i]) for a whole number of vectors.
template <class F>
HWY_INLINE void Map1(const float* a, float* y, int64_t n, F f) {
  const D d;
  for (int64_t i = 0; i < n; i += static_cast<int64_t>(hn::Lanes(d))) hn::StoreU(f(d, hn::LoadU(d, a + i)), d, y + i);
}
template <class F>
HWY_INLINE void Map2(const float* a, const float* b, float* y, int64_t n, F f) {
  const D d;
  for (int64_t i = 0; i < n; i += static_cast<int64_t>(hn::Lanes(d)))
    hn::StoreU(f(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
}
// By the element's own library function, where vectors are not worth it.
template <class F>
void Each1(const float* a, float* y, int64_t n, F f) {
  for (int64_t i = 0; i < n; ++i) y[i] = f(a[i]);
}

void Binary(const PointwiseInstr& p, const float* a, const float* b, float* y, int64_t n) {
  switch (p.op) {
    case PointwiseOp::kAdd: Map2(a, b, y, n, [](D, V x, V z) { return hn::Add(x, z); }); break;
    case PointwiseOp::kSub: Map2(a, b, y, n, [](D, V x, V z) { return hn::Sub(x, z); }); break;
    case PointwiseOp::kMul: Map2(a, b, y, n, [](D, V x, V z) { return hn::Mul(x, z); }); break;
    case PointwiseOp::kDiv: Map2(a, b, y, n, [](D, V x, V z) { return hn::Div(x, z); }); break;
    case PointwiseOp::kMin:
      Map2(a, b, y, n, [](D, V x, V z) {
        return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::Or(hn::Lt(z, x), hn::IsNaN(z)), z, x));
      });
      break;
    case PointwiseOp::kMax:
      Map2(a, b, y, n, [](D, V x, V z) {
        return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::Or(hn::Gt(z, x), hn::IsNaN(z)), z, x));
      });
      break;
    case PointwiseOp::kPRelu:
      Map2(a, b, y, n, [](D d, V x, V z) { return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, z), x); });
      break;
    default:
      for (int64_t i = 0; i < n; ++i)  // powers
        y[i] = b[i] == 2 ? a[i] * a[i]
                         : static_cast<float>(std::pow(static_cast<double>(a[i]), static_cast<double>(b[i])));
  }
}

void Unary(const PointwiseInstr& p, const float* a, float* y, int64_t n) {
  const D d;
  const V alpha = hn::Set(d, p.alpha), beta = hn::Set(d, p.beta), zero = hn::Zero(d), one = hn::Set(d, 1.0f);
  switch (p.op) {
    case PointwiseOp::kNeg: Map1(a, y, n, [](D, V x) { return hn::Neg(x); }); break;
    case PointwiseOp::kAbs: Map1(a, y, n, [](D, V x) { return hn::Abs(x); }); break;
    case PointwiseOp::kSqrt: Map1(a, y, n, [](D, V x) { return hn::Sqrt(x); }); break;
    case PointwiseOp::kExp: Map1(a, y, n, [](D t, V x) { return Exp(t, x); }); break;
    case PointwiseOp::kLog: Map1(a, y, n, [](D t, V x) { return Log(t, x); }); break;
    case PointwiseOp::kErf: Map1(a, y, n, [](D t, V x) { return Erf(t, x); }); break;
    case PointwiseOp::kTanh: Map1(a, y, n, [](D t, V x) { return Tanh(t, x); }); break;
    case PointwiseOp::kSigmoid: Map1(a, y, n, [](D t, V x) { return Sigmoid(t, x); }); break;
    case PointwiseOp::kRelu: Map1(a, y, n, [=](D, V x) { return hn::IfThenElse(hn::Lt(x, zero), zero, x); }); break;
    case PointwiseOp::kLeakyRelu:
      Map1(a, y, n, [=](D, V x) { return hn::IfThenElse(hn::Lt(x, zero), hn::Mul(x, alpha), x); });
      break;
    case PointwiseOp::kClip:
      Map1(a, y, n, [=](D, V x) {
        const V low = hn::IfThenElse(hn::Lt(x, alpha), alpha, x);
        return hn::IfThenElse(hn::Gt(low, beta), beta, low);
      });
      break;
    case PointwiseOp::kHardSigmoid:
      Map1(a, y, n, [=](D, V x) {
        const V v = hn::MulAdd(x, alpha, beta), low = hn::IfThenElse(hn::Lt(v, zero), zero, v);
        return hn::IfThenElse(hn::Gt(low, one), one, low);
      });
      break;
    case PointwiseOp::kGelu: Map1(a, y, n, [](D t, V x) { return Gelu(t, x); }); break;
    case PointwiseOp::kConst: Map1(a, y, n, [=](D, V) { return alpha; }); break;
    case PointwiseOp::kReciprocal: Map1(a, y, n, [=](D, V x) { return hn::Div(one, x); }); break;
    case PointwiseOp::kFloor: Map1(a, y, n, [](D, V x) { return hn::Floor(x); }); break;
    case PointwiseOp::kCeil: Map1(a, y, n, [](D, V x) { return hn::Ceil(x); }); break;
    case PointwiseOp::kRound: Map1(a, y, n, [](D, V x) { return hn::Round(x); }); break;
    case PointwiseOp::kSign:
      Map1(a, y, n, [=](D, V x) {
        return hn::IfThenElse(hn::Gt(x, zero), one, hn::IfThenElse(hn::Lt(x, zero), hn::Neg(one), x));
      });
      break;
    case PointwiseOp::kSin: Each1(a, y, n, [](float x) { return std::sin(x); }); break;
    case PointwiseOp::kCos: Each1(a, y, n, [](float x) { return std::cos(x); }); break;
    case PointwiseOp::kSoftplus: Map1(a, y, n, [](D t, V x) { return Softplus(t, x); }); break;
    case PointwiseOp::kElu:
      Map1(a, y, n,
           [=](D t, V x) { return hn::IfThenElse(hn::Lt(x, zero), hn::Mul(alpha, hn::Sub(Exp(t, x), one)), x); });
      break;
    case PointwiseOp::kHardSwish:
      Map1(a, y, n, [=](D t, V x) {
        const V v = hn::MulAdd(x, hn::Set(t, 1.0f / 6), hn::Set(t, 0.5f));
        return hn::Mul(x, hn::Min(hn::Max(v, zero), one));
      });
      break;
    case PointwiseOp::kMish: Map1(a, y, n, [](D t, V x) { return Mish(t, x); }); break;
    case PointwiseOp::kGeluTanh: Map1(a, y, n, [](D t, V x) { return GeluTanh(t, x); }); break;
    default: Map1(a, y, n, [=](D t, V x) { return hn::Mul(x, Sigmoid(t, hn::Mul(alpha, x))); });  // swish
  }
}

constexpr int64_t kTile = 256;  // floats of a register
constexpr size_t kRegisters = 24;

struct alignas(64) Tiles {
  float at[kRegisters][kTile];
};

void Run(const PointwiseProgram& program, int64_t n, std::span<const PointwiseOperand> operands, float* y) {
  alignas(64) static thread_local Tiles tiles;
  const float* registers[kRegisters];
  const size_t count = operands.size();
  for (size_t i = 0; i < count; ++i) {
    registers[i] = tiles.at[i];
    if (operands[i].step == 0) std::fill_n(tiles.at[i], kTile, *operands[i].data);
  }
  const auto lanes = static_cast<int64_t>(hn::Lanes(D()));
  for (int64_t begin = 0; begin < n; begin += kTile) {
    const int64_t size = std::min(kTile, n - begin), padded = (size + lanes - 1) / lanes * lanes;
    const bool whole = padded == size;  // then operands and result are used where they lie
    for (size_t i = 0; i < count; ++i) {
      if (operands[i].step == 0) continue;
      registers[i] = operands[i].data + begin;
      if (whole) continue;
      std::copy_n(registers[i], size, tiles.at[i]);
      std::fill(tiles.at[i] + size, tiles.at[i] + padded, 0.0f);
      registers[i] = tiles.at[i];
    }
    size_t next = count;
    for (const PointwiseInstr& p : program.instrs) {
      const bool last = next + 1 == count + program.instrs.size();
      float* to = last && whole ? y + begin : tiles.at[next];
      if (Arity(p.op) == 2) {
        Binary(p, registers[p.a], registers[p.b], to, padded);
      } else {
        Unary(p, registers[p.a], to, padded);
      }
      registers[next++] = to;
    }
    const float* result = registers[program.instrs.empty() ? 0 : next - 1];
    if (result != y + begin) std::copy_n(result, size, y + begin);
  }
}

size_t Registers() { return kRegisters; }

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {
HWY_EXPORT(Run);
HWY_EXPORT(Registers);

// Programs that need more registers than tiles there are: element by element.
void RunEach(const PointwiseProgram& program, int64_t n, std::span<const PointwiseOperand> operands, float* y) {
  std::vector<double> in(operands.size()), registers(operands.size() + program.instrs.size());
  for (int64_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < operands.size(); ++k) in[k] = operands[k].data[i * operands[k].step];
    y[i] = static_cast<float>(EvalPointwise(program, in, registers));
  }
}

}  // namespace

void RunPointwise(const PointwiseProgram& program, int64_t n, std::span<const PointwiseOperand> operands, float* y) {
  if (operands.size() + program.instrs.size() > HWY_STATIC_DISPATCH(Registers)()) {
    RunEach(program, n, operands, y);
  } else {
    HWY_DYNAMIC_DISPATCH(Run)(program, n, operands, y);
  }
}

}  // namespace hasten::cpu
#endif
