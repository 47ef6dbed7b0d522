// Ensembles of trees: the trees one after another over blocks of rows, or parts of the trees over a few rows.
#include <cstring>

#include "kernels/cpu/flat_trees.h"
#include "kernels/tactic.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;
using ops::ml::Aggregate;
using ops::ml::Ballot;
using ops::ml::Ensemble;
using ops::ml::PostTransform;

constexpr std::string_view kClassifier = "ai.onnx.ml.TreeEnsembleClassifier",
                           kRegressor = "ai.onnx.ml.TreeEnsembleRegressor", kEnsemble = "ai.onnx.ml.TreeEnsemble";

bool Supports(const PlanCall& call) {
  const DType x = call.in[0].dtype;
  return call.in[0].is_tensor() && (IsFloat(x) || IsInteger(x));
}

// At the head of what Prepare stores; arrays follow.
struct Params : FlatShape {
  const OpDef* op = nullptr;
  bool reference = true;  // computes what cannot be flattened, and says what is wrong with it
  bool classifies = false;
  Aggregate how = Aggregate::kSum;
  PostTransform transform = PostTransform::kNone;
  Ballot ballot;  // without base
  int64_t targets = 1, trees = 0;
  size_t nodes = 0, leaves = 0, roots = 0, votes = 0, members = 0, sets = 0, base = 0;  // where arrays begin
  size_t base_count = 0;

  template <class T>
  const T* At(size_t offset) const {
    return reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(this) + offset);
  }
  std::span<const double> base_values() const { return {At<double>(base), base_count}; }
};

template <class T>
size_t Append(const std::vector<T>& list, std::vector<std::byte>* to) {
  const size_t at = (to->size() + 15) / 16 * 16;
  to->resize(at + list.size() * sizeof(T));
  if (!list.empty()) std::memcpy(to->data() + at, list.data(), list.size() * sizeof(T));
  return at;
}

void Store(const Ensemble& e, const FlatTrees& flat, Params* p, std::vector<std::byte>* params) {
  static_cast<FlatShape&>(*p) = flat;
  p->reference = false;
  p->how = e.how;
  p->transform = e.transform;
  if (p->classifies) p->ballot = ops::ml::BallotOf(e);
  p->ballot.base = {};
  p->targets = e.targets;
  p->trees = static_cast<int64_t>(flat.roots.size());
  p->nodes = flat.wide ? Append(flat.wide_nodes, params) : Append(flat.narrow_nodes, params);
  p->leaves = Append(flat.leaves, params);
  p->roots = Append(flat.roots, params);
  p->votes = Append(flat.votes, params);
  p->members = Append(flat.members, params);
  p->sets = Append(flat.sets, params);
  p->base = Append(e.base, params);
  p->base_count = e.base.size();
}

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  Params p;
  p.op = call.node->op;
  p.classifies = p.op->name == kClassifier;
  params->resize(sizeof p);
  const auto read = p.classifies               ? ops::ml::ReadTreeEnsembleClassifier(call.node->attrs)
                    : p.op->name == kRegressor ? ops::ml::ReadTreeEnsembleRegressor(call.node->attrs)
                                               : ops::ml::ReadTreeEnsemble(call.node->attrs);
  if (read.ok()) {
    const Ensemble& e = *read;
    const bool adds = e.how == Aggregate::kSum || e.how == Aggregate::kAverage;
    const bool single = adds && (e.targets == 1 || (p.classifies && ops::ml::BallotOf(e).binary));
    FlatTrees flat;
    if (Flatten(e.trees, e.targets, call.in[0].dtype != DType::kF32, single, &flat)) Store(e, flat, &p, params);
  }
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

// Phase 0, where there are parts: a chunk for some rows and a part of the trees.  Then a chunk for some rows.
struct Bound {
  ops::ml::Rows rows = {0, 0};
  bool reference = false;
  int64_t rows_per_chunk = 1, parts = 1;
  int64_t row_chunks() const { return (rows.count + rows_per_chunk - 1) / rows_per_chunk; }
};

Status Bind(const BoundShapes& s, Binding* binding) {
  const Params& p = *static_cast<const Params*>(s.params);
  constexpr int64_t kLeastWalks = 1024, kMostRows = 256, kMostTargets = 64 << 10;
  constexpr int64_t kWalksOfPart = 512, kTreesOfPart = 128;
  Bound b;
  b.rows = ops::ml::RowsOf(*s.in[0].shape.Concrete());
  b.reference = p.reference || p.max_feature >= b.rows.features;
  if (!b.reference) {
    const int64_t least = kLeastWalks / std::max<int64_t>(1, p.trees) + 1;
    b.rows_per_chunk = std::clamp((b.rows.count + 15) / 16, least, std::max(least, kMostRows));
    b.rows_per_chunk = std::max<int64_t>(1, std::min(b.rows_per_chunk, kMostTargets / p.targets));
    if (b.row_chunks() == 1 && b.rows.count * p.targets <= 256)
      b.parts = std::clamp<int64_t>(p.trees * b.rows.count / kWalksOfPart, 1, p.trees / kTreesOfPart + 1);
    binding->phases = {b.row_chunks()};
    if (b.parts > 1) binding->phases = {b.parts, 1};
  }
  if (b.parts > 1) binding->workspace_bytes = static_cast<size_t>(b.parts * b.rows.count * p.targets) * 9;
  KeepBound(b, binding);
  return {};
}

// What some trees make of some rows.
struct Tally {
  int64_t targets;
  std::span<double> sums;  // [rows, targets]
  std::span<bool> voted;

  static Tally In(std::byte* memory, int64_t at, int64_t parts, int64_t rows, int64_t targets) {
    const auto n = static_cast<size_t>(rows * targets);
    auto* sums = reinterpret_cast<double*>(memory) + at * rows * targets;
    auto* voted = reinterpret_cast<bool*>(memory + parts * rows * targets * 8) + at * rows * targets;
    return {targets, {sums, n}, {voted, n}};
  }
  void Clear() const {
    std::fill(sums.begin(), sums.end(), 0);
    std::fill(voted.begin(), voted.end(), false);
  }
  void Add(Aggregate how, size_t at, double weight) const {
    double& sum = sums[at];
    if (!voted[at])
      sum = weight;
    else if (how == Aggregate::kMin)
      sum = std::min(sum, weight);
    else if (how == Aggregate::kMax)
      sum = std::max(sum, weight);
    else
      sum += weight;
    voted[at] = true;
  }
};

void Vote(const Params& p, const Tally& tally, int64_t row, int32_t leaf) {
  const FlatLeaf& votes = p.At<FlatLeaf>(p.leaves)[leaf];
  const int64_t base = row * tally.targets;
  if (p.single) {
    tally.sums[static_cast<size_t>(base + p.only)] += votes.weight;
    return;
  }
  const auto* list = p.At<FlatVote>(p.votes);
  for (uint32_t i = votes.votes.begin; i < votes.votes.end; ++i)
    tally.Add(p.how, static_cast<size_t>(base + list[i].target), list[i].weight);
}

// Trees [first, last) over `count` rows of x, tree by tree.
template <class T>
void Gather(const Params& p, const T* x, int64_t features, int64_t count, int64_t first, int64_t last,
            const Tally& tally) {
  const TreeView<T> view{p.At<FlatNode<T>>(p.nodes), p.At<double>(p.members), p.At<FlatLeaf>(p.sets), p.flags};
  const auto* roots = p.At<int32_t>(p.roots);
  constexpr T kNone = 0;  // leaves look at feature 0
  const T* rows[kWalks];
  int64_t row[kWalks];
  int32_t at[kWalks];
  int64_t tree = first, r = 0;
  while (tree < last) {
    int n = 0;
    for (; n < kWalks && tree < last; ++n) {
      at[n] = roots[tree];
      row[n] = r;
      rows[n] = features == 0 ? &kNone : x + r * features;
      if (++r == count) r = 0, ++tree;
    }
    for (int i = n; i < kWalks; ++i) at[i] = at[0], rows[i] = rows[0];
    Walk(view, rows, at);
    for (int i = 0; i < n; ++i) Vote(p, tally, row[i], at[i]);
  }
}

Status GatherRows(const Params& p, const KernelCall& c, const Bound& b, int64_t first_row, int64_t count, int64_t first,
                  int64_t last, const Tally& tally) {
  tally.Clear();
  const int64_t begin = first_row * b.rows.features, n = count * b.rows.features;
  const Tensor& x = c.input(0);
  if (x.dtype == DType::kF32) {
    Gather(p, x.as<float>() + begin, b.rows.features, count, first, last, tally);
  } else if (x.dtype == DType::kF64) {
    Gather(p, x.as<double>() + begin, b.rows.features, count, first, last, tally);
  } else {
    HASTEN_ASSIGN(const auto wide, c.Scratch<double>(n));
    ReadDoubles(x, begin, wide);
    Gather(p, wide.data(), b.rows.features, count, first, last, tally);
  }
  return {};
}

void WriteRow(const Params& p, const KernelCall& c, int64_t row, std::span<double> sums, std::span<const bool> voted) {
  if (p.how == Aggregate::kAverage)
    for (double& v : sums) v /= static_cast<double>(std::max<int64_t>(1, p.trees));
  if (!p.classifies) return ops::ml::WriteTargets(c, p.transform, p.base_values(), row, sums);
  Ballot ballot = p.ballot;
  ballot.base = p.base_values();
  ops::ml::WriteClasses(c, ballot, ops::ml::LabelsOf(c.attrs<ops::ml::EnsembleAttrs>()), row, sums, voted);
}

void WriteRows(const Params& p, const KernelCall& c, int64_t first_row, int64_t count, const Tally& tally) {
  const auto width = static_cast<size_t>(p.targets);
  for (int64_t r = 0; r < count; ++r) {
    const size_t at = static_cast<size_t>(r) * width;
    WriteRow(p, c, first_row + r, tally.sums.subspan(at, width), tally.voted.subspan(at, width));
  }
}

Status RunParts(const Params& p, const Bound& b, KernelCall& c) {
  const auto tally = [&](int64_t part) { return Tally::In(c.workspace, part, b.parts, b.rows.count, p.targets); };
  if (c.phase == 0)
    return GatherRows(p, c, b, 0, b.rows.count, p.trees * c.chunk / b.parts, p.trees * (c.chunk + 1) / b.parts,
                      tally(c.chunk));
  const Tally all = tally(0);
  for (int64_t part = 1; part < b.parts; ++part) {
    const Tally more = tally(part);
    for (size_t i = 0; i < all.sums.size(); ++i) {
      if (p.single)
        all.sums[i] += more.sums[i];
      else if (more.voted[i])
        all.Add(p.how, i, more.sums[i]);
    }
  }
  WriteRows(p, c, 0, b.rows.count, all);
  return {};
}

Status Run(KernelCall& c) {
  const Params& p = *static_cast<const Params*>(c.params);
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  if (b.reference) return p.op->eval(c);
  if (b.parts > 1) return RunParts(p, b, c);
  const int64_t first = c.chunk * b.rows_per_chunk, count = std::min(b.rows_per_chunk, b.rows.count - first);
  HASTEN_ASSIGN(const auto memory, c.Scratch<std::byte>(count * p.targets * 9));
  const Tally tally = Tally::In(memory.data(), 0, 1, count, p.targets);
  HASTEN_TRY(GatherRows(p, c, b, first, count, 0, p.trees, tally));
  WriteRows(p, c, first, count, tally);
  return {};
}

constexpr std::string_view kOps[] = {kEnsemble, kRegressor, kClassifier};

}  // namespace

extern const Tactic kTreeEnsembleFlat = {
    .name = "tree_ensemble_flat",
    .ops = kOps,
    .supports = Supports,
    .bound = 1,
    .numerics = Numerics::kReassociated,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
