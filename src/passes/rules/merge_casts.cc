#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Cast"};

// Bits of the largest integer up to which a float type has all; 0: another type.
int Digits(DType t) {
  switch (t) {
    case DType::kBF16: return 8;
    case DType::kF16: return 11;
    case DType::kF32: return 24;
    case DType::kF64: return 53;
    default: return 0;
  }
}

// Whether `to` has every value of `from`.
bool Holds(DType to, DType from) {
  if (to == from) return true;
  const bool is_integer = IsInteger(from) || from == DType::kBool;
  const int bits = from == DType::kBool ? 1 : static_cast<int>(Bits(from)) - (IsSigned(from) ? 1 : 0);
  if (Digits(to) > 0 && is_integer) return bits <= Digits(to);
  if (Digits(to) > 0) return Digits(from) > 0 && (to == DType::kF64 || (to == DType::kF32 && from != DType::kF64));
  if (!IsInteger(to) || !is_integer || (IsSigned(from) && !IsSigned(to))) return false;
  return bits <= static_cast<int>(Bits(to)) - (IsSigned(to) ? 1 : 0);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId inner = c.Producer(c.node(n).inputs[0], "Cast");
  if (inner == kNone || !c.node(inner).epilogue.empty()) return false;
  const ValueId x = c.node(inner).inputs[0];
  if (c.type(c.node(n).outputs[0]).dtype == DType::kString) return false;  // which tells how many digits there were
  if (c.type(x).dtype == DType::kNone || !Holds(c.type(c.node(n).inputs[0]).dtype, c.type(x).dtype)) return false;
  c.SetInput(n, 0, x);
  return true;
}

}  // namespace

extern const Rule kMergeCasts = {
    .name = "merge_casts",
    .doc = "Cast of a Cast to a type that has all values of the one before -> one Cast.",
    .benefit = 40,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
