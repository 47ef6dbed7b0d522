#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Mul"};
constexpr int64_t kMostDepth = 33025;  // 255 * 255 * this is the greatest sum that 32 bits hold

NodeId Plain(const RewriteContext& c, ValueId v, std::string_view op) {
  const NodeId n = c.Producer(v, op);
  return n != kNone && c.node(n).epilogue.empty() ? n : kNone;
}

// The MatMulInteger behind a Cast to f32, both for v alone; kNone: it is none.
NodeId ProductBehind(const RewriteContext& c, ValueId v) {
  const NodeId cast = Plain(c, v, "Cast");
  if (cast == kNone || !c.OnlyUse(v) || c.type(v).dtype != DType::kF32) return kNone;
  const ValueId sums = c.node(cast).inputs[0];
  return c.OnlyUse(sums) ? Plain(c, sums, "MatMulInteger") : kNone;
}

// A product of integers and the two factors that scale it.
struct ScaledProduct {
  NodeId product = kNone;
  ValueId one = kNone, other = kNone;
};

// p * (s * t), s * (t * p) and so on; other nodes may read s * t.  The first is what the op computes to the last bit: a
// file takes no other, since one bit moves integers by a step in layers behind.
std::optional<ScaledProduct> ScaledProductAt(const RewriteContext& c, NodeId n) {
  for (size_t i : {size_t{0}, size_t{1}}) {
    const ValueId v = c.node(n).inputs[i], w = c.node(n).inputs[1 - i];
    const NodeId inner = Plain(c, w, "Mul");
    if (inner == kNone) continue;
    const ValueId a = c.node(inner).inputs[0], b = c.node(inner).inputs[1];
    if (const NodeId p = ProductBehind(c, v); p != kNone) return ScaledProduct{p, a, b};
    if (!c.OnlyUse(w) || c.options().target == Target::kFile) continue;
    if (const NodeId p = ProductBehind(c, a); p != kNone) return ScaledProduct{p, b, v};
    if (const NodeId p = ProductBehind(c, b); p != kNone) return ScaledProduct{p, a, v};
  }
  return std::nullopt;
}

bool IsOne(const RewriteContext& c, ValueId v) {
  const auto dims = c.dims(v);
  return dims && dims->rank() <= 1 && dims->elements() == 1;
}

// Whether scale v belongs to operand a: one DynamicQuantizeLinear gives both.
bool IsScaleOf(const RewriteContext& c, ValueId v, ValueId a) {
  const NodeId n = c.Producer(v, "DynamicQuantizeLinear");
  return n != kNone && n == c.value(a).producer;
}

// Operands of MatMulIntegerToFloat; none where ONNX Runtime or the kernels here do not take them.
std::optional<std::vector<ValueId>> OperandsOf(const RewriteContext& c, const ScaledProduct& s) {
  const std::vector<ValueId>& in = c.node(s.product).inputs;
  const ValueId a_zero = in.size() > 2 ? in[2] : kNone, b_zero = in.size() > 3 ? in[3] : kNone;
  const Shape &a = c.type(in[0]).shape, &b = c.type(in[1]).shape;
  if (!a.ranked() || !b.ranked() || a.rank() < 2 || b.rank() < 2) return std::nullopt;
  const Dim &depth = b[b.rank() - 2], &columns = b[b.rank() - 1];
  if (depth.is_const() && depth.value() > kMostDepth) return std::nullopt;
  const bool has_columns = b.rank() == 2 && columns.is_const();
  const auto fits = [&](ValueId v) { return IsOne(c, v) || (has_columns && c.dims(v) == Dims{columns.value()}); };
  ValueId a_scale = s.one, b_scale = s.other;
  if (!IsOne(c, a_scale) || IsScaleOf(c, b_scale, in[0])) std::swap(a_scale, b_scale);
  if (c.type(a_scale).dtype != DType::kF32 || c.type(b_scale).dtype != DType::kF32) return std::nullopt;
  if (!IsOne(c, a_scale) || !fits(b_scale)) return std::nullopt;
  if ((a_zero != kNone && !IsOne(c, a_zero)) || (b_zero != kNone && !fits(b_zero))) return std::nullopt;
  std::vector<ValueId> out{in[0], in[1], a_scale, b_scale, a_zero, b_zero};
  while (out.back() == kNone) out.pop_back();
  return out;
}

// ONNX Runtime has a kernel for all but signed numbers times unsigned ones.  Here right operands of unknown lengths
// have none, and the reference of what scales its sums takes longer.
bool IsServed(const RewriteContext& c, ValueId a, ValueId b) {
  if (c.options().target == Target::kFile) return c.type(a).dtype == DType::kU8 || c.type(b).dtype == DType::kI8;
  const Shape& shape = c.type(b).shape;
  return shape[shape.rank() - 2].is_const() && shape[shape.rank() - 1].is_const();
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (!c.options().takes_contrib() || !c.node(n).epilogue.empty()) return false;
  const auto scaled = ScaledProductAt(c, n);
  const auto operands = scaled ? OperandsOf(c, *scaled) : std::nullopt;
  if (!operands || !IsServed(c, (*operands)[0], (*operands)[1])) return false;
  HASTEN_ASSIGN(const ValueId out, c.Add("com.microsoft.MatMulIntegerToFloat", *operands, n));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kFormQuantizedProduct = {
    .name = "form_quantized_product",
    .doc =
        "MatMulInteger, Cast to f32 and Mul by the scales of both operands, one for the left, one or one a column for "
        "the right -> com.microsoft.MatMulIntegerToFloat, in files where ops of com.microsoft may be made.",
    .stage = Stage::kMerge,
    .benefit = 20,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
