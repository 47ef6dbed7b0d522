// Parts of a value that a node cuts out at places known before any run.
#pragma once
#include "passes/rule.h"

namespace hasten {

// Axes not negative; one start, end, axis and step for each axis that is cut.
struct Cut {
  std::vector<int64_t> starts, ends, axes, steps;
};
// What the Slice n keeps, if that is known.
std::optional<Cut> SliceOf(const RewriteContext& c, NodeId n);

// The axes that a Squeeze or Unsqueeze names, not negative, if they are known.
std::optional<std::vector<int64_t>> NamedAxes(const RewriteContext& c, NodeId n);

// Splits `whole` along `axis`; its pieces of these sizes replace `parts`.
Status ReplaceBySplit(RewriteContext& c, ValueId whole, int axis, std::span<const int64_t> sizes,
                      std::span<const ValueId> parts, NodeId before);

}  // namespace hasten
