#include "passes/driver.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <unordered_map>

namespace hasten {
namespace {

using Clock = std::chrono::steady_clock;

double Milliseconds(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

// Rules by the op they look at.
class RuleTable {
 public:
  explicit RuleTable(std::span<const Rule* const> rules) : rules_(rules.begin(), rules.end()) {
    std::sort(rules_.begin(), rules_.end(), [](const Rule* a, const Rule* b) {
      return a->benefit != b->benefit ? a->benefit > b->benefit : a->name < b->name;
    });
  }
  const std::vector<const Rule*>& For(const OpDef* op) {
    const auto [it, fresh] = by_op_.try_emplace(op);
    if (fresh)
      for (const Rule* rule : rules_)
        if (rule->roots.empty() || std::find(rule->roots.begin(), rule->roots.end(), op->name) != rule->roots.end())
          it->second.push_back(rule);
    return it->second;
  }

 private:
  std::vector<const Rule*> rules_;
  std::unordered_map<const OpDef*, std::vector<const Rule*>> by_op_;
};

// Nodes to look at, each at most once at a time.
class Worklist {
 public:
  explicit Worklist(const Graph& graph) {
    for (NodeId n : graph.Order()) Push(n);
  }
  void Push(NodeId n) {
    if (n >= queued_.size()) queued_.resize(n + 1);
    if (queued_[n]) return;
    queued_[n] = true;
    queue_.push_back(n);
  }
  NodeId Pop() {
    const NodeId n = queue_.front();
    queue_.pop_front();
    queued_[n] = false;
    return n;
  }
  bool empty() const { return queue_.empty(); }

 private:
  std::deque<NodeId> queue_;
  std::vector<bool> queued_;
};

// By what it computes, where it has no name.
std::string Shown(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  std::string name = Str("'", node.name, "'");
  for (size_t i = node.outputs.size(); i-- > 0 && node.name.empty();)
    if (node.outputs[i] != kNone) name = Str("-> ", Quote(c.value(node.outputs[i]).name));
  return Str(name, " (", OpName(node), ")");
}

class Driver {
 public:
  Driver(std::span<const Rule* const> rules, Inference* inference, const PassOptions& options, PassReport* report)
      : table_(rules), inference_(*inference), options_(options), report_(*report) {}

  Status Run(Graph* graph, int depth) {
    for (NodeId n : graph->Order())
      for (const GraphPtr& body : graph->node(n).attrs.Graphs())
        if (Status s = Run(body.get(), depth + 1); !s.ok())
          return graph->node(n).alive ? std::move(s).At(graph->Where(n)) : std::move(s);
    RewriteContext context(graph, &inference_, options_);
    Worklist work(*graph);
    // Nodes of the graphs inside count, too: they may become nodes of this one.
    int64_t budget = 64 + int64_t{options_.firings_per_node} * static_cast<int64_t>(CountNodes(*graph));
    while (!work.empty()) {
      const NodeId n = work.Pop();
      // Rules look at operands without asking, and inference may have left out a branch that is never taken.
      if (!graph->node(n).alive || !graph->node(n).op || !CheckArity(graph->node(n)).ok()) continue;
      HASTEN_ASSIGN(const bool fired, TryRules(context, n));
      if (!fired) continue;
      for (NodeId m : context.TakeTouched()) work.Push(m);
      if (graph->node(n).alive) work.Push(n);
      if (--budget == 0) {
        report_.notes.push_back(Str("graph ", Quote(graph->name), ": rules stopped, their budget of firings is spent"));
        return {};
      }
    }
    return {};
  }

 private:
  Result<bool> TryRules(RewriteContext& context, NodeId n) {
    for (const Rule* rule : table_.For(context.node(n).op)) {
      const std::string node = options_.log ? Shown(context, n) : "";
      const auto start = Clock::now();
      Result<bool> fired = rule->apply(context, n);
      PassReport::Entry& entry = report_.Of(rule->name);
      entry.ms += Milliseconds(Clock::now() - start);
      if (!fired.ok()) return std::move(fired).At(Str("rule ", rule->name));
      if (!*fired) continue;
      ++entry.fired;
      if (options_.log) report_.firings.push_back({rule->name, node});
      return true;
    }
    return false;
  }

  RuleTable table_;
  Inference& inference_;
  const PassOptions& options_;
  PassReport& report_;
};

}  // namespace

PassReport::Entry& PassReport::Of(std::string_view name) {
  for (Entry& e : entries)
    if (e.name == name) return e;
  return entries.emplace_back(Entry{name});
}

std::string PassReport::Text() const {
  std::string out = Str("nodes: ", nodes_before, " -> ", nodes_after, "\n");
  for (const Entry& e : entries)
    if (e.fired > 0) out += Str("  ", e.name, ": ", e.fired, "\n");
  for (const std::string& note : notes) out += Str("  ", note, "\n");
  return out;
}

Status ApplyRules(std::span<const Rule* const> rules, Graph* graph, Inference* inference, const PassOptions& options,
                  PassReport* report) {
  return Driver(rules, inference, options, report).Run(graph, 0);
}

size_t CountNodes(const Graph& graph) {
  size_t count = graph.live_nodes();
  for (NodeId n = graph.first(); n != kNone; n = graph.node(n).next)
    for (const GraphPtr& body : graph.node(n).attrs.Graphs()) count += CountNodes(*body);
  return count;
}

}  // namespace hasten
