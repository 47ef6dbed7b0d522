#include "plan/layout_search.h"

namespace hasten {
namespace {

constexpr double kReorderCall = 300, kReorderBytesPerNanosecond = 4;

double ReorderCost(uint64_t bytes) {
  return bytes == 0 ? 0 : kReorderCall + static_cast<double>(bytes) / kReorderBytesPerNanosecond;
}

// Bytes that a reorder of a value of this type moves; 0 where both layouts are the same.
uint64_t ReorderBytes(const Type& type) {
  const auto dims = type.is_tensor() ? type.shape.Concrete() : std::nullopt;
  if (!dims || dims->rank() < 3) return 0;
  if ((*dims)[1] == 1 || dims->Product(2, dims->rank()) == 1) return 0;
  return static_cast<uint64_t>(BytesFor(type.dtype, dims->elements()));
}

int RankOf(const Type& type) { return type.is_tensor() && type.shape.ranked() ? type.shape.rank() : 0; }

}  // namespace

void LayoutSearch::Add(uint32_t step, const StepFacts& facts, const std::vector<Candidate>& candidates) {
  Node& node = nodes_[step];
  node.added = true;
  const bool tactics = candidates.size() > 1;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& c = candidates[i];
    if (!c.tactic && tactics) continue;  // the reference is for what nothing else computes
    const auto layout = static_cast<size_t>(c.layout);
    if (c.nanoseconds >= node.cost[layout]) continue;
    node.cost[layout] = c.nanoseconds;
    node.best[layout] = static_cast<int>(i);
    node.tactic[layout] = c.tactic;
  }
  node.layout = node.cost[1] < node.cost[0] ? 1 : 0;
  if (!facts.out.empty()) node.rank = RankOf(facts.out[0]);
  const Step& s = plan_.steps[step];
  if (!s.out.empty() && s.out[0] != kNone && plan_.values[s.out[0]].storage == Storage::kOutput)
    node.plain_bytes = ReorderBytes(facts.real_out[0]);
  const auto operand = [&](SlotId slot, int input, const Type& real, const Type& type) {
    if (slot == kNone) return;
    const PlannedValue& v = plan_.values[slot];
    if (v.storage == Storage::kConstant) return;  // reordered at plan time
    edges_.push_back({slot, kNone, step, ReorderBytes(real), input, RankOf(type)});
  };
  for (size_t i = 0; i < s.in.size(); ++i) operand(s.in[i], static_cast<int>(i), facts.real_in[i], facts.in[i]);
  for (size_t i = 0; i < s.epilogue_in.size(); ++i)
    operand(s.epilogue_in[i], -1, facts.real_epilogue[i], facts.epilogue_in[i]);
}

bool LayoutSearch::Wants(const Edge& e, int layout) const {
  const Tactic* t = nodes_[e.to].tactic[layout];
  return t && FollowsLayout(*t, static_cast<Layout>(layout), e.input, e.rank);
}

bool LayoutSearch::Gives(const Edge& e, int layout) const {
  return layout == 1 && nodes_[e.from].tactic[1] && nodes_[e.from].rank >= 3;
}

double LayoutSearch::CostAt(uint32_t step, int layout) const {
  const Node& node = nodes_[step];
  double cost = node.cost[layout];
  if (layout == 1) cost += ReorderCost(node.plain_bytes);
  for (uint32_t i : node.edges) {
    const Edge& e = edges_[i];
    const bool wants = Wants(e, e.to == step ? layout : nodes_[e.to].layout);
    const bool gives = e.from != kNone && Gives(e, e.from == step ? layout : nodes_[e.from].layout);
    if (wants != gives) cost += ReorderCost(e.bytes);
  }
  return cost;
}

// Of equal layouts, going forward, the one that input 0 comes in: whoever reads the output may do with it, too.
int LayoutSearch::Better(uint32_t step, bool forward) const {
  const Node& node = nodes_[step];
  const double plain = CostAt(step, 0), last = CostAt(step, 1);
  if (plain != last) return last < plain ? 1 : 0;
  if (!forward || node.edges.empty() || edges_[node.edges.front()].to != step) return node.layout;
  const Edge& e = edges_[node.edges.front()];
  return e.from != kNone && Gives(e, nodes_[e.from].layout) ? 1 : 0;
}

std::vector<int> LayoutSearch::Run() {
  // Each edge begins at the step that last wrote its slot.
  std::vector<uint32_t> writer(plan_.values.size(), kNone);
  size_t next = 0;
  for (uint32_t i = 0; i < plan_.steps.size(); ++i) {
    for (; next < edges_.size() && edges_[next].to == i; ++next) {
      Edge& e = edges_[next];
      e.from = writer[e.slot];
      if (e.from != kNone && !nodes_[e.from].added) e.from = kNone;
      nodes_[i].edges.push_back(static_cast<uint32_t>(next));
      if (e.from != kNone) nodes_[e.from].edges.push_back(static_cast<uint32_t>(next));
    }
    for (SlotId s : plan_.steps[i].out)
      if (s != kNone) writer[s] = i;
  }
  for (int sweep = 0; sweep < 8; ++sweep) {
    bool changed = false;
    for (size_t k = 0; k < nodes_.size(); ++k) {
      const auto i = static_cast<uint32_t>(sweep % 2 == 0 ? k : nodes_.size() - 1 - k);
      Node& node = nodes_[i];
      if (!node.added || node.best[0] < 0 || node.best[1] < 0) continue;
      const int better = Better(i, sweep % 2 == 0);
      changed |= better != node.layout;
      node.layout = better;
    }
    if (!changed && sweep > 0) break;
  }
  std::vector<int> picks(nodes_.size(), -1);
  for (size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].added) picks[i] = nodes_[i].best[nodes_[i].layout];
  return picks;
}

}  // namespace hasten
