#include "kernels/cpu/broadcast_loop.h"

namespace hasten::cpu {
namespace {

using Strides = std::array<int64_t, Dims::kMaxRank>;

// The logical axis at each place of memory.
std::array<size_t, Dims::kMaxRank> MemoryOrder(int rank, Layout layout) {
  std::array<size_t, Dims::kMaxRank> order = {};
  for (int i = 0; i < rank; ++i) order[static_cast<size_t>(i)] = static_cast<size_t>(i);
  if (layout == Layout::kChannelsLast && rank >= 3) {
    for (int i = 1; i + 1 < rank; ++i) order[static_cast<size_t>(i)] = static_cast<size_t>(i + 1);
    order[static_cast<size_t>(rank - 1)] = 1;
  }
  return order;
}

// Dims with leading ones, in memory order, and the strides of a dense tensor of them, 0 along axes of one element.
void InMemory(const Dims& dims, int rank, const std::array<size_t, Dims::kMaxRank>& order, Strides* size_at,
              Strides* strides) {
  Strides& size = *size_at;
  for (int i = 0; i < rank; ++i) {
    const int axis = static_cast<int>(order[static_cast<size_t>(i)]) - (rank - dims.rank());
    size[static_cast<size_t>(i)] = axis < 0 ? 1 : dims[static_cast<size_t>(axis)];
  }
  int64_t step = 1;
  for (auto i = static_cast<size_t>(rank); i-- > 0;) {
    (*strides)[i] = size[i] == 1 ? 0 : step;
    step *= size[i];
  }
}

// Axes i and i + 1 are one loop if that is so for every operand and the output.
bool Joins(const BroadcastLoop& loop, size_t i, const Strides& output) {
  const int64_t inner = loop.dims[i + 1];
  if (output[i] != output[i + 1] * inner) return false;
  for (int k = 0; k < loop.count; ++k) {
    const Strides& s = loop.operands[static_cast<size_t>(k)].strides;
    if (s[i] != s[i + 1] * inner) return false;
  }
  return true;
}

void Collapse(BroadcastLoop* loop, Strides* output) {
  const auto drop = [&](ptrdiff_t at) {
    const auto shift = [&](Strides* s) { std::copy(s->begin() + at + 1, s->begin() + loop->rank, s->begin() + at); };
    shift(&loop->dims);
    shift(output);
    for (int k = 0; k < loop->count; ++k) shift(&loop->operands[static_cast<size_t>(k)].strides);
    --loop->rank;
  };
  for (auto i = static_cast<size_t>(loop->rank); i-- > 0;)
    if (loop->dims[i] == 1 && loop->rank > 1) drop(static_cast<ptrdiff_t>(i));
  for (auto i = static_cast<size_t>(loop->rank); i-- > 1;)
    if (Joins(*loop, i - 1, *output)) {
      loop->dims[i] *= loop->dims[i - 1];
      drop(static_cast<ptrdiff_t>(i) - 1);
    }
}

}  // namespace

int64_t BroadcastLoop::ChunkSize(int64_t elements) const {
  const int64_t row = inner();
  return row > 0 && row * 4 <= elements ? elements / row * row : elements;
}

BroadcastLoop MakeBroadcastLoop(const Dims& output, std::span<const Dims> operands, Layout layout) {
  BroadcastLoop loop;
  const int rank = std::max(1, output.rank());
  const auto order = MemoryOrder(rank, layout);
  Strides strides, size;
  loop.rank = rank;
  loop.total = output.elements();
  InMemory(output, rank, order, &loop.dims, &strides);
  loop.count = static_cast<int>(operands.size());
  for (size_t k = 0; k < operands.size(); ++k) InMemory(operands[k], rank, order, &size, &loop.operands[k].strides);
  Collapse(&loop, &strides);
  for (size_t k = 0; k < operands.size(); ++k) {
    BroadcastLoop::Operand& o = loop.operands[k];
    using Kind = BroadcastLoop::Operand::Kind;
    const auto none = [](int64_t s) { return s == 0; };
    o.kind = operands[k].elements() == loop.total                                  ? Kind::kFull
             : std::all_of(o.strides.begin(), o.strides.begin() + loop.rank, none) ? Kind::kScalar
                                                                                   : Kind::kOther;
  }
  return loop;
}

std::vector<Dims> DimsOf(std::span<const Type> types) {
  std::vector<Dims> out;
  for (const Type& t : types) out.push_back(*t.shape.Concrete());
  return out;
}

bool FollowsOutput(const Type& operand, const Type& output, Layout layout) {
  if (!operand.is_tensor() || !operand.shape.ranked() || !output.shape.ranked()) return false;
  const int rank = operand.shape.rank();
  if (layout == Layout::kPlain || rank == output.shape.rank()) return true;
  int wide = 0;
  for (int i = 0; i < rank; ++i) wide += !operand.shape[i].is(1);
  return wide <= 1;
}

}  // namespace hasten::cpu
