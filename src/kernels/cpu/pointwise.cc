// Pointwise programs over whole tensors, in either layout.
#include <cstring>

#include "kernels/cpu/epilogue.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kChunk = 16 << 10;  // floats
constexpr int64_t kShortRun = 64;     // below, operands that change within a tile are spread out first
constexpr int64_t kSpread = 4096;     // floats of a spread operand

struct Operand {
  int64_t step = 0;                                  // along the innermost axis
  std::array<int64_t, Dims::kMaxRank> strides = {};  // along the outer ones
};

// The output's axes in memory order, neighbours merged wherever all operands allow.
struct Bound {
  std::array<int64_t, Dims::kMaxRank> dims = {};  // outer axes
  std::array<Operand, kMaxEpilogueOperands> operands;
  int rank = 0, count = 0;
  int64_t inner = 1, runs = 1, runs_per_chunk = 1;  // elements of the innermost axis; how many of them
  int64_t split = 1;                                // chunks of one run, where there is one long run
};

bool Supports(const PlanCall& call) { return call.in[0].dtype == DType::kF32 && EpilogueSupported(call); }

Status Bind(const BoundShapes& s, Binding* binding) {
  const Dims y = *s.out[0].shape.Concrete();
  const BoundEpilogue e = BindEpilogue(nullptr, s.epilogue_in, y, s.layout);
  Bound b;
  b.count = e.count;
  b.inner = e.columns;
  for (int i = 0; i < e.count; ++i)
    b.operands[static_cast<size_t>(i)].step = e.operands[static_cast<size_t>(i)].column_step;
  // From the inside out: an axis joins the inner run, or the outer axis before it, if every operand goes on evenly.
  for (int axis = e.rank - 1; axis >= 0; --axis) {
    const auto a = static_cast<size_t>(axis);
    const int64_t size = e.row_dims[a];
    if (size == 1) continue;
    bool joins_inner = b.rank == 0, joins_outer = b.rank > 0;
    for (size_t i = 0; i < static_cast<size_t>(e.count); ++i) {
      const int64_t stride = e.operands[i].strides[a];
      joins_inner &= b.inner == 1 ? (stride == 0 || stride == 1) : stride == b.operands[i].step * b.inner;
      if (joins_outer) {
        const auto last = static_cast<size_t>(b.rank - 1);
        joins_outer &= stride == b.operands[i].strides[last] * b.dims[last];
      }
    }
    if (joins_inner) {
      if (b.inner == 1)
        for (size_t i = 0; i < static_cast<size_t>(e.count); ++i) b.operands[i].step = e.operands[i].strides[a];
      b.inner *= size;
    } else if (joins_outer) {
      b.dims[static_cast<size_t>(b.rank - 1)] *= size;
    } else {
      for (size_t i = 0; i < static_cast<size_t>(e.count); ++i)
        b.operands[i].strides[static_cast<size_t>(b.rank)] = e.operands[i].strides[a];
      b.dims[static_cast<size_t>(b.rank++)] = size;
    }
  }
  b.runs = b.inner == 0 ? 0 : y.elements() / b.inner;
  if (b.runs <= 1) {
    b.split = std::max<int64_t>(1, (b.inner + kChunk - 1) / kChunk);
    binding->phases = {b.runs * b.split};
  } else {
    b.runs_per_chunk = std::max<int64_t>(1, kChunk / b.inner);
    binding->phases = {(b.runs + b.runs_per_chunk - 1) / b.runs_per_chunk};
  }
  binding->data.resize(sizeof b);
  std::memcpy(binding->data.data(), &b, sizeof b);
  return {};
}

const float* OperandData(const KernelCall& c, size_t i) { return c.epilogue_operands[i]->tensor().as<float>(); }

// Offset of operand i in run `run`.
int64_t OffsetOf(const Bound& b, size_t i, int64_t run) {
  int64_t offset = 0;
  for (int axis = 0; axis < b.rank; ++axis) {  // innermost first
    const auto a = static_cast<size_t>(axis);
    offset += run % b.dims[a] * b.operands[i].strides[a];
    run /= b.dims[a];
  }
  return offset;
}

void OneRun(const KernelCall& c, const Bound& b, int64_t run, int64_t begin, int64_t end) {
  std::array<PointwiseOperand, kMaxEpilogueOperands + 1> operands;
  const int64_t at = run * b.inner + begin;
  operands[0] = {c.input(0).as<float>() + at, 1};
  for (size_t i = 0; i < static_cast<size_t>(b.count); ++i)
    operands[i + 1] = {OperandData(c, i) + OffsetOf(b, i, run) + begin * b.operands[i].step, b.operands[i].step};
  RunPointwise(*c.epilogue, end - begin, std::span(operands).first(static_cast<size_t>(b.count) + 1),
               c.output(0).as<float>() + at);
}

// Several short runs at once: operands that do not lie as the output does are spread out over them.
Status ShortRuns(const KernelCall& c, const Bound& b, int64_t first, int64_t last) {
  const int64_t group = std::max<int64_t>(1, kSpread / b.inner);
  const auto count = static_cast<size_t>(b.count);
  HASTEN_ASSIGN(const auto spread, c.Scratch<float>(b.count * group * b.inner));
  std::array<PointwiseOperand, kMaxEpilogueOperands + 1> operands;
  for (int64_t run = first; run < last; run += group) {
    const int64_t runs = std::min(group, last - run);
    operands[0] = {c.input(0).as<float>() + run * b.inner, 1};
    for (size_t i = 0; i < count; ++i) {
      float* to = spread.data() + static_cast<int64_t>(i) * group * b.inner;
      operands[i + 1] = {to, 1};
      for (int64_t r = 0; r < runs; ++r, to += b.inner) {
        const float* from = OperandData(c, i) + OffsetOf(b, i, run + r);
        if (b.operands[i].step == 0) {
          std::fill_n(to, b.inner, *from);
        } else {
          std::copy_n(from, b.inner, to);
        }
      }
    }
    RunPointwise(*c.epilogue, runs * b.inner, std::span(operands).first(count + 1),
                 c.output(0).as<float>() + run * b.inner);
  }
  return {};
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  if (!c.epilogue) {
    const int64_t n = c.input(0).elements();
    const int64_t first = n * c.chunk / c.chunks, last = n * (c.chunk + 1) / c.chunks;
    std::copy(c.input(0).as<float>() + first, c.input(0).as<float>() + last, c.output(0).as<float>() + first);
    return {};
  }
  if (b.runs == 1) {
    OneRun(c, b, 0, b.inner * c.chunk / b.split, b.inner * (c.chunk + 1) / b.split);
    return {};
  }
  const int64_t first = c.chunk * b.runs_per_chunk, last = std::min(b.runs, first + b.runs_per_chunk);
  if (b.inner < kShortRun) return ShortRuns(c, b, first, last);
  for (int64_t run = first; run < last; ++run) OneRun(c, b, run, 0, b.inner);
  return {};
}

constexpr std::string_view kOps[] = {"Pointwise"};

}  // namespace

extern const Tactic kPointwise = {
    .name = "pointwise",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .in_place = true,
    .layouts = Layouts::kEither,
    .speed = 2,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
