#include <algorithm>

#include "ops/gather.h"
#include "passes/attributes.h"
#include "passes/cut.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"com.microsoft.SkipLayerNormalization"};

struct Lookup {
  ValueId table = kNone, ids = kNone;
  bool counts = false;  // the ids of each row are 0, 1, 2, ...
};

bool CountsUp(const Tensor& t) {
  const int64_t length = t.dims.empty() ? 0 : t.dims[t.dims.rank() - 1];
  if (length == 0 || t.elements() != length) return false;
  for (int64_t i = 0; i < length; ++i)
    if (t.Int(i) != i) return false;
  return true;
}

// What has the length `to` after a broadcast that it may have any part in: not a one that is repeated.
bool KeepsLength(const Dim& from, const Dim& to) {
  return from == to || (Min(from, to) == from && Min(from, Dim(1)) == Min(to, Dim(1)));
}

// Rows 0, 1, 2, ...: the front of such a constant, repeated for each batch.
bool IsCount(const RewriteContext& c, ValueId ids) {
  ValueId v = ids;
  if (const NodeId expand = c.Producer(v, "Expand"); expand != kNone) v = c.node(expand).inputs[0];
  const Shape &to = c.type(ids).shape, &from = c.type(v).shape;
  if (!from.ranked() || from.rank() < 1 || !to.ranked() || to.rank() != 2 || !KeepsLength(from[from.rank() - 1], to[1]))
    return false;
  if (const NodeId slice = c.Producer(v, "Slice"); slice != kNone) {
    v = c.node(slice).inputs[0];
    const auto starts = c.KnownInts(c.node(slice).inputs[1]);
    const auto steps = c.node(slice).inputs.size() > 4 ? c.KnownInts(c.node(slice).inputs[4])
                                                       : std::vector<int64_t>(starts ? starts->size() : 0, 1);
    const auto are = [](const std::vector<int64_t>& all, int64_t want) {
      return std::all_of(all.begin(), all.end(), [&](int64_t i) { return i == want; });
    };
    if (!starts || !steps || !are(*starts, 0) || !are(*steps, 1)) return false;
  }
  const Tensor* known = c.Known(v);
  return known && IsInteger(known->dtype) && CountsUp(*known);
}

// Rows of a constant table, by ids of two axes.
std::optional<Lookup> LookupOf(const RewriteContext& c, ValueId v) {
  const NodeId n = c.Producer(v, "Gather");
  if (n == kNone || !c.OnlyUse(v) || !c.node(n).epilogue.empty()) return std::nullopt;
  Lookup out{c.node(n).inputs[0], c.node(n).inputs[1]};
  const Tensor* table = c.Known(out.table);
  const Type& ids = c.type(out.ids);
  const int64_t axis = c.node(n).attrs.as<GatherAttrs>().axis;
  if (!table || table->dtype != DType::kF32 || table->dims.rank() != 2 || !ids.shape.ranked() ||
      ids.shape.rank() != 2 || (axis != 0 && axis != -2))
    return std::nullopt;
  out.counts = IsCount(c, out.ids);
  return out;
}

// The summands of v; those of Adds that nothing else reads.
std::optional<std::vector<Lookup>> Lookups(const RewriteContext& c, std::vector<ValueId> left) {
  std::vector<Lookup> out;
  while (!left.empty()) {
    const ValueId v = left.back();
    left.pop_back();
    const NodeId add = c.OnlyUse(v) ? c.Producer(v, "Add") : kNone;
    if (add != kNone && c.node(add).epilogue.empty()) {
      left.insert(left.end(), {c.node(add).inputs[1], c.node(add).inputs[0]});
      continue;
    }
    const auto found = LookupOf(c, v);
    if (!found || out.size() == 3) return std::nullopt;
    out.push_back(*found);
  }
  return out;
}

Result<ValueId> AsInt32(RewriteContext& c, ValueId v, NodeId before) {
  if (v == kNone || c.type(v).dtype == DType::kI32) return v;
  return c.Add("Cast", {v}, before, {{"to", static_cast<int64_t>(DType::kI32)}});
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const bool has_bias = node.inputs.size() > 4 && node.inputs[4] != kNone;
  if (node.outputs.size() > 1 || has_bias) return false;
  const ValueId gamma = node.inputs[2], y = node.outputs[0];
  ValueId beta = node.inputs.size() > 3 ? node.inputs[3] : kNone;
  auto lookups = Lookups(c, {node.inputs[1], node.inputs[0]});
  if (!lookups || lookups->size() < 2) return false;
  const auto counted = std::find_if(lookups->begin(), lookups->end(), [](const Lookup& l) { return l.counts; });
  if (counted == lookups->end()) return false;
  const ValueId positions = counted->table;
  const Shape position_ids = c.type(counted->ids).shape;
  lookups->erase(counted);
  const Lookup words = lookups->front(), segments = lookups->size() > 1 ? lookups->back() : Lookup{};
  const Shape &ids = c.type(words.ids).shape, &rows = c.type(y).shape;
  const bool fits = rows.ranked() && rows.rank() == 3 && ids[0] == rows[0] && ids[1] == rows[1] &&
                    position_ids[1] == ids[1] && (position_ids[0] == ids[0] || position_ids[0].is(1)) &&
                    (segments.ids == kNone || c.type(segments.ids).shape == ids);
  const auto hidden = c.dims(gamma);
  if (!fits || !hidden || c.type(gamma).dtype != DType::kF32) return false;
  const float epsilon = AttrOr<float>(node, "epsilon", 1e-12f);
  HASTEN_ASSIGN(const ValueId word_ids, AsInt32(c, words.ids, n));
  HASTEN_ASSIGN(const ValueId segment_ids, AsInt32(c, segments.ids, n));
  if (beta == kNone) {
    HASTEN_ASSIGN(Tensor zeros, Generate({}, DType::kF32, *hidden));
    beta = c.AddConstant("beta", std::move(zeros));
  }
  Node made;
  made.op = c.options().catalog->Find("com.microsoft.EmbedLayerNormalization");
  made.attrs = Attrs(made.op->attrs);
  HASTEN_TRY(made.attrs.Set("epsilon", epsilon));
  made.inputs = {word_ids, segment_ids, words.table, positions, segments.table, gamma, beta};
  // Its kernel counts the mask whether or not it is read.
  HASTEN_ASSIGN(const auto outputs, c.AddNode(std::move(made), n, {true, true}));
  c.Replace(y, outputs[0]);
  return true;
}

}  // namespace

extern const Rule kFormEmbedLayerNormalization = {
    .name = "form_embed_layer_normalization",
    .doc =
        "SkipLayerNormalization of rows of constant tables, by ids and by positions that count up -> "
        "com.microsoft.EmbedLayerNormalization, for which ids must not be negative.",
    .stage = Stage::kContrib,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
