// Pointwise programs: a short list of element instructions.  A fused elementwise chain is one; a bias + activation +
// residual epilogue of Conv, MatMul, a norm or attention is one.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"

namespace hasten {

enum class PointwiseOp : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMin,
  kMax,
  kPow,
  kNeg,
  kAbs,
  kSqrt,
  kExp,
  kLog,
  kErf,
  kTanh,
  kSigmoid,
  kRelu,
  kLeakyRelu,    // a < 0 ? alpha * a : a
  kClip,         // min(max(a, alpha), beta)
  kHardSigmoid,  // clip(alpha * a + beta, 0, 1)
  kGelu,         // a / 2 * (1 + erf(a / sqrt 2))
  kConst,        // alpha; reads nothing
  kReciprocal,
  kFloor,
  kCeil,
  kRound,  // to nearest, half to even
  kSign,   // NaN stays
  kSin,
  kCos,
  kSoftplus,   // log(1 + exp(a))
  kElu,        // a < 0 ? alpha * (exp(a) - 1) : a
  kHardSwish,  // a * clip(a / 6 + 1 / 2, 0, 1)
  kMish,       // a * tanh(softplus(a))
  kGeluTanh,   // a / 2 * (1 + tanh(sqrt(2 / pi) * (a + 0.044715 * a^3)))
  kSwish,      // a * sigmoid(alpha * a)
  kPRelu,      // a < 0 ? a * b : a
};
inline constexpr PointwiseOp kLastPointwiseOp = PointwiseOp::kPRelu;  // new ones are appended

// Registers 0 .. operands-1 hold the operands (register 0: the value computed by the host op, if any); instruction i
// writes register operands + i; the last one is the result.
struct PointwiseInstr {
  PointwiseOp op;
  uint16_t a = 0, b = 0;
  float alpha = 0, beta = 0;
};

struct PointwiseProgram {
  int operands = 1;
  std::vector<PointwiseInstr> instrs;
  bool empty() const { return instrs.empty(); }
  std::string Text() const;  // "add(0,1); relu(2)"
  static Result<PointwiseProgram> Parse(int operands, std::string_view text);
};

std::string_view Name(PointwiseOp op);
int Arity(PointwiseOp op);
// Every instruction reads registers that are written before it, and their numbers fit.
Status VerifyProgram(const PointwiseProgram& program);
// One element in double: the reference of every implementation.  Min, max and clip pass NaN on.  `registers` has room
// for operands and instructions.  Precondition: the program is verified.
double EvalPointwise(const PointwiseProgram& program, std::span<const double> operands, std::span<double> registers);
// y = program(y, operands...) in place, operands broadcast to y's dims; rounded once, at the end.  All are floats.
Status ApplyPointwise(const PointwiseProgram& program, Tensor* y, std::span<const Tensor* const> operands);

}  // namespace hasten
