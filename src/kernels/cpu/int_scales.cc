#include "kernels/cpu/int_scales.h"

#include <cmath>
#include <cstring>

#include "kernels/cpu/gemm_block.h"

namespace hasten::cpu {
namespace {

bool Holds(const PlanCall& call, int i, int64_t one, int64_t other) {
  if (i < 0 || !call.has(static_cast<size_t>(i))) return true;
  const Type& t = call.in[static_cast<size_t>(i)];
  const auto dims = t.is_tensor() ? t.shape.Concrete() : std::nullopt;
  return dims && (dims->elements() == one || (dims->elements() == other && dims->back() == other));
}

}  // namespace

// What may be added to sums of depth kMostIntDepth.
constexpr double kMostWhole = 0x1p30;

bool IntScalesSupported(const PlanCall& call, const IntRoles& roles, int64_t columns, int64_t depth) {
  if (depth > kMostIntDepth) return false;
  for (int i : {roles.a_scale, roles.a_zero, roles.y_scale, roles.y_zero})
    if (!Holds(call, i, 1, 1)) return false;
  for (int i : {roles.b_scale, roles.b_zero})
    if (!Holds(call, i, 1, columns)) return false;
  if (!Holds(call, roles.bias, columns, columns)) return false;
  for (int i : {roles.a_scale, roles.b_scale, roles.y_scale})
    if (i >= 0 && call.has(static_cast<size_t>(i)) && !IsFloat(call.in[static_cast<size_t>(i)].dtype)) return false;
  if (roles.bias < 0 || !call.has(static_cast<size_t>(roles.bias))) return true;
  const DType bias = call.in[static_cast<size_t>(roles.bias)].dtype;
  return bias == DType::kI32 || bias == DType::kF32 || bias == DType::kF64;
}

int32_t ZeroOf(const KernelCall& c, int i) { return i >= 0 && c.has(i) ? static_cast<int32_t>(c.input(i).Int(0)) : 0; }

IntScaling IntScaling::Of(const KernelCall& c, const IntRoles& roles) {
  const auto input = [&](int i) { return i >= 0 && c.has(i) ? &c.input(i) : nullptr; };
  return {input(roles.a_scale), input(roles.b_scale), input(roles.bias), input(roles.y_scale)};
}

std::optional<IntScaling> IntScaling::Of(const PlanCall& call, const IntRoles& roles) {
  const auto constant = [&](int i) { return i >= 0 ? call.constant(static_cast<size_t>(i)) : nullptr; };
  for (int i : {roles.a_scale, roles.b_scale, roles.bias, roles.y_scale})
    if (i >= 0 && !constant(i) && (call.has(static_cast<size_t>(i)) || i >= static_cast<int>(call.in.size())))
      return {};
  return IntScaling{constant(roles.a_scale), constant(roles.b_scale), constant(roles.bias), constant(roles.y_scale)};
}

IntTables IntTables::Known(const PlanCall& call, const IntRoles& roles, IntOutput output, int64_t count, double factor,
                           std::vector<std::byte>* params) {
  IntTables tables{Padded(count)};
  const auto scaling = IntScaling::Of(call, roles);
  if (!scaling || output == IntOutput::kSums) return tables;
  std::vector<double> made(static_cast<size_t>(tables.bytes()) / sizeof(double) + 1);
  tables.Fill(*scaling, output, count, factor, reinterpret_cast<std::byte*>(made.data()));
  tables.known_at = static_cast<int64_t>(params->size());
  const auto* bytes = reinterpret_cast<const std::byte*>(made.data());
  params->insert(params->end(), bytes, bytes + tables.bytes());
  return tables;
}

std::byte* IntTables::at(const KernelCall& c) const {
  return known_at > 0 ? static_cast<std::byte*>(const_cast<void*>(c.params)) + known_at : c.workspace;
}

void IntTables::Fill(const IntScaling& scaling, IntOutput output, int64_t count, double factor, std::byte* at) const {
  if (output == IntOutput::kSums) return;
  const double a = factor * scaling.a->Double(0), y = output == IntOutput::kQuantized ? scaling.y->Double(0) : 1.0;
  const Tensor &b = *scaling.b, *const bias = scaling.bias;
  const bool one = b.elements() == 1, scaled = bias && bias->dtype != DType::kF32;
  for (int64_t j = 0; j < count; ++j) {
    scale(at)[j] = a * b.Double(one ? 0 : j);
    multiplier(at)[j] = static_cast<float>(scale(at)[j] / y);
    const double added = bias ? bias->Double(j) : 0.0;
    if (output == IntOutput::kFloats) {
      rest(at)[j] = static_cast<float>(scaled ? added * scale(at)[j] : added);
      continue;
    }
    // Beyond kMostWhole all of the sum is of the bias's sign or 0, so that the parts do not cancel.
    const double nearest = scaled ? std::fmax(-kMostWhole, std::fmin(std::nearbyint(added), kMostWhole)) : 0.0;
    steps(at)[j] = added;
    whole(at)[j] = static_cast<int32_t>(nearest);
    rest(at)[j] = static_cast<float>((added - nearest) * (scale(at)[j] / y));
  }
}

IntTail IntTail::Of(const KernelCall& c, const IntRoles& roles, IntOutput output, const IntTables& tables) {
  std::byte* at = tables.at(c);
  IntTail t;
  t.output = output;
  t.y = c.output(0).data;
  t.y_bytes = BytesFor(c.output(0).dtype, 1);
  if (output == IntOutput::kFloats) t.floats = {tables.multiplier(at), tables.rest(at)};
  if (output != IntOutput::kQuantized) return t;
  t.quantized = {tables.steps(at), tables.scale(at), tables.multiplier(at), tables.whole(at), tables.rest(at)};
  t.quantized.y_scale = c.input(roles.y_scale).Double(0);
  t.quantized.y_zero = ZeroOf(c, roles.y_zero);
  t.quantized.dtype = c.output(0).dtype;
  return t;
}

void IntTail::Rows(const SumRows& sums, int64_t element, int64_t step) const {
  std::byte* to = y + element * y_bytes;
  switch (output) {
    case IntOutput::kSums:
      for (int64_t r = 0; r < sums.rows; ++r)
        std::memcpy(to + r * step * y_bytes, sums.sums + r * sums.step,
                    static_cast<size_t>(sums.columns) * sizeof(int32_t));
      return;
    case IntOutput::kQuantized: return RequantizeRows(quantized, sums, to, step);
    case IntOutput::kFloats: return ToFloatsRows(floats, sums, reinterpret_cast<float*>(to), step);
  }
}

Status CopyRowsAtEnd(const KernelCall& c, const std::byte* end, int64_t length, std::span<const std::byte*> rows) {
  constexpr int64_t kLane = 4;
  for (size_t i = rows.size(); i-- > 0 && end - rows[i] < length + kLane - 1;) {
    HASTEN_ASSIGN(const auto copy, c.Scratch<std::byte>(length + kLane));
    std::copy_n(rows[i], length, copy.data());
    std::fill_n(copy.data() + length, kLane, std::byte{});
    rows[i] = copy.data();
  }
  return {};
}

Status MultiplyInts(const KernelCall& c, const IntBlock& block, const IntTail& tail) {
  const IntTiles& kernels = *BestIntTiles(block.shape.format);
  const Panels& panels = block.shape.panels;
  const RowTiles tiles = RowTiles::Of(block.rows, kernels.shape.rows);
  HASTEN_ASSIGN(const auto sums, c.Scratch<int32_t>(block.rows * panels.vectors(0) * panels.lanes + kTailPadding));
  for (int64_t p = block.first_panel; p < block.last_panel; ++p) {
    const int64_t start = panels.start(p), width = panels.start(p + 1) - start;
    IntTileCall tile{.offset = block.offset.data(), .lanes = block.shape.lanes(), .c_step = width};
    tile.segments = static_cast<int64_t>(block.offset.size());
    tile.b = block.shape.panel(block.b, p);
    tile.start = block.start + start;
    for (int64_t t = 0; t < tiles.count; ++t) {
      tile.a = block.a + tiles.start(t);
      tile.c = sums.data() + tiles.start(t) * width;
      kernels.tile[tiles.size(t)][panels.vectors(p)](tile);
    }
    tail.Rows({sums.data(), width, block.rows, block.column + start, panels.valid(p)}, block.element + start,
              block.row_elements);
  }
  return {};
}

}  // namespace hasten::cpu
