#include "kernels/cpu/recurrent_steps.h"

#include <cstring>

#include "tensor/alignment.h"

namespace hasten::cpu {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return (x | 32) == (y | 32); });
}

// Panels of all gates: those of one panel of units lie side by side.
Panels AllGates(const Panels& units, int64_t gates) {
  Panels all = units;
  all.columns = gates * units.start(units.count);
  all.count *= gates;
  all.wide *= gates;
  return all;
}

}  // namespace

bool RecurrentSupported(const PlanCall& call, const RecurrentAttrs& a, std::span<const std::string_view> activations) {
  for (size_t i = 0; i < a.activations.size(); ++i)
    if (!SameName(a.activations[i], activations[i % activations.size()])) return false;
  for (size_t i : {0, 1, 2, 3, 5, 6, 7})
    if (call.has(i) && call.in[i].dtype != DType::kF32) return false;
  if (call.has(4) && call.in[4].dtype != DType::kI32) return false;
  return call.constant(1) && call.constant(2) && call.constant(2)->elements() > 0;
}

Status PackRecurrent(const PlanCall& call, int input, int gates, Tensor* packed) {
  HASTEN_ASSIGN(const Tensor w, Aligned(*call.constant(static_cast<size_t>(input))));
  const int64_t directions = w.dims[0], k = w.dims[2], hidden = w.dims[1] / gates;
  const Panels units = Panels::Of(hidden, BestTileKernels()), all = AllGates(units, gates);
  HASTEN_ASSIGN(*packed, NewTensor(DType::kF32, {directions, all.floats(k)}));
  for (int64_t d = 0; d < directions; ++d)
    for (int64_t q = 0; q < all.count; ++q) {
      const int64_t p = q / gates, gate = q % gates;
      const Panels one{units.valid(p), 1, units.vectors(p), 0, units.lanes};
      const PackSource source{w.as<float>() + ((d * gates + gate) * hidden + units.start(p)) * k, {}, 1, k};
      PackPanels(one, source, k, 0, 1, packed->as<float>() + d * all.floats(k) + all.start(q) * k);
    }
  return {};
}

Type PackedRecurrentType(const PlanCall& call, int input, int gates) {
  const Dims& w = call.constant(static_cast<size_t>(input))->dims;
  const Panels all = AllGates(Panels::Of(w[1] / gates, BestTileKernels()), gates);
  return Type::Tensor(DType::kF32, Dims{w[0], all.floats(w[2])});
}

Status PrepareRecurrent(const PlanCall& call, std::vector<std::byte>* params) {
  const int64_t hidden = call.constant(2)->dims[2];
  params->resize(sizeof hidden);
  std::memcpy(params->data(), &hidden, sizeof hidden);
  return {};
}

Status BindRecurrent(const BoundShapes& s, const RecurrentAttrs& a, int gates, bool has_cell, bool reset_first,
                     Binding* binding) {
  BoundRecurrent b;
  const Dims x = *s.in[0].shape.Concrete();
  b.batch_major = a.layout == 1;
  b.reverse = a.direction == "reverse";
  b.has_cell = has_cell;
  b.reset_first = reset_first;
  b.steps = x[b.batch_major ? 1 : 0];
  b.batch = x[b.batch_major ? 0 : 1];
  b.input = x[2];
  std::memcpy(&b.hidden, s.params, sizeof b.hidden);
  b.directions = a.direction == "bidirectional" ? 2 : 1;
  b.gates = gates;
  const TileKernels& kernels = BestTileKernels();
  b.units = Panels::Of(b.hidden, kernels);
  b.all = AllGates(b.units, gates);
  b.grid = ChunkGrid::Of(b.steps * b.batch, b.all, b.input, kernels.rows);
  const int64_t flops = b.batch * b.hidden * b.width();
  b.blocks = std::clamp<int64_t>(flops / 65536, 1, b.units.count);
  const int64_t product = b.steps * b.batch == 0 ? 0 : b.directions * b.grid.chunks();
  binding->phases = {product + 1};  // and one that sets the states
  if (b.batch > 0)
    binding->phases.resize(static_cast<size_t>(1 + b.steps * b.phases_per_step()), b.directions * b.blocks);
  binding->phases.push_back(1);
  binding->workspace_bytes = static_cast<size_t>(b.floats()) * sizeof(float);
  KeepBound(b, binding);
  return {};
}

namespace {

float* Workspace(const KernelCall& c, int64_t at) { return reinterpret_cast<float*>(c.workspace) + at; }

// Rows `row(i)` times panels of a packed matrix of `k` rows.
template <class Row>
Status Product(const KernelCall& c, const BoundRecurrent& b, Row row, int64_t rows, int64_t first_panel,
               int64_t last_panel, int64_t k, const float* weights, float* to) {
  const TileKernels& kernels = BestTileKernels();
  BlockCall block;
  block.kernels = &kernels;
  block.panels = b.all;
  block.first_panel = first_panel;
  block.last_panel = last_panel;
  block.b = weights;
  block.segments = 1;
  block.length = k;
  block.tiles = RowTiles::Of(rows, kernels.rows);
  HASTEN_ASSIGN(const auto pointers, c.Scratch<const float*>(rows));
  for (int64_t i = 0; i < rows; ++i) pointers[static_cast<size_t>(i)] = row(i);
  block.a = pointers.data();
  block.c = to;
  block.c_step = b.width();
  MultiplyBlock(block);
  return {};
}

Status InputProduct(const KernelCall& c, const BoundRecurrent& b) {
  const int64_t d = c.chunk / b.grid.chunks(), chunk = c.chunk % b.grid.chunks();
  const int64_t row_block = chunk / b.grid.panel_blocks, panel_block = chunk % b.grid.panel_blocks;
  const int64_t first = b.grid.first_row(row_block), last = b.grid.first_row(row_block + 1);
  const float* x = c.input(0).as<float>();
  return Product(
      c, b, [&](int64_t i) { return x + (first + i) * b.input; }, last - first, b.grid.first_panel(panel_block),
      b.grid.first_panel(panel_block + 1), b.input, c.input(1).as<float>() + d * b.all.floats(b.input),
      Workspace(c, b.x_gates()) + (d * b.steps * b.batch + first) * b.width());
}

int64_t LengthOf(const KernelCall& c, const BoundRecurrent& b, int64_t n) {
  return c.has(4) ? c.input(4).as<int32_t>()[n] : b.steps;
}

Status SetStates(const KernelCall& c, const BoundRecurrent& b) {
  for (int64_t n = 0; n < b.batch; ++n) {
    const int64_t length = LengthOf(c, b, n);
    HASTEN_REQUIRE(length >= 0 && length <= b.steps, "sequence lengths must be in [0, ", b.steps, "], one is ", length);
  }
  const int64_t row = b.units.start(b.units.count);
  const auto set = [&](int input, int64_t at) {
    for (int64_t d = 0; d < b.directions; ++d)
      for (int64_t n = 0; n < b.batch; ++n) {
        float* to = Workspace(c, at) + (d * b.batch + n) * row;
        std::fill(to, to + row, 0.0f);
        if (c.has(input)) std::copy_n(c.input(input).as<float>() + b.StateRow(d, n) * b.hidden, b.hidden, to);
      }
  };
  set(5, b.state(0));
  if (b.has_cell) set(6, b.cell());
  return {};
}

// Where the step's state, and what it becomes, lie.
struct StepView {
  int64_t step, direction, first, last;  // panels of units
  bool second;                           // the phase after the resets
};

Status Step(const KernelCall& c, const BoundRecurrent& b, const RecurrentRun& run, const StepView& v) {
  const int64_t row = b.units.start(b.units.count), d = v.direction;
  const float* old = Workspace(c, b.state(v.step % 2)) + d * b.batch * row;
  float* next = Workspace(c, b.state((v.step + 1) % 2)) + d * b.batch * row;
  float* reset = Workspace(c, b.reset()) + d * b.batch * row;
  float* h_gates = Workspace(c, b.h_gates()) + d * b.batch * b.width();
  const float* weights = c.input(2).as<float>() + d * b.all.floats(b.hidden);
  const float* source = v.second ? reset : old;
  const auto state_row = [&](int64_t n) { return source + n * row; };
  if (!b.reset_first) {
    HASTEN_TRY(Product(c, b, state_row, b.batch, v.first * b.gates, v.last * b.gates, b.hidden, weights, h_gates));
  } else {  // the last gate waits for the resets
    for (int64_t p = v.first; p < v.last; ++p)
      HASTEN_TRY(Product(c, b, state_row, b.batch, p * b.gates + (v.second ? b.gates - 1 : 0),
                         p * b.gates + (v.second ? b.gates : b.gates - 1), b.hidden, weights, h_gates));
  }
  const bool reverse = b.reverse || d == 1;
  float* y = c.wants(0) ? c.output(0).as<float>() : nullptr;
  for (int64_t n = 0; n < b.batch; ++n) {
    const int64_t length = LengthOf(c, b, n), t = reverse && v.step < length ? length - 1 - v.step : v.step;
    for (int64_t p = v.first; p < v.last; ++p) {
      const int64_t u = b.units.start(p), units = b.units.valid(p), at = n * row + u;
      float* out = y ? y + b.OutputRow(t, d, n) * b.hidden + u : nullptr;
      if (v.step >= length) {  // the row has ended
        if (b.reset_first && !v.second) continue;
        std::copy_n(old + at, units, next + at);
        if (out) std::fill_n(out, units, 0.0f);
        continue;
      }
      CellUnits s = run.settings;
      s.units = units;
      s.gate_step = b.units.vectors(p) * b.units.lanes;
      s.hidden = b.hidden;
      const int64_t gate = b.all.start(p * b.gates);
      s.x = Workspace(c, b.x_gates()) + (d * b.steps * b.batch + b.InputRow(t, n)) * b.width() + gate;
      s.h = h_gates + n * b.width() + gate;
      if (c.has(3)) {
        s.wb = c.input(3).as<float>() + d * 2 * b.gates * b.hidden + u;
        s.rb = s.wb + b.gates * b.hidden;
      }
      if (c.has(7)) s.peephole = c.input(7).as<float>() + d * 3 * b.hidden + u;
      s.old = old + at;
      s.c = Workspace(c, b.cell()) + d * b.batch * row + at;
      s.next = b.reset_first && !v.second ? reset + at : next + at;
      s.y = out;
      if (b.reset_first && !v.second) {
        GruReset(s);
      } else {
        run.cell(s);
      }
    }
  }
  return {};
}

void WriteStates(const KernelCall& c, const BoundRecurrent& b) {
  const int64_t row = b.units.start(b.units.count);
  for (int output = 1; output <= (b.has_cell ? 2 : 1); ++output) {
    if (!c.wants(output)) continue;
    const float* from = Workspace(c, output == 1 ? b.state(b.steps % 2) : b.cell());
    for (int64_t d = 0; d < b.directions; ++d)
      for (int64_t n = 0; n < b.batch; ++n)
        std::copy_n(from + (d * b.batch + n) * row, b.hidden,
                    c.output(output).as<float>() + b.StateRow(d, n) * b.hidden);
  }
}

}  // namespace

Status RunRecurrent(KernelCall& c, const RecurrentRun& run) {
  const auto& b = *reinterpret_cast<const BoundRecurrent*>(c.bound);
  if (c.phase == 0) return c.chunk + 1 == c.chunks ? SetStates(c, b) : InputProduct(c, b);
  const int64_t phases = b.batch > 0 ? b.steps * b.phases_per_step() : 0;
  if (c.phase > phases) {
    WriteStates(c, b);
    return {};
  }
  const int64_t phase = c.phase - 1, block = c.chunk % b.blocks;
  const StepView v{phase / b.phases_per_step(), c.chunk / b.blocks, b.units.count * block / b.blocks,
                   b.units.count * (block + 1) / b.blocks, phase % b.phases_per_step() == 1};
  return Step(c, b, run, v);
}

}  // namespace hasten::cpu
