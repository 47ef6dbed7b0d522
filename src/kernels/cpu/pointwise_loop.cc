#include "kernels/cpu/pointwise_loop.h"

namespace hasten::cpu {
namespace {

using Kind = BroadcastLoop::Operand::Kind;
using Operands = std::array<PointwiseOperand, kMaxLoopOperands>;

constexpr int64_t kLongRun = 192;  // from here on a run is worth a call of its own
constexpr int64_t kBlock = 512;    // elements to which shorter runs are put together

// Runs of the innermost axis, one call each.
void RunLong(const PointwiseLoop& p, int64_t begin, int64_t end, std::span<const PointwiseInstr> instrs,
             std::span<const float* const> operands, float* y) {
  Operands in;
  p.loop.ForRuns(begin, end, [&](int64_t at, int64_t n, const int64_t* offsets) {
    for (size_t k = 0; k < operands.size(); ++k) in[k] = {operands[k] + offsets[k], p.loop.step(static_cast<int>(k))};
    RunInstructions(instrs, n, std::span(in).first(operands.size()), y + at);
  });
}

// Elements [begin, end) of operand k, one after another.
void Expand(const BroadcastLoop& loop, int k, int64_t begin, int64_t end, const float* from, float* to) {
  BroadcastLoop one;
  one.rank = loop.rank;
  one.count = 1;
  one.total = loop.total;
  one.dims = loop.dims;
  one.operands[0] = loop.operands[static_cast<size_t>(k)];
  const bool moves = one.step(0) == 1;
  one.ForRuns(begin, end, [&](int64_t at, int64_t n, const int64_t* offset) {
    float* out = to + (at - begin);
    const float* x = from + *offset;
    for (int64_t i = 0; i < n; ++i) out[i] = moves ? x[i] : *x;
  });
}

// Whether the operand is one row that repeats for every inner row.
bool Repeats(const BroadcastLoop& loop, int k) {
  const auto& strides = loop.operands[static_cast<size_t>(k)].strides;
  return loop.step(k) == 1 &&
         std::all_of(strides.begin(), strides.begin() + loop.rank - 1, [](int64_t s) { return s == 0; });
}

// Short runs: what is neither full nor a scalar is expanded, block after block; what repeats only once.
Status RunShort(const PointwiseLoop& p, const KernelCall& c, int64_t begin, int64_t end,
                std::span<const PointwiseInstr> instrs, std::span<const float* const> operands, float* y) {
  const int64_t row = p.loop.inner();
  const int64_t block = std::max<int64_t>(1, kBlock / row) * row;
  Operands in;
  std::array<float*, kMaxLoopOperands> expanded = {};
  for (size_t k = 0; k < operands.size(); ++k)
    if (p.loop.operands[k].kind == Kind::kOther) {
      HASTEN_ASSIGN(const auto scratch, c.Scratch<float>(block));
      expanded[k] = scratch.data();
    }
  const int64_t first = begin - begin % row;
  for (int64_t at = begin; at < end;) {
    const int64_t stop = std::min(end, at + block - (at - first) % block);
    for (size_t k = 0; k < operands.size(); ++k) {
      const int operand = static_cast<int>(k);
      const bool repeats = expanded[k] && Repeats(p.loop, operand);
      if (repeats && at == begin) Expand(p.loop, operand, first, first + block, operands[k], expanded[k]);
      if (expanded[k] && !repeats) Expand(p.loop, operand, at, stop, operands[k], expanded[k]);
      in[k] = expanded[k] ? PointwiseOperand{expanded[k] + (repeats ? (at - first) % row : 0), 1}
              : p.loop.operands[k].kind == Kind::kFull ? PointwiseOperand{operands[k] + at, 1}
                                                       : PointwiseOperand{operands[k], 0};
    }
    RunInstructions(instrs, stop - at, std::span(in).first(operands.size()), y + at);
    at = stop;
  }
  return {};
}

// Rough cost of an element, in units of a simple instruction.
int64_t Weight(std::span<const PointwiseInstr> instrs) {
  int64_t weight = 1;
  for (const PointwiseInstr& in : instrs) switch (in.op) {
      case PointwiseOp::kPow:
      case PointwiseOp::kSin:
      case PointwiseOp::kCos: weight += 30; break;
      case PointwiseOp::kAdd:
      case PointwiseOp::kSub:
      case PointwiseOp::kMul:
      case PointwiseOp::kRelu:
      case PointwiseOp::kClip: ++weight; break;
      default: weight += 4;
    }
  return weight;
}

}  // namespace

PointwiseLoop MakePointwiseLoop(const Dims& output, std::span<const Dims> operands, Layout layout,
                                std::span<const PointwiseInstr> instrs) {
  PointwiseLoop p{.loop = MakeBroadcastLoop(output, operands, layout)};
  p.chunk = p.loop.ChunkSize(std::clamp<int64_t>(65536 / Weight(instrs), 2048, 16384));
  return p;
}

Status RunPointwiseLoop(const PointwiseLoop& p, const KernelCall& c, std::span<const PointwiseInstr> instrs,
                        std::span<const float* const> operands, float* y) {
  const int64_t begin = c.chunk * p.chunk;
  return RunPointwiseRange(p, c, instrs, operands, y, begin, std::min(p.loop.total, begin + p.chunk));
}

Status RunPointwiseRange(const PointwiseLoop& p, const KernelCall& c, std::span<const PointwiseInstr> instrs,
                         std::span<const float* const> operands, float* y, int64_t begin, int64_t end) {
  if (begin >= end) return {};
  bool simple = true;
  for (size_t k = 0; k < operands.size(); ++k) simple &= p.loop.operands[k].kind != Kind::kOther;
  if (simple) {
    Operands in;
    for (size_t k = 0; k < operands.size(); ++k)
      in[k] = p.loop.operands[k].kind == Kind::kFull ? PointwiseOperand{operands[k] + begin, 1}
                                                     : PointwiseOperand{operands[k], 0};
    RunInstructions(instrs, end - begin, std::span(in).first(operands.size()), y + begin);
    return {};
  }
  if (p.loop.inner() < kLongRun) return RunShort(p, c, begin, end, instrs, operands, y);
  RunLong(p, begin, end, instrs, operands, y);
  return {};
}

bool RangeEpilogueSupported(const PlanCall& call) {
  if (call.node->epilogue.empty()) return true;
  if (call.out[0].dtype != DType::kF32 || call.epilogue_in.size() + 1 > kMaxLoopOperands) return false;
  return std::all_of(call.epilogue_in.begin(), call.epilogue_in.end(), [&](const Type& t) {
    return t.is_tensor() && t.dtype == DType::kF32 && FollowsOutput(t, call.out[0], call.layout);
  });
}

PointwiseLoop BindRangeEpilogue(const BoundShapes& s) {
  std::vector<Dims> operands = DimsOf(s.epilogue_in);
  const Dims y = *s.out[0].shape.Concrete();
  operands.insert(operands.begin(), y);
  const auto instrs =
      s.epilogue ? std::span<const PointwiseInstr>(s.epilogue->instrs) : std::span<const PointwiseInstr>();
  return MakePointwiseLoop(y, operands, s.layout, instrs);
}

Status FinishRange(const PointwiseLoop& p, const KernelCall& c, int64_t begin, int64_t end) {
  if (!c.epilogue) return {};
  std::array<const float*, kMaxLoopOperands> operands;
  float* y = c.output(0).as<float>();
  operands[0] = y;
  for (size_t i = 0; i < c.epilogue_operands.size(); ++i)
    operands[i + 1] = c.epilogue_operands[i]->tensor().as<float>();
  return RunPointwiseRange(p, c, c.epilogue->instrs, std::span(operands).first(c.epilogue_operands.size() + 1), y,
                           begin, end);
}

}  // namespace hasten::cpu
