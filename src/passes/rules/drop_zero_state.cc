#include <cmath>

#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"GRU", "LSTM", "RNN"};
constexpr size_t kInitialH = 5, kInitialC = 6;

bool AllPositiveZero(const Tensor& t) {
  for (int64_t i = 0; i < t.elements(); ++i)
    if (t.Double(i) != 0 || std::signbit(t.Double(i))) return false;
  return true;
}

bool IsZero(const RewriteContext& c, ValueId v) {
  if (const Tensor* t = c.Known(v)) return IsFloat(t->dtype) && AllPositiveZero(*t);
  const NodeId n = c.Producer(v, "ConstantOfShape");
  if (n == kNone) return false;
  const Tensor value = AttrOr<Tensor>(c.node(n), "value", Tensor());
  return !value.data || (IsFloat(value.dtype) && AllPositiveZero(value));
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  bool fired = false;
  for (const size_t i : {kInitialH, kInitialC}) {
    if (i >= c.node(n).formal_inputs() || c.node(n).inputs[i] == kNone || !IsZero(c, c.node(n).inputs[i])) continue;
    c.SetInput(n, i, kNone);
    fired = true;
  }
  return fired;
}

}  // namespace

extern const Rule kDropZeroState = {
    .name = "drop_zero_state",
    .doc = "GRU, LSTM or RNN whose initial state is zeros -> the same without one, which means zeros.",
    .benefit = 20,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
