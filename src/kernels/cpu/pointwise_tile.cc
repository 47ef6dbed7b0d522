#include "kernels/cpu/pointwise_tile.h"

#include <array>
#include <vector>

namespace hasten::cpu {

void RunPointwise(const PointwiseProgram& program, int64_t n, std::span<const PointwiseOperand> operands, float* y) {
  std::vector<double> in(operands.size()), registers(operands.size() + program.instrs.size());
  for (int64_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < operands.size(); ++k) in[k] = operands[k].data[i * operands[k].step];
    y[i] = static_cast<float>(EvalPointwise(program, in, registers));
  }
}

}  // namespace hasten::cpu
