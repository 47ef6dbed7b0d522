#include <algorithm>

#include "ops/concat.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Transpose"};
using Perm = std::vector<int64_t>;

// What v is the Transpose by `perm` of; kNone if it is none.
ValueId TransposedBy(const RewriteContext& c, ValueId v, const Perm& perm) {
  const NodeId transpose = c.Producer(v, "Transpose");
  return transpose != kNone && PermOf(c.node(transpose)) == perm ? c.node(transpose).inputs[0] : kNone;
}

// A view whose transposition is one, too: only axes of length 1 change places with others.
bool StaysView(const RewriteContext& c, ValueId v, const Perm& perm) {
  const Shape& shape = c.type(v).shape;
  if (c.Producer(v, "Reshape") == kNone || !c.OnlyUse(v) || !shape.ranked()) return false;
  int64_t last = -1;
  int open = 0;
  for (const int64_t axis : perm) {
    const Dim& d = shape[static_cast<int>(axis)];
    if (d.is(1)) continue;
    if (axis < last || d.is(0)) return false;
    open += !d.is_const();
    last = axis;
  }
  return open < 2;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId joined = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const NodeId concat = c.Producer(joined, "Concat");
  const Perm perm = PermOf(c.node(n));
  if (concat == kNone || c.graph().IsOutput(joined) || !c.type(joined).shape.ranked()) return false;
  if (static_cast<size_t>(c.type(joined).shape.rank()) != perm.size()) return false;
  const std::vector<ValueId> parts = c.node(concat).inputs;
  bool vanishes = false;  // a Transpose does
  for (const ValueId v : parts) {
    const bool is_transposed = TransposedBy(c, v, InverseOf(perm)) != kNone;
    if (!is_transposed && !StaysView(c, v, perm)) return false;
    vanishes |= is_transposed && c.OnlyUse(v);
  }
  if (!vanishes) return false;
  std::vector<ValueId> plain;
  for (const ValueId v : parts) {
    plain.push_back(TransposedBy(c, v, InverseOf(perm)));
    if (plain.back() != kNone) continue;
    HASTEN_ASSIGN(plain.back(), c.Add("Transpose", {v}, concat, {{"perm", perm}}));
  }
  int64_t axis = *c.node(concat).attrs.as<ConcatAttrs>().axis;
  if (axis < 0) axis += static_cast<int64_t>(perm.size());
  const int64_t to = InverseOf(perm)[static_cast<size_t>(axis)];
  HASTEN_ASSIGN(const ValueId out, c.Add("Concat", std::move(plain), concat, {{"axis", to}}));
  c.Replace(y, out);
  if (!c.node(concat).alive) return true;
  HASTEN_ASSIGN(const ValueId back, c.Add("Transpose", {out}, concat, {{"perm", InverseOf(perm)}}));
  c.Replace(joined, back);
  return true;
}

}  // namespace

extern const Rule kTransposesBehindConcat = {
    .name = "transposes_behind_concat",
    .doc =
        "Transpose of a Concat of what the inverse Transpose gives, or of views of which that makes views -> Concat of "
        "what was transposed; others that read the Concat read a Transpose of that one.",
    .stage = Stage::kMerge,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
