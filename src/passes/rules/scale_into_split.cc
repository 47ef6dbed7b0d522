#include <algorithm>
#include <cmath>

#include "ops/split.h"
#include "passes/affine.h"
#include "passes/matrix_form.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Split"};
constexpr std::string_view kViews[] = {"Reshape", "Transpose", "Squeeze", "Unsqueeze"};
constexpr float kLargest = 1024;  // so that weights neither overflow nor become denormal

// The only node that reads v, if it has no epilogue.
NodeId OnlyReader(const RewriteContext& c, ValueId v) {
  if (v == kNone || !c.OnlyUse(v)) return kNone;
  const NodeId n = c.value(v).uses[0].node;
  return c.node(n).op && c.node(n).epilogue.empty() ? n : kNone;
}

struct Scale {
  ValueId product, scaled;
  float factor;
};

// What is multiplied by a constant, where that is a product with v, or views of v, that serves nothing else.
std::optional<Scale> ScaleBehind(const RewriteContext& c, ValueId v) {
  NodeId n = OnlyReader(c, v);
  while (n != kNone && std::find(std::begin(kViews), std::end(kViews), c.node(n).op->name) != std::end(kViews) &&
         c.value(v).uses[0].index == 0) {
    v = c.node(n).outputs[0];
    n = OnlyReader(c, v);
  }
  if (n == kNone || c.node(n).op->name != "MatMul") return std::nullopt;
  const ValueId product = c.node(n).outputs[0];
  const NodeId scale = OnlyReader(c, product);
  const auto by = scale == kNone ? std::nullopt : ScaledBy(c, scale);
  if (!by || by->x != product || std::abs(by->factor) > kLargest || std::abs(by->factor) < 1 / kLargest)
    return std::nullopt;
  const ValueId scaled = c.node(scale).outputs[0];
  return c.CanReplace(scaled, product) ? std::optional(Scale{product, scaled, by->factor}) : std::nullopt;
}

// An input of a node that has an element for each column.
struct Columns {
  NodeId node;
  size_t index;
};

bool IsPerColumn(const RewriteContext& c, ValueId v, int rank, int64_t columns) {
  const Tensor* t = c.Known(v);
  return t && t->dtype == DType::kF32 && c.OnlyUse(v) && t->dims.rank() <= rank && !t->dims.empty() &&
         t->dims.back() == columns && (rank == 2 || t->elements() == columns);
}

// The weight of the MatMul that gives v, and the bias that is added to it; empty where v is something else.
std::vector<Columns> LayerOf(const RewriteContext& c, ValueId v, int64_t columns) {
  std::vector<Columns> out;
  const auto plain = [&](NodeId n) { return n != kNone && c.node(n).epilogue.empty(); };
  if (const NodeId add = c.Producer(v, "Add"); add != kNone) {
    const size_t bias = c.Known(c.node(add).inputs[0]) ? 0 : 1;
    if (!plain(add) || !IsPerColumn(c, c.node(add).inputs[bias], 1, columns)) return {};
    out.push_back({add, bias});
    v = c.node(add).inputs[1 - bias];
    if (!c.OnlyUse(v)) return {};
  }
  const NodeId product = c.Producer(v, "MatMul");
  if (!plain(product) || !IsPerColumn(c, c.node(product).inputs[1], 2, columns)) return {};
  out.push_back({product, 1});
  return out;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId whole = c.node(n).inputs[0];
  const Shape shape = c.type(whole).shape;
  if (!shape.ranked() || shape.rank() < 2 || !shape[shape.rank() - 1].is_const() || !c.OnlyUse(whole)) return false;
  const int64_t axis = c.node(n).attrs.as<SplitAttrs>().axis;
  if ((axis < 0 ? axis + shape.rank() : axis) != shape.rank() - 1) return false;
  const int64_t columns = shape[shape.rank() - 1].value();
  const std::vector<Columns> layer = LayerOf(c, whole, columns);
  if (layer.empty()) return false;
  int64_t first = 0;
  for (const ValueId v : c.node(n).outputs) {
    const Shape& part = c.type(v).shape;
    if (v == kNone || !part.ranked() || !part[part.rank() - 1].is_const()) return false;
    const int64_t size = part[part.rank() - 1].value();
    const auto scale = ScaleBehind(c, v);
    if (!scale) {
      first += size;
      continue;
    }
    std::vector<double> factors(static_cast<size_t>(columns), 1);
    std::fill_n(factors.begin() + first, size, static_cast<double>(scale->factor));
    for (const Columns& at : layer) {
      const ValueId old = c.node(at.node).inputs[at.index];
      const Tensor& t = *c.Known(old);
      HASTEN_ASSIGN(Tensor scaled, ScaleAlong(t, t.dims.rank() - 1, factors));
      c.SetInput(at.node, at.index, c.AddConstant(c.value(old).name + ".scaled", std::move(scaled)));
    }
    c.Replace(scale->scaled, scale->product);
    return true;
  }
  return false;
}

}  // namespace

extern const Rule kScaleIntoSplit = {
    .name = "scale_into_split",
    .doc =
        "A layer of known weights, Split of its columns, and a product with views of one part that is multiplied or "
        "divided by a constant -> columns of that part are, in the weights.",
    .stage = Stage::kSiblings,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
