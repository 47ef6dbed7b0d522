// QLinearConcat: a table for each input of what becomes of its 256 values, which the reference makes.
#include <cstring>

#include "kernels/cpu/int_tile.h"
#include "kernels/cpu/strided_copy.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kValues = 256, kChunk = 64 << 10;
constexpr int kFirst = 2, kEach = 3;  // inputs before the tensors; of each tensor

bool Supports(const PlanCall& call) {
  for (size_t i = kFirst; i < call.in.size(); i += kEach)
    if (!IsByte(call.in[i].dtype)) return false;
  return IsByte(call.out[0].dtype) && call.out[0].shape.ranked();
}

struct Bound {
  const OpDef* op = nullptr;
  int64_t axis = 0, row = 0;  // physical
};
struct Params {
  const OpDef* op = nullptr;
  int64_t axis = 0;
};

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  Params p;
  p.op = call.node->op;
  for (const AttrField& field : call.node->attrs.fields())
    if (const auto v = call.node->attrs.Get(field); v && field.name == "axis") p.axis = std::get<int64_t>(*v);
  params->resize(sizeof p);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

// Phase 0: a table for each input.  Phase 1: elements of the output.
Status Bind(const BoundShapes& s, Binding* binding) {
  Params p;
  std::memcpy(&p, s.params, sizeof p);
  const Dims logical = *s.out[0].shape.Concrete();
  HASTEN_ASSIGN(const int axis, NormalizeAxis(p.axis, logical.rank()));
  Bound b;
  b.op = p.op;
  b.axis = PhysicalAxis(axis, logical.rank(), s.layout);
  const Dims y = PhysicalDims(logical, s.layout);
  b.row = y.Product(static_cast<int>(b.axis), y.rank());
  const auto tensors = static_cast<int64_t>((s.in.size() - kFirst) / kEach);
  binding->phases = {tensors, (y.elements() + kChunk - 1) / kChunk};
  binding->workspace_bytes = static_cast<size_t>(tensors * kValues);
  KeepBound(b, binding);
  return {};
}

// The reference concatenates one tensor, which has all values along its last axis.
Status MakeTable(const KernelCall& c, const Bound& b) {
  HASTEN_ASSIGN(const auto values, c.Scratch<uint8_t>(kValues));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>(i);
  const auto at = static_cast<size_t>(kFirst + kEach * c.chunk);
  Dims dims = Dims::Filled(c.output(0).dims.rank(), 1);
  dims.back() = kValues;
  Value x(Tensor{c.input(static_cast<int>(at)).dtype, dims, reinterpret_cast<std::byte*>(values.data()), nullptr, {}});
  Value y(Tensor{c.output(0).dtype, dims, c.workspace + c.chunk * kValues, nullptr, {}});
  const std::array<const Value*, kFirst + kEach> in = {c.in[0], c.in[1], &x, c.in[at + 1],
                                                       at + 2 < c.in.size() ? c.in[at + 2] : nullptr};
  Value* out = &y;
  KernelCall one = c;
  one.in = in;
  one.out = {&out, 1};
  return b.op->eval(one);
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  if (c.phase == 0) return MakeTable(c, b);
  Tensor& y = c.output(0);
  const int64_t first = c.chunk * kChunk, last = std::min(first + kChunk, y.elements());
  int64_t begin = 0;  // of the input's band in each row
  for (int i = kFirst; i < c.inputs(); i += kEach) {
    const Tensor& x = c.input(i);
    const Dims dims = PhysicalDims(x.dims, c.layout);
    const int64_t band = dims.Product(static_cast<int>(b.axis), dims.rank());
    const auto* table = reinterpret_cast<const uint8_t*>(c.workspace) + (i - kFirst) / kEach * kValues;
    for (int64_t row = first / b.row; row * b.row < last; ++row) {
      const int64_t from = std::max(first, row * b.row + begin), to = std::min(last, row * b.row + begin + band);
      const int64_t shift = row * band - (row * b.row + begin);
      for (int64_t k = from; k < to; ++k) y.as<uint8_t>()[k] = table[x.as<uint8_t>()[k + shift]];
    }
    begin += band;
  }
  return {};
}

constexpr std::string_view kOps[] = {"com.microsoft.QLinearConcat"};

}  // namespace

extern const Tactic kQuantizedConcat = {
    .name = "quantized_concat",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .layout_inputs = kAllInputs,
    .speed = 2,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
