#include "ops/attention.h"
#include "passes/spelled_attention.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Attention"};
const std::vector<int64_t> kHeadsFirst{0, 2, 1, 3};

// [B, S, N, H] of heads [B, N, S, H] that nobody else reads; kNone if there is no such value or N or H is not known.
ValueId Untransposed(const RewriteContext& c, ValueId v) {
  const NodeId n = OnlyProducer(c, v, "Transpose");
  if (n == kNone || !HasPerm(c, n, kHeadsFirst)) return kNone;
  const ValueId x = c.node(n).inputs[0];
  const Shape& shape = c.type(x).shape;
  return shape.ranked() && shape.rank() == 4 && shape[2].is_const() && shape[3].is_const() ? x : kNone;
}

// The same as [B, S, N * H].
Result<ValueId> Rows(RewriteContext& c, ValueId x, NodeId before) {
  const Shape& shape = c.type(x).shape;
  const Shape rows{shape[0], shape[1], shape[2] * shape[3]};
  const NodeId reshape = c.Producer(x, "Reshape");
  if (reshape != kNone && c.type(c.node(reshape).inputs[0]).shape == rows) return c.node(reshape).inputs[0];
  const std::vector<int64_t> dims{0, 0, rows[2].value()};
  return c.Add("Reshape", {x, c.AddConstant("rows", VectorI64(dims))}, before);
}

// The Transpose that alone reads y; kNone if there is none.
NodeId Reader(const RewriteContext& c, ValueId y) {
  const NodeId n = c.OnlyUse(y) ? c.value(y).uses[0].node : kNone;
  if (n == kNone || !c.node(n).op || c.node(n).op->name != "Transpose" || !c.node(n).epilogue.empty()) return kNone;
  return HasPerm(c, n, kHeadsFirst) ? n : kNone;
}

// `rows` [B, S, N * H] in place of z [B, S, N, H], or of a Reshape to just that.
Status ReplaceBy(RewriteContext& c, ValueId z, ValueId rows, NodeId before) {
  const NodeId reshape = c.OnlyUse(z) ? c.value(z).uses[0].node : kNone;
  if (reshape != kNone && c.node(reshape).op && c.node(reshape).op->name == "Reshape" &&
      c.type(c.node(reshape).outputs[0]) == c.type(rows)) {
    c.Replace(c.node(reshape).outputs[0], rows);
    return {};
  }
  const Shape& shape = c.type(z).shape;
  const std::vector<int64_t> dims{0, 0, shape[2].value(), shape[3].value()};
  HASTEN_ASSIGN(const ValueId heads, c.Add("Reshape", {rows, c.AddConstant("heads", VectorI64(dims))}, before));
  c.Replace(z, heads);
  return {};
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (node.outputs.size() > 1 || !node.epilogue.empty()) return false;
  for (size_t i = 4; i < node.inputs.size(); ++i)
    if (node.inputs[i] != kNone) return false;
  std::array<ValueId, 3> x;
  for (size_t i = 0; i < 3; ++i)
    if (x[i] = Untransposed(c, node.inputs[i]); x[i] == kNone) return false;
  const NodeId transpose = Reader(c, node.outputs[0]);
  if (transpose == kNone) return false;
  Node made = c.Like(n);
  auto& attrs = made.attrs.as<AttentionAttrs>();
  attrs.q_num_heads = c.type(x[0]).shape[2].value();
  attrs.kv_num_heads = c.type(x[1]).shape[2].value();
  for (size_t i = 0; i < 3; ++i) {
    HASTEN_ASSIGN(made.inputs[i], Rows(c, x[i], n));
  }
  const ValueId z = c.node(transpose).outputs[0];
  HASTEN_ASSIGN(const ValueId rows, c.AddNode(std::move(made), transpose));
  HASTEN_TRY(ReplaceBy(c, z, rows, transpose));
  return true;
}

}  // namespace

extern const Rule kHeadsIntoAttention = {
    .name = "heads_into_attention",
    .doc =
        "Attention of queries, keys and values that Transposes cut into heads, and whose result a Transpose puts "
        "together -> Attention of [batch, length, heads * size].",
    .stage = Stage::kAttention,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
