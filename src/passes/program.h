// Building pointwise programs, and finding the activations that exporters spell out.
#pragma once
#include "ir/graph.h"

namespace hasten {

class ProgramBuilder {
 public:
  // A register while the number of operands is still open: instruction `ref`, or operand ~ref.
  using Ref = int;

  // Operand 0 is what the host computes; `operands` are the others so far.
  explicit ProgramBuilder(std::vector<ValueId> operands = {}) : operands_(std::move(operands)) {}
  static constexpr Ref kHost = -1;
  Ref Operand(ValueId v);  // a new one, unless v is one already
  Ref Emit(PointwiseOp op, Ref a = kHost, Ref b = kHost, float alpha = 0, float beta = 0);
  Ref Const(float v);  // one register for all of the same bits
  // The instructions of a program whose operands are at `operands`.
  Ref Inline(const PointwiseProgram& program, std::span<const Ref> operands);

  // Simplifies, drops what does not reach `result`, operands too.
  PointwiseProgram Finish(Ref result, std::vector<ValueId>* operands);

 private:
  struct Instr {
    PointwiseOp op;
    Ref a, b;
    float alpha, beta;
  };
  // A product as one constant and what else it multiplies.
  struct Product {
    double constant = 1;
    std::vector<Ref> factors;
  };

  const Instr* Def(Ref r, PointwiseOp op) const { return r >= 0 && At(r).op == op ? &At(r) : nullptr; }
  const Instr& At(Ref r) const { return instrs_[static_cast<size_t>(r)]; }
  std::optional<double> ConstOf(Ref r) const;
  Product Flatten(Ref r) const;
  // The other summand where r is a sum with a constant about `c`, or with register `a`.
  std::optional<Ref> PlusConst(Ref r, double c) const;
  std::optional<Ref> PlusRef(Ref r, Ref a) const;
  bool IsCubic(Ref r, Ref a) const;
  bool IsGeluTanhArgument(Ref r, Ref a) const;
  std::optional<Instr> Gelu(Ref a, Ref g) const;
  std::optional<Instr> HardSigmoid(Ref r) const;
  std::optional<Instr> HardSigmoidOf(const Instr& clip) const;
  std::optional<Instr> Gated(Ref a, Ref gate) const;
  std::optional<Instr> Simpler(Ref r) const;
  bool FoldConstant(Instr* instr) const;

  std::vector<ValueId> operands_;  // from operand 1 on
  std::vector<Instr> instrs_;
};

}  // namespace hasten
