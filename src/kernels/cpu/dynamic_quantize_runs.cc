#include <cstring>

#include "kernels/cpu/quantize_row.h"
#include "kernels/cpu/row_kernels.h"
#include "kernels/tactic.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kChunk = 32 << 10;

struct Range {
  float low = 0, high = 0;
};

bool Supports(const PlanCall& call) { return call.in[0].dtype == DType::kF32; }

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  const OpDef* op = call.node->op;
  params->resize(sizeof op);
  std::memcpy(params->data(), &op, sizeof op);
  return {};
}

// Phase 0: the range of each chunk.  Phase 1: the integers; chunk 0 writes scale and zero point too.
Status Bind(const BoundShapes& s, Binding* binding) {
  const int64_t chunks = (s.in[0].shape.Concrete()->elements() + kChunk - 1) / kChunk;
  binding->phases = {chunks, std::max<int64_t>(1, chunks)};
  binding->workspace_bytes = static_cast<size_t>(chunks) * sizeof(Range);
  return {};
}

// NaN takes no part.
Range RangeOf(const float* x, int64_t n) {
  Range r{static_cast<float>(FoldRow(Fold::kMin, x, n)), static_cast<float>(FoldRow(Fold::kMax, x, n))};
  if (!std::isnan(r.low) && !std::isnan(r.high)) return {std::min(0.0f, r.low), std::max(0.0f, r.high)};
  r = {};
  for (int64_t i = 0; i < n; ++i) {
    r.low = std::min(r.low, x[i]);
    r.high = std::max(r.high, x[i]);
  }
  return r;
}

Status Quantize(const KernelCall& c, const Range& r) {
  constexpr float kMax = 255;
  const float range = r.high - r.low, scale = (range == 0 ? 1.0f : range) / kMax;
  const float zero = std::nearbyint(std::clamp(-r.low / scale, 0.0f, kMax));
  const int64_t first = c.chunk * kChunk, n = std::min(kChunk, c.input(0).elements() - first);
  if (c.wants(0))
    QuantizeRun(c.input(0).as<float>() + first, n, scale, static_cast<int32_t>(zero), DType::kU8,
                c.output(0).data + first);
  if (c.chunk != 0) return {};
  if (c.wants(1)) *c.output(1).as<float>() = scale;
  if (c.wants(2)) *c.output(2).as<uint8_t>() = static_cast<uint8_t>(zero);
  return {};
}

Status Run(KernelCall& c) {
  auto* ranges = reinterpret_cast<Range*>(c.workspace);
  const int64_t n = c.input(0).elements(), first = c.chunk * kChunk;
  if (c.phase == 0) {
    ranges[c.chunk] = RangeOf(c.input(0).as<float>() + first, std::min(kChunk, n - first));
    return {};
  }
  Range all;
  for (int64_t i = 0; i < (n + kChunk - 1) / kChunk; ++i) {
    all.low = std::min(all.low, ranges[i].low);
    all.high = std::max(all.high, ranges[i].high);
  }
  const float range = all.high - all.low;
  if (std::isfinite(range) && (range == 0 || range / 255 > 0)) return Quantize(c, all);
  if (c.chunk != 0) return {};
  const OpDef* op = nullptr;
  std::memcpy(&op, c.params, sizeof op);
  return op->eval(c);
}

constexpr std::string_view kOps[] = {"DynamicQuantizeLinear"};

}  // namespace

extern const Tactic kDynamicQuantizeRuns = {
    .name = "dynamic_quantize_runs",
    .ops = kOps,
    .supports = Supports,
    .speed = 2,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
