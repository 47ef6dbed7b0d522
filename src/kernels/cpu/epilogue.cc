#include "kernels/cpu/epilogue.h"

#include "kernels/cpu/broadcast_loop.h"

namespace hasten::cpu {
namespace {

// Strides in memory order, of logical dims aligned to `rank` axes; 0 along broadcast axes.
std::array<int64_t, Dims::kMaxRank> PhysicalStrides(const Dims& dims, int rank, bool channels_last) {
  std::array<int64_t, Dims::kMaxRank> logical = {}, out = {};
  std::array<int64_t, Dims::kMaxRank> size = {};
  size.fill(1);
  for (int i = 0; i < dims.rank(); ++i)
    size[static_cast<size_t>(rank - dims.rank() + i)] = dims[static_cast<size_t>(i)];
  std::array<int, Dims::kMaxRank> order = {};  // axis at each physical place
  for (int i = 0; i < rank; ++i) order[static_cast<size_t>(i)] = i;
  if (channels_last) {
    for (int i = 1; i + 1 < rank; ++i) order[static_cast<size_t>(i)] = i + 1;
    order[static_cast<size_t>(rank - 1)] = 1;
  }
  int64_t step = 1;
  for (int i = rank - 1; i >= 0; --i) {
    const auto axis = static_cast<size_t>(order[static_cast<size_t>(i)]);
    logical[axis] = size[axis] == 1 ? 0 : step;
    step *= size[axis];
  }
  for (int i = 0; i < rank; ++i)
    out[static_cast<size_t>(i)] = logical[static_cast<size_t>(order[static_cast<size_t>(i)])];
  return out;
}

// Matches c + channel + full, clamped; anything else is left to the interpreter.
void MatchTail(const PointwiseProgram& program, BoundEpilogue* e) {
  uint16_t at = 0;
  bool clamped = false;
  for (size_t i = 0; i < program.instrs.size() && e->tail_only; ++i) {
    const PointwiseInstr& in = program.instrs[i];
    const int other = in.a == at ? in.b : in.a;
    const bool reads = in.a == at || (Arity(in.op) == 2 && in.b == at);
    const bool operand = other >= 1 && other < program.operands;
    e->tail_only = false;
    if (!reads || clamped) return;
    if (in.op == PointwiseOp::kAdd && operand && in.a != in.b) {
      const BoundEpilogue::Operand& o = e->operands[static_cast<size_t>(other - 1)];
      if (o.every_row && o.column_step == 1 && e->bias < 0 && e->residual < 0) {
        e->bias = other - 1;
      } else if (o.as_output && e->residual < 0) {
        e->residual = other - 1;
      } else {
        return;
      }
    } else if (in.op == PointwiseOp::kRelu) {
      clamped = true;
      e->low = 0;
    } else if (in.op == PointwiseOp::kClip) {
      clamped = true;
      e->low = in.alpha;
      e->high = in.beta;
    } else {
      return;
    }
    e->tail_only = true;
    at = static_cast<uint16_t>(static_cast<size_t>(program.operands) + i);
  }
}

}  // namespace

bool EpilogueSupported(const PlanCall& call) {
  if (call.node->epilogue.empty()) return true;
  if (call.node->epilogue.operands > kMaxEpilogueOperands) return false;
  for (const Type& t : call.epilogue_in)
    if (!t.is_tensor() || t.dtype != DType::kF32 || !FollowsOutput(t, call.out[0], call.layout)) return false;
  return true;
}

BoundEpilogue BindEpilogue(const PointwiseProgram* program, std::span<const Type> operands, const Dims& output,
                           Layout layout) {
  BoundEpilogue e;
  const int rank = std::max(1, output.rank());
  const bool last = layout == Layout::kChannelsLast;
  const auto strides = PhysicalStrides(output, rank, last);
  e.rank = rank - 1;
  // Row dims in memory order.
  for (int i = 0; i < rank - 1; ++i)
    e.row_dims[static_cast<size_t>(i)] = output[static_cast<size_t>(last && i > 0 ? i + 1 : i)];
  e.columns = output.empty() ? 1 : last ? output[1] : output.back();
  e.count = static_cast<int>(operands.size());
  for (size_t i = 0; i < operands.size(); ++i) {
    const Dims dims = *operands[i].shape.Concrete();
    BoundEpilogue::Operand& o = e.operands[i];
    o.strides = PhysicalStrides(dims, rank, last);
    o.column_step = o.strides[static_cast<size_t>(rank - 1)];
    o.every_row = std::all_of(o.strides.begin(), o.strides.begin() + rank - 1, [](int64_t s) { return s == 0; });
    o.as_output = o.strides == strides && dims.elements() == output.elements();
    e.flat &= o.as_output || (o.every_row && o.column_step == 0);
  }
  if (program) MatchTail(*program, &e);
  return e;
}

void SetTail(const BoundEpilogue& e, const KernelCall& c, TileTail* tail) {
  if (!e.tail_only) return;
  if (e.bias >= 0) tail->bias = c.epilogue_operands[static_cast<size_t>(e.bias)]->tensor().as<float>();
  if (e.residual >= 0) tail->residual = c.epilogue_operands[static_cast<size_t>(e.residual)]->tensor().as<float>();
  tail->low = e.low;
  tail->high = e.high;
}

void ApplyEpilogue(const BoundEpilogue& e, const KernelCall& c, float* output, int64_t first, int64_t last,
                   int64_t begin, int64_t end) {
  std::array<PointwiseOperand, kMaxEpilogueOperands + 1> operands;
  const auto count = static_cast<size_t>(e.count);
  if (begin == 0 && end == e.columns && e.flat) {
    float* y = output + first * e.columns;
    operands[0] = {y, 1};
    for (size_t i = 0; i < count; ++i) {
      const float* data = c.epilogue_operands[i]->tensor().as<float>();
      const bool full = e.operands[i].as_output;
      operands[i + 1] = {full ? data + first * e.columns : data, full ? 1 : 0};
    }
    return RunPointwise(*c.epilogue, (last - first) * e.columns, std::span(operands).first(count + 1), y);
  }
  for (int64_t row = first; row < last; ++row) {
    float* y = output + row * e.columns + begin;
    operands[0] = {y, 1};
    for (size_t i = 0; i < count; ++i) {
      const BoundEpilogue::Operand& o = e.operands[i];
      int64_t offset = 0;
      if (o.as_output) {
        offset = row * e.columns;
      } else if (!o.every_row) {
        int64_t rest = row;
        for (int axis = e.rank - 1; axis >= 0; --axis) {
          const auto a = static_cast<size_t>(axis);
          offset += rest % e.row_dims[a] * o.strides[a];
          rest /= e.row_dims[a];
        }
      }
      operands[i + 1] = {c.epilogue_operands[i]->tensor().as<float>() + offset + begin * o.column_step, o.column_step};
    }
    RunPointwise(*c.epilogue, end - begin, std::span(operands).first(count + 1), y);
  }
}

}  // namespace hasten::cpu
