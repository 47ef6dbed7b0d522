#include "cli/inspect/weights.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace hasten::cli {
namespace {

bool HasNumbers(const Tensor& t) { return LaneOf(t.dtype) != Lane::kString && LaneOf(t.dtype) != Lane::kComplex; }

// Sums around the first element, which keeps the deviation of large and nearly equal numbers.
void Measure(const Tensor& t, WeightFacts* facts) {
  constexpr int64_t kBlock = 4096;
  std::vector<double> block(static_cast<size_t>(std::min(t.elements(), kBlock)));
  double sum = 0, squares = 0, shift = 0;
  int64_t finite = 0;
  for (int64_t at = 0; at < t.elements(); at += kBlock) {
    const auto part = std::span(block).first(static_cast<size_t>(std::min(kBlock, t.elements() - at)));
    ReadDoubles(t, at, part);
    for (const double x : part) {
      facts->not_a_numbers += std::isnan(x);
      facts->infinities += std::isinf(x);
      facts->zeros += x == 0;
      if (!std::isfinite(x)) continue;
      if (finite++ == 0) facts->least = facts->greatest = shift = x;
      facts->least = std::min(facts->least, x);
      facts->greatest = std::max(facts->greatest, x);
      sum += x - shift;
      squares += (x - shift) * (x - shift);
    }
  }
  if (finite == 0) return;
  const double n = static_cast<double>(finite), offset = sum / n;
  facts->mean = shift + offset;
  facts->deviation = std::sqrt(std::max(0.0, squares / n - offset * offset));
}

void Collect(const Graph& graph, std::set<const Constant*>* seen, std::vector<WeightFacts>* out) {
  for (ValueId v = 0; v < graph.value_slots(); ++v) {
    const GraphValue& value = graph.value(v);
    if (!value.alive || !value.constant || !seen->insert(value.constant.get()).second) continue;
    WeightFacts facts{.name = value.name, .tensor = &value.constant->tensor};
    facts.uses = static_cast<int64_t>(value.uses.size());
    facts.numbers = HasNumbers(*facts.tensor);
    if (facts.numbers) Measure(*facts.tensor, &facts);
    out->push_back(std::move(facts));
  }
  for (const NodeId n : graph.Order())
    for (const GraphPtr& body : graph.node(n).attrs.Graphs()) Collect(*body, seen, out);
}

}  // namespace

std::vector<WeightFacts> GatherWeights(const Graph& graph) {
  std::set<const Constant*> seen;
  std::vector<WeightFacts> out;
  Collect(graph, &seen, &out);
  std::stable_sort(out.begin(), out.end(),
                   [](const WeightFacts& a, const WeightFacts& b) { return a.tensor->bytes() > b.tensor->bytes(); });
  return out;
}

}  // namespace hasten::cli
