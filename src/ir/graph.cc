#include "ir/graph.h"

#include <algorithm>
#include <unordered_map>

#include "ir/text.h"

namespace hasten {

namespace {

// Graphs of an attribute of a copied node; false if it holds none.
bool CloneGraphs(AttrValue* v) {
  if (auto* g = std::get_if<GraphPtr>(v)) {
    if (*g) *g = (*g)->Clone();
    return true;
  }
  auto* list = std::get_if<std::vector<GraphPtr>>(v);
  if (!list) return false;
  for (GraphPtr& g : *list)
    if (g) g = g->Clone();
  return true;
}

}  // namespace

GraphPtr Graph::Clone() const {
  auto copy = std::make_shared<Graph>();
  copy->name = name;
  copy->doc = doc;
  copy->metadata = metadata;
  copy->inputs = inputs;
  copy->outputs = outputs;
  copy->captures = captures;
  copy->values_ = values_;
  copy->nodes_ = nodes_;
  copy->by_name_ = by_name_;
  copy->first_ = first_;
  copy->last_ = last_;
  copy->live_nodes_ = live_nodes_;
  for (Node& n : copy->nodes_) {
    for (const AttrField& field : n.attrs.fields()) {
      auto v = n.attrs.Get(field);
      if (!v) continue;
      if (CloneGraphs(&*v)) HASTEN_CHECK(n.attrs.Set(field.name, *v).ok());
    }
    if (n.opaque) {
      n.opaque = std::make_shared<OpaqueOp>(*n.opaque);
      for (NamedAttr& a : n.opaque->attrs) CloneGraphs(&a.value);
    }
  }
  return copy;
}

void Graph::Reserve(size_t values, size_t nodes) {
  values_.reserve(values_.size() + values);
  by_name_.Reserve(values_.size() + values);
  nodes_.reserve(nodes_.size() + nodes);
}

// The label with a number behind it that makes it unique: the least where those that are taken have no gaps.
std::string Graph::FreeName(const std::string& label) const {
  const auto is_free = [&](int suffix) { return FindValue(Str(label, "_", suffix)) == kNone; };
  int free = 1;
  while (!is_free(free)) free *= 2;
  int last_taken = free / 2;
  while (free - last_taken > 1) {
    const int middle = last_taken + (free - last_taken) / 2;
    (is_free(middle) ? free : last_taken) = middle;
  }
  return Str(label, "_", free);
}

ValueId Graph::AddValue(std::string label, Type type) {
  const auto id = static_cast<ValueId>(values_.size());
  if (label.empty()) label = Str("v", id);
  if (FindValue(label) != kNone) label = FreeName(label);
  by_name_.Add(label, id);
  GraphValue& v = values_.emplace_back();
  v.name = std::move(label);
  v.type = std::move(type);
  return id;
}

ValueId Graph::AddConstant(std::string label, Constant contents) {
  const ValueId id = AddValue(std::move(label), Type::Tensor(contents.tensor.dtype, contents.tensor.dims));
  values_[id].constant = std::make_shared<const Constant>(std::move(contents));
  return id;
}

ValueId Graph::FindValue(std::string_view label) const {
  return by_name_.Find(label, [this](ValueId v) -> std::string_view { return values_[v].name; });
}

Status Graph::Rename(ValueId v, std::string label) {
  if (values_[v].name == label) return {};
  if (FindValue(label) != kNone)
    return Status(Code::kInvalidArgument, Str("a value named ", Quote(label), " exists already"));
  by_name_.Erase(values_[v].name, v);
  by_name_.Add(label, v);
  values_[v].name = std::move(label);
  return {};
}

void Graph::Link(NodeId n, NodeId before) {
  Node& node = nodes_[n];
  node.next = before;
  node.previous = before == kNone ? last_ : nodes_[before].previous;
  (node.previous == kNone ? first_ : nodes_[node.previous].next) = n;
  (before == kNone ? last_ : nodes_[before].previous) = n;
}

void Graph::Unlink(NodeId n) {
  Node& node = nodes_[n];
  (node.previous == kNone ? first_ : nodes_[node.previous].next) = node.next;
  (node.next == kNone ? last_ : nodes_[node.next].previous) = node.previous;
  node.previous = node.next = kNone;
}

NodeId Graph::AddNode(Node node, NodeId before) {
  const auto id = static_cast<NodeId>(nodes_.size());
  for (uint32_t i = 0; i < node.inputs.size(); ++i)
    if (node.inputs[i] != kNone) values_[node.inputs[i]].uses.push_back({id, i});
  for (uint32_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNone) continue;
    GraphValue& v = values_[node.outputs[i]];
    HASTEN_CHECK(v.producer == kNone && !v.constant);
    v.producer = id;
    v.output_index = i;
  }
  nodes_.push_back(std::move(node));
  Link(id, before);
  ++live_nodes_;
  return id;
}

void Graph::DropUse(ValueId v, Use use) {
  auto& uses = values_[v].uses;
  const auto it = std::find(uses.begin(), uses.end(), use);
  HASTEN_CHECK(it != uses.end());
  *it = uses.back();
  uses.pop_back();
}

void Graph::EraseNode(NodeId n) {
  Node& node = nodes_[n];
  HASTEN_CHECK(node.alive);
  for (uint32_t i = 0; i < node.inputs.size(); ++i)
    if (node.inputs[i] != kNone) DropUse(node.inputs[i], {n, i});
  for (ValueId v : node.outputs)
    if (v != kNone) values_[v].producer = kNone;
  Unlink(n);
  node = Node();
  node.alive = false;
  --live_nodes_;
}

void Graph::EraseValue(ValueId v) {
  GraphValue& value = values_[v];
  HASTEN_CHECK(value.alive && value.uses.empty() && value.producer == kNone);
  by_name_.Erase(value.name, v);
  value = GraphValue();
  value.alive = false;
  std::replace(captures.begin(), captures.end(), v, kNone);
}

void Graph::SetInput(NodeId n, size_t index, ValueId v) {
  ValueId& slot = nodes_[n].inputs[index];
  const Use use{n, static_cast<uint32_t>(index)};
  if (slot == v) return;
  if (slot != kNone) DropUse(slot, use);
  slot = v;
  if (v != kNone) values_[v].uses.push_back(use);
}

void Graph::AppendInput(NodeId n, ValueId v, bool captured) {
  Node& node = nodes_[n];
  HASTEN_CHECK(captured || (node.captures == 0 && node.epilogue_operands == 0));
  node.inputs.push_back(v);
  if (captured) ++node.captures;
  if (v != kNone) values_[v].uses.push_back({n, static_cast<uint32_t>(node.inputs.size() - 1)});
}

void Graph::ReplaceUses(ValueId from, ValueId to) {
  if (from == to) return;
  for (const Use use : std::exchange(values_[from].uses, {})) {
    nodes_[use.node].inputs[use.index] = to;
    values_[to].uses.push_back(use);
  }
  std::replace(outputs.begin(), outputs.end(), from, to);
}

void Graph::MoveBefore(NodeId n, NodeId before) {
  if (n == before) return;
  Unlink(n);
  Link(n, before);
}

bool Graph::IsOutput(ValueId v) const { return std::find(outputs.begin(), outputs.end(), v) != outputs.end(); }

std::vector<NodeId> Graph::Order() const {
  std::vector<NodeId> out;
  out.reserve(live_nodes_);
  for (NodeId n = first_; n != kNone; n = nodes_[n].next) out.push_back(n);
  return out;
}

std::string Graph::Where(NodeId n) const {
  size_t number = 0;
  for (NodeId m = first_; m != kNone && m != n; m = nodes_[m].next) ++number;
  return NodeText(number, nodes_[n]);
}

int Model::opset(std::string_view domain_name) const {
  for (const OpsetId& id : opsets)
    if (id.domain == domain_name) return id.version;
  return 0;
}

// --- checks and clean-up ---------------------------------------------------------------------------------------

namespace {

std::vector<GraphPtr> GraphsOf(const Node& node) {
  std::vector<GraphPtr> out = node.attrs.Graphs();
  if (!node.opaque) return out;
  for (const NamedAttr& a : node.opaque->attrs) {
    if (const auto* g = std::get_if<GraphPtr>(&a.value); g && *g) out.push_back(*g);
    if (const auto* gs = std::get_if<std::vector<GraphPtr>>(&a.value)) out.insert(out.end(), gs->begin(), gs->end());
  }
  return out;
}

// Which inputs of which nodes the use-lists name.
class ListedUses {
 public:
  explicit ListedUses(const Graph& graph) : first_(graph.node_slots()) {
    size_t inputs = 0;
    for (NodeId n = 0; n < graph.node_slots(); ++n) {
      first_[n] = inputs;
      inputs += graph.node(n).inputs.size();
    }
    listed_.resize(inputs);
  }
  bool Has(Use use) const { return listed_[first_[use.node] + use.index]; }
  // False if it was there already.
  bool Add(Use use) {
    if (Has(use)) return false;
    listed_[first_[use.node] + use.index] = true;
    return true;
  }

 private:
  std::vector<size_t> first_;
  std::vector<bool> listed_;
};

Status VerifyNode(const Graph& graph, NodeId n, const ListedUses& uses, std::vector<bool>* defined) {
  const Node& node = graph.node(n);
  HASTEN_REQUIRE(node.op || node.opaque, "has no op");
  HASTEN_REQUIRE(node.inputs.size() >= size_t{node.captures} + node.epilogue_operands,
                 "has fewer inputs than captures");
  for (uint32_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId v = node.inputs[i];
    if (v == kNone) continue;
    HASTEN_REQUIRE(v < graph.value_slots() && graph.value(v).alive, "input ", i, " is not a value of the graph");
    HASTEN_REQUIRE((*defined)[v], "input ", i, " (", Quote(graph.value(v).name), ") is used before it is computed");
    HASTEN_REQUIRE(uses.Has({n, i}), "input ", i, " is missing from its use-list");
  }
  for (uint32_t i = 0; i < node.outputs.size(); ++i) {
    const ValueId v = node.outputs[i];
    if (v == kNone) continue;
    HASTEN_REQUIRE(v < graph.value_slots() && graph.value(v).alive, "output ", i, " is not a value of the graph");
    HASTEN_REQUIRE(graph.value(v).producer == n && graph.value(v).output_index == i, "output ", i,
                   " has another producer");
    (*defined)[v] = true;
  }
  for (const GraphPtr& g : GraphsOf(node)) {
    HASTEN_REQUIRE(g->captures.size() == node.captures, "a graph has ", g->captures.size(), " captures, must have ",
                   node.captures);
    Status inner = Verify(*g);
    if (!inner.ok()) return std::move(inner).At(Str("graph ", Quote(g->name)));
  }
  return {};
}

}  // namespace

bool AnyOutputWanted(const Node& node) {
  return std::any_of(node.outputs.begin(), node.outputs.end(), [](ValueId v) { return v != kNone; });
}

std::string OpName(const Node& node) {
  if (node.op) return std::string(OpDefName(node.op));
  if (!node.opaque) return "?";
  return node.opaque->domain.empty() ? node.opaque->type : Str(node.opaque->domain, ".", node.opaque->type);
}

Status Verify(const Graph& graph) {
  std::vector<bool> defined(graph.value_slots());
  ListedUses uses(graph);
  for (ValueId v = 0; v < graph.value_slots(); ++v) {
    const GraphValue& value = graph.value(v);
    if (!value.alive) continue;
    HASTEN_REQUIRE(graph.FindValue(value.name) == v, "value ", Quote(value.name), " is not the one of that name");
    defined[v] = value.constant != nullptr;
    for (const Use use : value.uses) {
      HASTEN_REQUIRE(use.node < graph.node_slots() && graph.node(use.node).alive &&
                         use.index < graph.node(use.node).inputs.size() && graph.node(use.node).inputs[use.index] == v,
                     "use-list of ", Quote(value.name), " names a node that does not use it");
      HASTEN_REQUIRE(uses.Add(use), "use-list of ", Quote(value.name), " names a use twice");
    }
  }
  for (ValueId v : graph.inputs) defined[v] = true;
  for (ValueId v : graph.captures) {
    if (v == kNone) continue;
    HASTEN_REQUIRE(v < graph.value_slots() && graph.value(v).alive, "a captured value is not there");
    defined[v] = true;
  }
  for (NodeId n : graph.Order()) {
    Status status = VerifyNode(graph, n, uses, &defined);
    if (!status.ok()) return std::move(status).At(graph.Where(n));
  }
  for (ValueId v : graph.outputs)
    HASTEN_REQUIRE(v < graph.value_slots() && defined[v], "output ",
                   v < graph.value_slots() ? Quote(graph.value(v).name) : "", " is computed by no node");
  return {};
}

Result<int> SortTopologically(Graph* graph) {
  const std::vector<NodeId> order = graph->Order();
  std::unordered_map<NodeId, size_t> missing;  // inputs not yet computed
  const auto waits = [&](ValueId v) { return v != kNone && graph->value(v).producer != kNone; };
  std::vector<NodeId> ready, sorted;
  for (NodeId n : order) {
    const auto& in = graph->node(n).inputs;
    missing[n] = static_cast<size_t>(std::count_if(in.begin(), in.end(), waits));
  }
  // A heap on the old position keeps the old order wherever it is right.
  std::unordered_map<NodeId, size_t> position;
  for (size_t i = 0; i < order.size(); ++i) position[order[i]] = i;
  const auto later = [&](NodeId a, NodeId b) { return position[a] > position[b]; };
  for (NodeId n : order)
    if (missing[n] == 0) ready.push_back(n);
  std::make_heap(ready.begin(), ready.end(), later);
  while (!ready.empty()) {
    std::pop_heap(ready.begin(), ready.end(), later);
    const NodeId n = ready.back();
    ready.pop_back();
    sorted.push_back(n);
    for (ValueId v : graph->node(n).outputs) {
      if (v == kNone) continue;
      for (const Use use : graph->value(v).uses)
        if (--missing[use.node] == 0) {
          ready.push_back(use.node);
          std::push_heap(ready.begin(), ready.end(), later);
        }
    }
  }
  if (sorted.size() != order.size())
    for (NodeId n : order)
      if (missing[n] > 0) return Status(Code::kInvalidModel, Str(graph->Where(n), ": is part of a cycle"));
  int moved = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    moved += sorted[i] != order[i];
    graph->MoveBefore(sorted[i], kNone);
  }
  return moved;
}

int RemoveDead(Graph* graph) {
  int erased = 0;
  std::vector<NodeId> order = graph->Order();
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const std::vector<ValueId> outputs = graph->node(*it).outputs;
    const bool used = std::any_of(outputs.begin(), outputs.end(), [&](ValueId v) {
      return v != kNone && (!graph->value(v).uses.empty() || graph->IsOutput(v));
    });
    if (used) continue;
    graph->EraseNode(*it);
    for (ValueId v : outputs)
      if (v != kNone) graph->EraseValue(v);
    ++erased;
  }
  for (ValueId v = 0; v < graph->value_slots(); ++v) {
    const GraphValue& value = graph->value(v);
    const auto holds = [v](const std::vector<ValueId>& list) {
      return std::find(list.begin(), list.end(), v) != list.end();
    };
    if (value.alive && value.constant && value.uses.empty() && !holds(graph->inputs) && !holds(graph->captures) &&
        !graph->IsOutput(v))
      graph->EraseValue(v);
  }
  return erased;
}

}  // namespace hasten
