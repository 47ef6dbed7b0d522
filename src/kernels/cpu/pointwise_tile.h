// The vector interpreter of pointwise programs, over runs of elements that lie in cache.
#pragma once
#include <cstdint>
#include <span>

#include "ir/pointwise.h"

namespace hasten::cpu {

// Element i of an operand is data[i * step]; step is 0 (a scalar) or 1.
struct PointwiseOperand {
  const float* data;
  int64_t step;
};

// y[i] = program(operands[0][i], operands[1][i], ...) for i in [0, n).  `y` may be one of the operands' data.
// Precondition: the program is verified and operands.size() == program.operands.  Thread-safe; allocates
// nothing where operands and instructions are 256 at most.
void RunPointwise(const PointwiseProgram& program, int64_t n, std::span<const PointwiseOperand> operands, float* y);
// The same of a program's instructions; none: y = operand 0.
void RunInstructions(std::span<const PointwiseInstr> instrs, int64_t n, std::span<const PointwiseOperand> operands,
                     float* y);

}  // namespace hasten::cpu
