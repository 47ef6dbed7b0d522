// QuantizeLinear and DequantizeLinear between f32 and 8 bits: one scale, or one per index of an axis.
#include <cstring>

#include "kernels/cpu/int_tile.h"
#include "kernels/cpu/quantize_row.h"
#include "kernels/tactic.h"
#include "ops/scale_grid.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kChunk = 32 << 10;  // elements

int64_t IntAttr(const Node& node, std::string_view name, int64_t fallback) {
  for (const AttrField& field : node.attrs.fields()) {
    if (field.name != name) continue;
    const auto v = node.attrs.Get(field);
    if (const int64_t* i = v ? std::get_if<int64_t>(&*v) : nullptr) return *i;
  }
  return fallback;
}

bool Quantizes(const PlanCall& call) { return call.node->op->name == "QuantizeLinear"; }

bool Supports(const PlanCall& call) {
  const Type &x = call.in[0], &scale = call.in[1], &y = call.out[0];
  const Type &floats = Quantizes(call) ? x : y, &bytes = Quantizes(call) ? y : x;
  if (floats.dtype != DType::kF32 || !IsByte(bytes.dtype) || scale.dtype != DType::kF32) return false;
  const int64_t precision = IntAttr(*call.node, "precision", 0);
  if (precision != 0 && precision != static_cast<int64_t>(DType::kF32)) return false;
  if (IntAttr(*call.node, "block_size", 0) != 0) return false;
  const auto dims = scale.shape.Concrete();
  return dims && (dims->elements() == 1 || call.layout == Layout::kPlain);
}

struct Params {
  int64_t axis = 1, quantizes = 0;
};
Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  const Params p{IntAttr(*call.node, "axis", 1), Quantizes(call)};
  params->resize(sizeof p);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

struct Bound {
  ScaleGrid grid;
  bool quantizes = false;
  int64_t runs = 0, run = 0;  // of one scale each
  int64_t per_chunk = 1;      // elements of a chunk, where all have one scale; else runs
};

Status Bind(const BoundShapes& s, Binding* binding) {
  Params p;
  std::memcpy(&p, s.params, sizeof p);
  Bound b;
  const Dims x = *s.in[0].shape.Concrete();
  b.grid = ScaleGrid::Of(x, *s.in[1].shape.Concrete(), p.axis, 0);
  b.quantizes = p.quantizes;
  b.runs = b.grid.outer * b.grid.length;
  b.run = b.grid.inner;
  b.per_chunk = b.grid.per_axis ? std::max<int64_t>(1, kChunk / std::max<int64_t>(1, b.run)) : kChunk;
  const int64_t units = b.grid.per_axis ? b.runs : b.run;
  binding->phases = {x.elements() == 0 ? 0 : (units + b.per_chunk - 1) / b.per_chunk};
  binding->data.resize(sizeof b);
  std::memcpy(binding->data.data(), &b, sizeof b);
  return {};
}

void Convert(KernelCall& c, bool quantizes, int64_t at, int64_t n, int64_t k) {
  const auto scale = static_cast<float>(c.input(1).Double(k));
  const int32_t zero = c.has(2) ? static_cast<int32_t>(c.input(2).Int(k)) : 0;
  if (quantizes)
    return QuantizeRun(c.input(0).as<float>() + at, n, scale, zero, c.output(0).dtype, c.output(0).data + at);
  DequantizeRun(c.input(0).data + at, c.input(0).dtype, n, scale, zero, c.output(0).as<float>() + at);
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  const int64_t first = c.chunk * b.per_chunk;
  if (!b.grid.per_axis) {
    Convert(c, b.quantizes, first, std::min(b.per_chunk, b.run - first), 0);
    return {};
  }
  for (int64_t r = first; r < std::min(first + b.per_chunk, b.runs); ++r)
    Convert(c, b.quantizes, r * b.run, b.run, r % b.grid.length);
  return {};
}

constexpr std::string_view kOps[] = {"QuantizeLinear", "DequantizeLinear"};

}  // namespace

extern const Tactic kQuantizeRuns = {
    .name = "quantize_runs",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .speed = 4,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
