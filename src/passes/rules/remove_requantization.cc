#include <cmath>

#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"QuantizeLinear"};

// What rounding to a float type can change: normal numbers by a part of them.  0: not one of those that scales have.
struct Rounding {
  double part = 0, least_normal = 0;
};

Rounding RoundingOf(DType t) {
  switch (t) {
    case DType::kF32: return {0x1p-24, 0x1p-126};
    case DType::kF16: return {0x1p-11, 0x1p-14};
    case DType::kBF16: return {0x1p-8, 0x1p-126};
    default: return {};
  }
}

double At(const Tensor* t, int64_t i) { return !t ? 0 : t->Double(t->elements() == 1 ? 0 : i); }

// Whether (q - zero) * scale / scale, rounded twice, is nearest to q - zero for all q of the dtype.
bool Survives(DType dtype, double zero, double scale, DType real) {
  const Rounding r = RoundingOf(real);
  const double most = std::max(static_cast<double>(IntMax(dtype)) - zero, zero - static_cast<double>(IntMin(dtype)));
  return scale >= r.least_normal && scale * most <= FloatMax(real) && most * r.part * (2 + r.part) < 0.5;
}

// Operand i of both nodes, absent or known.
struct Operand {
  bool same = false;
  const Tensor* known = nullptr;
};

Operand OperandOf(const RewriteContext& c, NodeId quantize, NodeId dequantize, size_t i) {
  const auto input = [&](NodeId n) { return i < c.node(n).inputs.size() ? c.node(n).inputs[i] : kNone; };
  const ValueId v = input(quantize), w = input(dequantize);
  const Tensor *t = c.Known(v), *u = c.Known(w);
  if ((v != kNone && !t) || (w != kNone && !u)) return {};
  if (t && u && t->dtype != u->dtype) return {};
  const int64_t count = std::max(t ? t->elements() : 1, u ? u->elements() : 1);
  for (const Tensor* x : {t, u})
    if (x && x->elements() != count) return {};
  if (t && u && count > 1 && !(t->dims == u->dims)) return {};
  for (int64_t k = 0; k < count; ++k)
    if (At(t, k) != At(u, k)) return {};
  return {true, t ? t : u};
}

// Whether scales that are several lie the same way over the integers.
bool SameGrid(const RewriteContext& c, NodeId quantize, NodeId dequantize) {
  const auto block = [&](NodeId n) { return AttrOr<int64_t>(c.node(n), "block_size", 0); };
  const Shape& shape = c.type(c.node(dequantize).inputs[0]).shape;
  const auto axis = [&](NodeId n) {
    const auto at = AttrOr<int64_t>(c.node(n), "axis", 1);
    return at < 0 && shape.ranked() ? at + shape.rank() : at;
  };
  return block(quantize) == block(dequantize) && axis(quantize) == axis(dequantize);
}

bool Undoes(const RewriteContext& c, NodeId quantize, NodeId dequantize) {
  const DType dtype = c.type(c.node(dequantize).inputs[0]).dtype, real = c.type(c.node(quantize).inputs[0]).dtype;
  const auto precision = AttrOr<int64_t>(c.node(quantize), "precision", 0);
  if (!IsInteger(dtype) || c.type(c.node(quantize).outputs[0]).dtype != dtype) return false;
  if (precision != 0 && precision != static_cast<int64_t>(real)) return false;
  const Operand scale = OperandOf(c, quantize, dequantize, 1), zero = OperandOf(c, quantize, dequantize, 2);
  if (!scale.same || !scale.known || scale.known->dtype != real || !zero.same) return false;
  const int64_t count = scale.known->elements();
  if (count > 1 && !SameGrid(c, quantize, dequantize)) return false;
  if (zero.known && zero.known->elements() != count) return false;
  for (int64_t i = 0; i < count; ++i)
    if (!Survives(dtype, At(zero.known, i), At(scale.known, i), real)) return false;
  return true;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId dequantize = c.Producer(c.node(n).inputs[0], "DequantizeLinear");
  if (dequantize == kNone || !c.node(n).epilogue.empty() || !c.node(dequantize).epilogue.empty()) return false;
  const ValueId y = c.node(n).outputs[0], q = c.node(dequantize).inputs[0];
  if (!c.CanReplace(y, q) || !Undoes(c, n, dequantize)) return false;
  c.Replace(y, q);
  return true;
}

}  // namespace

extern const Rule kRemoveRequantization = {
    .name = "remove_requantization",
    .doc =
        "QuantizeLinear of a DequantizeLinear by the same known scales and zero points -> the integers, where no "
        "rounding in between can move them.",
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
