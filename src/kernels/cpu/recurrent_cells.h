// The pointwise part of LSTM and GRU steps, for a range of hidden units of one row of the batch.
#pragma once
#include <cstdint>

namespace hasten::cpu {

// All pointers are at the first unit; gate g of x and h is `gate_step` floats on, of biases and peepholes `hidden`.
struct CellUnits {
  int64_t units = 0, gate_step = 0, hidden = 0;
  const float *x = nullptr, *h = nullptr;    // x W^T and h R^T
  const float *wb = nullptr, *rb = nullptr;  // biases, or null
  const float* peephole = nullptr;           // or null
  bool input_forget = false;                 // LSTM: forget = 1 - input
  bool reset_after = false;                  // GRU: linear_before_reset
  float clip = 0;                            // of what gates hand to their activations; infinity: none
  const float* old = nullptr;                // h before the step
  float* c = nullptr;                        // LSTM's cell state, in and out
  float* next = nullptr;                     // h after the step
  float* y = nullptr;                        // the same, or null
};

void LstmCell(const CellUnits& s);
// Gates update, reset, hidden.
void GruCell(const CellUnits& s);
// next = reset * old: what the hidden gate multiplies where reset comes first.
void GruReset(const CellUnits& s);

}  // namespace hasten::cpu
