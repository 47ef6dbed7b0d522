// Scan's attributes, and what its inference, its reference and its lowering agree on.
#pragma once
#include "ops/region.h"

namespace hasten {

struct ScanAttrs {
  GraphPtr body;
  int64_t num_scan_inputs = 0;
  std::vector<int64_t> scan_input_axes, scan_input_directions, scan_output_axes, scan_output_directions;
  // As in opset 8: input 0 is sequence_lens (or absent), and everything else has a batch axis in front.
  bool batched = false;

  int64_t InputAxis(size_t i) const { return scan_input_axes.empty() ? 0 : scan_input_axes[i]; }
  bool InputReversed(size_t i) const { return !scan_input_directions.empty() && scan_input_directions[i] != 0; }
  int64_t OutputAxis(size_t i) const { return scan_output_axes.empty() ? 0 : scan_output_axes[i]; }
  bool OutputReversed(size_t i) const { return !scan_output_directions.empty() && scan_output_directions[i] != 0; }
};

// The body takes (states, scan elements) and gives (states, stacked elements).
struct ScanCounts {
  size_t first;  // input where the states begin: 1 if batched
  size_t states, scans, stacks;
};
Result<ScanCounts> ScanCountsOf(const ScanAttrs& attrs, size_t inputs, size_t outputs);

Status InferScan(InferCall& c);
Status LowerScan(RegionBuilder& b);
// From our form to that of opset 9 and later, which has no batch axis.
Status ScanOverBatch(OnnxNode& n);

// Attributes of the internal ops that slice input i and stack output i.
Attrs ScanSliceAttrs(const ScanAttrs& attrs, size_t i);
Attrs ScanStackAttrs(const ScanAttrs& attrs, const ScanCounts& counts, size_t i);

}  // namespace hasten
