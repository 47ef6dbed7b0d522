// Functions of one 8-bit tensor: a table of what the reference makes of each of the 256 values.
#include <cstring>

#include "kernels/cpu/int_tile.h"
#include "kernels/tactic.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kValues = 256, kChunk = 64 << 10;

bool Supports(const PlanCall& call) { return IsByte(call.in[0].dtype); }

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  const OpDef* op = call.node->op;
  params->resize(sizeof op);
  std::memcpy(params->data(), &op, sizeof op);
  return {};
}

// Phase 0: the table.  Phase 1: look-ups.
Status Bind(const BoundShapes& s, Binding* binding) {
  binding->phases = {1, (s.out[0].shape.Concrete()->elements() + kChunk - 1) / kChunk};
  binding->workspace_bytes = 2 * kValues;
  return {};
}

Status MakeTable(const KernelCall& c) {
  const OpDef* op = nullptr;
  std::memcpy(&op, c.params, sizeof op);
  auto* bytes = reinterpret_cast<uint8_t*>(c.workspace);
  for (int64_t i = 0; i < kValues; ++i) bytes[kValues + i] = static_cast<uint8_t>(i);
  Value x(Tensor{c.input(0).dtype, {kValues}, c.workspace + kValues, nullptr, {}});
  Value y(Tensor{c.output(0).dtype, {kValues}, c.workspace, nullptr, {}});
  std::array<const Value*, 5> in = {};
  std::copy_n(c.in.begin(), std::min(c.in.size(), in.size()), in.begin());
  in[0] = &x;
  Value* out = &y;
  KernelCall all = c;
  all.in = std::span(in).first(std::min(c.in.size(), in.size()));
  all.out = {&out, 1};
  return op->eval(all);
}

Status Run(KernelCall& c) {
  if (c.phase == 0) return MakeTable(c);
  const auto* table = reinterpret_cast<const uint8_t*>(c.workspace);
  const int64_t first = c.chunk * kChunk, last = std::min(first + kChunk, c.output(0).elements());
  const auto* x = c.input(0).as<uint8_t>();
  auto* y = c.output(0).as<uint8_t>();
  for (int64_t i = first; i < last; ++i) y[i] = table[x[i]];
  return {};
}

constexpr std::string_view kOps[] = {"com.microsoft.QLinearSigmoid", "com.microsoft.QLinearLeakyRelu"};

}  // namespace

extern const Tactic kQuantizedTable = {
    .name = "quantized_table",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .speed = 2,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
