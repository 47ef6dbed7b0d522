// Keys and values of attention: what came before, as a tensor or as state, and what is new.
#pragma once
#include "ops/attention.h"

namespace hasten {

// The tokens of one sequence: where they lie in Q, K and V, and what came before them.
struct AttentionRow {
  int64_t index = 0;                                  // of the past
  int64_t batch = 0, first_query = 0, first_key = 0;  // in the operands
  int64_t queries = 0, keys = 0, past = 0;
  int64_t total() const { return past + keys; }
};

// A state fits operands of this layout: a row per batch, or packed rows of a batch of 1.
Status CheckState(const StateView& s, const HeadLayout& x, std::string_view what);
// The new entries of a row, behind its old ones.  `line` is scratch of layout.size.
void AppendToState(const StateView& state, const Tensor& x, const HeadLayout& layout, const AttentionRow& row,
                   std::span<double> line);
// Old and new entries of one head: keys as [size, total] (one line per component), values as [total, size].
void GatherEntries(const KernelCall& c, bool key, const HeadLayout& layout, const StateView* state,
                   const AttentionRow& row, int64_t head, std::span<double> line, double* to);
// y = input `past`, if there is one, then x: [batch, heads, total, size].
void WritePresent(const KernelCall& c, int past, const Tensor& x, const HeadLayout& layout, Tensor* y);

}  // namespace hasten
