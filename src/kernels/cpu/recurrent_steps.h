// LSTM and GRU: all products with the input at once, then a phase (or two) per step, whose chunks each own a range of
// hidden units in all gates.
#pragma once
#include "kernels/cpu/gemm_block.h"
#include "kernels/cpu/recurrent_cells.h"
#include "ops/recurrent.h"

namespace hasten::cpu {

// f32 operands, constant weights, and no activations but the op's own.
bool RecurrentSupported(const PlanCall& call, const RecurrentAttrs& a, std::span<const std::string_view> activations);
// Weights of all directions: panels of units, all gates of one side by side.
Status PackRecurrent(const PlanCall& call, int input, int gates, Tensor* packed);
Type PackedRecurrentType(const PlanCall& call, int input, int gates);
// The hidden size, which the packed weights no longer show.
Status PrepareRecurrent(const PlanCall& call, std::vector<std::byte>* params);

// Decided when shapes are bound; plain data.
struct BoundRecurrent {
  int64_t steps = 0, batch = 0, input = 0, hidden = 0, directions = 1, gates = 1;
  bool batch_major = false, reverse = false, has_cell = false, reset_first = false;
  Panels units, all;                                      // of one gate; of all gates
  ChunkGrid grid;                                         // of the products with the input
  int64_t blocks = 1;                                     // of panels of units, in a step
  int64_t width() const { return all.start(all.count); }  // floats of a row of gates

  // Parts of the workspace, in floats.
  int64_t x_gates() const { return 0; }
  int64_t h_gates() const { return directions * steps * batch * width(); }
  int64_t state(int64_t parity) const { return h_gates() + directions * batch * width() + parity * states(); }
  int64_t cell() const { return state(2); }
  int64_t reset() const { return state(3); }
  int64_t floats() const { return state(4); }
  int64_t states() const { return directions * batch * units.start(units.count); }
  int64_t phases_per_step() const { return reset_first ? 2 : 1; }

  int64_t StateRow(int64_t d, int64_t n) const { return batch_major ? n * directions + d : d * batch + n; }
  int64_t OutputRow(int64_t t, int64_t d, int64_t n) const {
    return batch_major ? (n * steps + t) * directions + d : (t * directions + d) * batch + n;
  }
  int64_t InputRow(int64_t t, int64_t n) const { return batch_major ? n * steps + t : t * batch + n; }
};
Status BindRecurrent(const BoundShapes& s, const RecurrentAttrs& a, int gates, bool has_cell, bool reset_first,
                     Binding* binding);

// What tells the ops apart at run time.
struct RecurrentRun {
  void (*cell)(const CellUnits&) = nullptr;
  CellUnits settings;  // clip and the op's own options
};
Status RunRecurrent(KernelCall& c, const RecurrentRun& run);

}  // namespace hasten::cpu
