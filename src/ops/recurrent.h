// What LSTM, GRU and RNN share: attributes, shapes, activations, and the walk over directions, steps and rows.
#pragma once
#include "ops/matrix.h"

namespace hasten {

struct RecurrentAttrs {
  std::vector<float> activation_alpha, activation_beta;
  std::vector<std::string> activations;  // of all directions; empty: the op's own
  std::optional<float> clip;             // of what gates hand to their activations
  std::string direction = "forward";     // or reverse, bidirectional
  std::optional<int64_t> hidden_size;
  int64_t layout = 0;  // 1: batch comes before steps and directions
};

// An activation function with its constants.
struct Activation {
  double (*f)(double x, double alpha, double beta) = nullptr;
  double alpha = 0, beta = 0;
  double clip = std::numeric_limits<double>::infinity();
  double operator()(double x) const { return f(std::clamp(x, -clip, clip), alpha, beta); }
  double Unclipped(double x) const { return f(x, alpha, beta); }
};

// One step of one row of the batch.
struct RecurrentCell {
  int64_t hidden = 0;
  bool option = false;  // of the kind
  std::span<const Activation> f;
  const double *x = nullptr, *h_gates = nullptr;  // x W^T and h R^T, [gates, hidden], without biases
  const double *wb = nullptr, *rb = nullptr;      // biases, [gates, hidden]
  const double* peephole = nullptr;               // [3, hidden], or null
  double *h = nullptr, *c = nullptr;              // state in and out, [hidden]
  MatrixView r;                                   // R^T of this direction: [hidden, gates * hidden]
  std::span<double> panel, row, product;          // scratch: Multiply's, [hidden], [hidden]
};

// What tells the three ops apart.  Inputs: X [T, N, I], W [D, gates * H, I], R [D, gates * H, H], B [D, 2 * gates * H],
// lengths i32 [N], initial h [D, N, H], initial c likewise, peepholes [D, 3 * H].  Outputs: Y [T, D, N, H], last h
// [D, N, H], last c.
struct RecurrentKind {
  int gates = 1;
  std::span<const std::string_view> activations;  // of one direction
  bool has_cell = false;                          // state c beside h
  bool option = false;                            // an attribute that only the cell knows
  void (*cell)(const RecurrentCell&) = nullptr;
};

Status InferRecurrent(InferCall& c, const RecurrentKind& kind, const RecurrentAttrs& a);
Status EvalRecurrent(KernelCall& c, const RecurrentKind& kind, const RecurrentAttrs& a);
double RecurrentFlops(const CostCall& c);

// The activations of all directions in order, constants taken from the lists by those that have some.
struct Activations {
  std::array<Activation, 6> f;
};
Result<Activations> ActivationsOf(const RecurrentKind& kind, const RecurrentAttrs& a);

// Version 1 has output_sequence, which says nothing that the outputs do not.
Status DropOutputSequence(OnnxNode& n);
Status LayoutAbsent(OnnxNode& n);

}  // namespace hasten
