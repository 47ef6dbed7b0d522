#include "passes/spelled_rotation.h"

#include <algorithm>
#include <cstring>

#include "passes/attributes.h"
#include "passes/cut.h"

namespace hasten {
namespace {

using Rotation = SpelledRotations::Rotation;

constexpr int kMaxChain = 8;  // nodes between the angles and a table of cosines

bool IsPlain(const RewriteContext& c, NodeId n) { return n != kNone && c.node(n).epilogue.empty(); }

// Concat of two values along the last axis.
bool JoinsLastAxis(const RewriteContext& c, NodeId n) {
  if (!IsPlain(c, n) || c.node(n).inputs.size() != 2) return false;
  const Shape& shape = c.type(c.node(n).outputs[0]).shape;
  const auto axis = AttrOr<int64_t>(c.node(n), "axis", 0);
  return shape.ranked() && (axis == -1 || axis == shape.rank() - 1);
}

// --- halves of x -----------------------------------------------------------------------------------------------

// Whether v is that half of x along the last axis, which has an even length.
bool IsHalf(const RewriteContext& c, ValueId v, ValueId x, int half) {
  const Shape& shape = c.type(x).shape;
  const int last = shape.rank() - 1;
  const int64_t length = shape[last].value();
  if (const NodeId split = c.Producer(v, "Split"); split != kNone) {
    const Shape& own = c.type(v).shape;
    const auto axis = AttrOr<int64_t>(c.node(split), "axis", 0);
    return c.node(split).inputs[0] == x && (axis == -1 || axis == last) && c.node(split).outputs.size() == 2 &&
           own.ranked() && own[last] == Dim(length / 2) && c.value(v).output_index == static_cast<uint32_t>(half);
  }
  const NodeId slice = c.Producer(v, "Slice");
  if (!IsPlain(c, slice) || c.node(slice).inputs[0] != x) return false;
  const auto cut = SliceOf(c, slice);
  if (!cut || cut->axes != std::vector<int64_t>{last} || cut->steps[0] != 1) return false;
  const auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + length : at, 0, length); };
  return place(cut->starts[0]) == half * length / 2 && place(cut->ends[0]) == (half + 1) * length / 2;
}

// Concat(Neg(second half of x), first half of x), of which nobody else reads a part.
bool IsTurned(const RewriteContext& c, ValueId v, ValueId x) {
  const NodeId concat = c.Producer(v, "Concat");
  if (!JoinsLastAxis(c, concat) || !c.OnlyUse(v)) return false;
  const ValueId negated = c.node(concat).inputs[0];
  const NodeId neg = c.Producer(negated, "Neg");
  if (!IsPlain(c, neg) || !c.OnlyUse(negated)) return false;
  const ValueId first = c.node(concat).inputs[1], second = c.node(neg).inputs[0];
  return IsHalf(c, first, x, 0) && IsHalf(c, second, x, 1) && c.OnlyUse(first) && c.OnlyUse(second);
}

bool CanRotate(const RewriteContext& c, ValueId x, ValueId y) {
  const Type& type = c.type(x);
  if (!(type == c.type(y)) || type.dtype != DType::kF32 || !type.shape.ranked() || type.shape.rank() != 4) return false;
  const Dim& head = type.shape[3];
  return head.is_const() && head.value() > 0 && head.value() % 2 == 0;
}

std::optional<Rotation> RotationAt(const RewriteContext& c, NodeId n) {
  const Node& sum = c.node(n);
  if (!sum.op || sum.op->name != "Add" || !sum.epilogue.empty()) return std::nullopt;
  for (const size_t i : {0, 1}) {
    const ValueId products[] = {sum.inputs[i], sum.inputs[1 - i]};
    const NodeId straight = c.Producer(products[0], "Mul"), turned = c.Producer(products[1], "Mul");
    if (!IsPlain(c, straight) || !IsPlain(c, turned) || straight == turned) continue;
    if (!c.OnlyUse(products[0]) || !c.OnlyUse(products[1])) continue;
    for (const size_t k : {0, 1, 2, 3}) {
      const auto& a = c.node(straight).inputs;
      const auto& b = c.node(turned).inputs;
      const Rotation r{n, a[k / 2], a[1 - k / 2], b[1 - k % 2]};
      if (CanRotate(c, r.x, sum.outputs[0]) && IsTurned(c, b[k % 2], r.x)) return r;
    }
  }
  return std::nullopt;
}

// --- equal halves ----------------------------------------------------------------------------------------------

bool HasEqualHalves(const Tensor& t) {
  if (t.dtype == DType::kString || !IsFloat(t.dtype) || t.dims.rank() == 0) return false;
  const int64_t row = t.dims[t.dims.rank() - 1];
  if (row == 0 || row % 2 != 0) return false;
  for (int64_t at = 0; at < t.elements(); at += row)
    for (int64_t i = at; i < at + row / 2; ++i)
      if (t.Double(i) != t.Double(i + row / 2)) return false;  // NaN, too
  return true;
}

// Through which input the last axis' halves come, of ops that compute each from the other's like.
std::optional<size_t> HalvedInput(const RewriteContext& c, const Node& node) {
  const std::string_view op = node.op->name;
  if (op == "Cos" || op == "Sin" || op == "Cast") return 0;
  if (op == "Gather") {
    const Shape& table = c.type(node.inputs[0]).shape;
    return AttrOr<int64_t>(node, "axis", 0) == 0 && table.ranked() && table.rank() > 1 ? std::optional<size_t>(0)
                                                                                       : std::nullopt;
  }
  for (size_t i = 0; op == "Mul" && i < 2; ++i) {
    const Tensor* factor = c.Known(node.inputs[1 - i]);
    if (factor && factor->elements() == 1 && c.type(node.inputs[i]).shape == c.type(node.outputs[0]).shape) return i;
  }
  return std::nullopt;
}

// The nodes from v back to where its halves come from; nullopt if they are not known to be equal.
std::optional<std::vector<NodeId>> ChainOf(const RewriteContext& c, ValueId v) {
  std::vector<NodeId> chain;
  for (int i = 0; i < kMaxChain; ++i) {
    if (const Tensor* known = c.Known(v)) return HasEqualHalves(*known) ? std::optional(chain) : std::nullopt;
    const NodeId n = v == kNone ? kNone : c.value(v).producer;
    if (!IsPlain(c, n) || !c.node(n).op) return std::nullopt;
    chain.push_back(n);
    const Node& node = c.node(n);
    if (node.op->name == "Concat")
      return JoinsLastAxis(c, n) && node.inputs[0] == node.inputs[1] ? std::optional(chain) : std::nullopt;
    const auto input = HalvedInput(c, node);
    if (!input) return std::nullopt;
    v = node.inputs[*input];
  }
  return std::nullopt;
}

// --- tables ----------------------------------------------------------------------------------------------------

struct Table {
  ValueId v;
  Dim batch;
  std::vector<NodeId> chain;  // nodes that serve it
};

// What is multiplied with x, without the axes that only broadcast.
std::optional<Table> TableOf(const RewriteContext& c, ValueId v, const Shape& x) {
  const Shape& shape = c.type(v).shape;
  if (!shape.ranked() || shape.rank() < 2 || shape.rank() > 4) return std::nullopt;
  const auto from_end = [](const Shape& s, int i) { return i < s.rank() ? s[s.rank() - 1 - i] : Dim(1); };
  const Dim batch = from_end(shape, 3), tokens = from_end(shape, 1);
  if (!(from_end(shape, 0) == x[3]) || !(tokens == x[2]) || !(from_end(shape, 2) == Dim(1))) return std::nullopt;
  if (!(batch == Dim(1)) && !(batch == x[0])) return std::nullopt;
  Table table{v, batch, {}};
  if (const NodeId n = c.Producer(v, "Unsqueeze"); IsPlain(c, n)) {
    const ValueId inner = c.node(n).inputs[0];
    const Shape& own = c.type(inner).shape;
    const bool fits = own.ranked() && (own.rank() == 2 || (own.rank() == 3 && own[0] == batch)) &&
                      from_end(own, 1) == tokens && from_end(own, 0) == x[3];
    if (fits) {
      table.v = inner;
      table.chain.push_back(n);
    }
  }
  const auto chain = ChainOf(c, table.v);
  if (!chain) return std::nullopt;
  table.chain.insert(table.chain.end(), chain->begin(), chain->end());
  return table;
}

// Nobody but these nodes reads what they give; so nothing of them stays.
bool Serve(const RewriteContext& c, const std::vector<NodeId>& chain, const std::vector<NodeId>& readers) {
  const auto is_one = [&](const Use& use) {
    return std::find(chain.begin(), chain.end(), use.node) != chain.end() ||
           std::find(readers.begin(), readers.end(), use.node) != readers.end();
  };
  return std::all_of(chain.begin(), chain.end(), [&](NodeId n) {
    const ValueId v = c.node(n).outputs[0];
    return !c.graph().IsOutput(v) && std::all_of(c.value(v).uses.begin(), c.value(v).uses.end(), is_one);
  });
}

// The rotations that read cosine and sine; empty if something else does, or if they do not fit together.
std::vector<Rotation> AllRotations(const RewriteContext& c, const Rotation& first, std::vector<NodeId>* readers) {
  std::vector<Rotation> out;
  const Shape& shape = c.type(first.x).shape;
  for (const ValueId table : {first.cosine, first.sine})
    for (const Use use : c.value(table).uses) {
      const Node& product = c.node(use.node);
      const ValueId v = product.outputs.empty() ? kNone : product.outputs[0];
      if (v == kNone || c.value(v).uses.size() != 1) return {};
      const auto r = RotationAt(c, c.value(v).uses[0].node);
      if (!r || r->cosine != first.cosine || r->sine != first.sine) return {};
      const Shape& x = c.type(r->x).shape;
      if (!(x[0] == shape[0]) || !(x[2] == shape[2]) || !(x[3] == shape[3])) return {};
      readers->push_back(use.node);
      if (table == first.cosine) out.push_back(*r);
    }
  std::sort(out.begin(), out.end(), [&](const Rotation& a, const Rotation& b) { return c.Before(a.sum, b.sum); });
  const auto is_same = [](const Rotation& a, const Rotation& b) { return a.sum == b.sum; };
  out.erase(std::unique(out.begin(), out.end(), is_same), out.end());
  return out;
}

}  // namespace

std::optional<SpelledRotations> SpelledRotationsAt(const RewriteContext& c, NodeId n) {
  const auto first = RotationAt(c, n);
  if (!first) return std::nullopt;
  const Shape& x = c.type(first->x).shape;
  const auto cosine = TableOf(c, first->cosine, x), sine = TableOf(c, first->sine, x);
  if (!cosine || !sine || !(c.type(cosine->v) == c.type(sine->v))) return std::nullopt;
  std::vector<NodeId> chain = cosine->chain, readers;
  chain.insert(chain.end(), sine->chain.begin(), sine->chain.end());
  std::vector<Rotation> all = AllRotations(c, *first, &readers);
  if (all.empty() || !Serve(c, chain, readers)) return std::nullopt;
  return SpelledRotations{std::move(all), cosine->v, sine->v, cosine->batch};
}

Result<ValueId> FirstHalf(RewriteContext& c, ValueId v, NodeId before) {
  if (const Tensor* known = c.Known(v)) {
    Dims dims = known->dims;
    const int64_t row = dims[dims.rank() - 1], half = row / 2;
    dims[dims.rank() - 1] = half;
    HASTEN_ASSIGN(Tensor t, NewTensor(known->dtype, dims));
    for (int64_t i = 0; i < t.elements(); ++i) t.SetDouble(i, known->Double(i / half * row + i % half));
    return c.AddConstant(c.value(v).name + ".half", std::move(t));
  }
  const NodeId n = c.value(v).producer;
  if (c.node(n).op->name == "Concat") return c.node(n).inputs[0];
  const size_t input = HalvedInput(c, c.node(n)).value_or(0);
  HASTEN_ASSIGN(const ValueId half, FirstHalf(c, c.node(n).inputs[input], before));
  Node made = c.Like(n);
  made.inputs[input] = half;
  return c.AddNode(std::move(made), before);
}

Result<ValueId> WithoutAxes(RewriteContext& c, ValueId v, const std::vector<int64_t>& axes, NodeId before) {
  if (axes.empty()) return v;
  const ValueId named = c.AddConstant(c.value(v).name + ".axes", VectorI64(axes));
  return c.Add("Squeeze", {v, named}, before);
}

}  // namespace hasten
