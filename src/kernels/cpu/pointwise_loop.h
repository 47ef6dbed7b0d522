// A pointwise program over broadcast operands.
#pragma once
#include "kernels/cpu/broadcast_loop.h"
#include "kernels/cpu/pointwise_tile.h"

namespace hasten::cpu {

// Plain data.
struct PointwiseLoop {
  int64_t chunk = 1;   // elements
  BroadcastLoop loop;  // the program's operands
};

PointwiseLoop MakePointwiseLoop(const Dims& output, std::span<const Dims> operands, Layout layout,
                                std::span<const PointwiseInstr> instrs);
inline int64_t Chunks(const PointwiseLoop& p) { return std::max<int64_t>(1, (p.loop.total + p.chunk - 1) / p.chunk); }
// Computes chunk c.chunk.  y may be the memory of operands that are as large as it.
Status RunPointwiseLoop(const PointwiseLoop& p, const KernelCall& c, std::span<const PointwiseInstr> instrs,
                        std::span<const float* const> operands, float* y);

// The same for elements [begin, end) in memory order.
Status RunPointwiseRange(const PointwiseLoop& p, const KernelCall& c, std::span<const PointwiseInstr> instrs,
                         std::span<const float* const> operands, float* y, int64_t begin, int64_t end);

// The epilogue of a kernel that finishes contiguous ranges of its output.  Operands as Pointwise has them.
bool RangeEpilogueSupported(const PlanCall& call);
PointwiseLoop BindRangeEpilogue(const BoundShapes& s);
// Applies the call's epilogue, if there is one, to elements [begin, end) of output 0.
Status FinishRange(const PointwiseLoop& p, const KernelCall& c, int64_t begin, int64_t end);

}  // namespace hasten::cpu
