#include "surgery/difference.h"

#include <cmath>
#include <map>
#include <set>

#include "ir/compare.h"
#include "ir/text.h"

namespace hasten {
namespace {

using Kind = GraphDifference::Kind;
using Entry = GraphDifference::Entry;

constexpr NodeId kNoNode = static_cast<NodeId>(kNone);

std::string Change(std::string_view what, std::string_view a, std::string_view b) {
  return Str(what, ": ", a, " -> ", b);
}

void AddIfChanged(std::string_view what, std::string_view a, std::string_view b, std::vector<std::string>* changes) {
  if (a != b) changes->push_back(Change(what, a, b));
}

bool SameAttribute(const AttrValue& a, const AttrValue& b) {
  const auto *g = std::get_if<GraphPtr>(&a), *h = std::get_if<GraphPtr>(&b);
  return g && h ? SameGraph(**g, **h) : SameAttr(a, b);
}

std::map<std::string, AttrValue> AttributesOf(const Node& node) {
  std::map<std::string, AttrValue> out;
  for (const NamedAttr& a : node.op ? node.attrs.NonDefault() : node.opaque->attrs) out.emplace(a.name, a.value);
  return out;
}

void CompareAttributes(const Node& a, const Node& b, std::vector<std::string>* changes) {
  const auto first = AttributesOf(a), second = AttributesOf(b);
  for (const auto& [name, value] : first) {
    const auto other = second.find(name);
    if (other == second.end())
      changes->push_back(Change(name, AttrText(value), "default"));
    else if (!SameAttribute(value, other->second))
      changes->push_back(Change(name, AttrText(value), AttrText(other->second)));
  }
  for (const auto& [name, value] : second)
    if (!first.contains(name)) changes->push_back(Change(name, "default", AttrText(value)));
}

// How far the contents of two weights are from each other; empty if they are the same.
std::string ContentsChange(const Tensor& a, const Tensor& b) {
  if (SameBits(a, b)) return {};
  const Lane lane = LaneOf(a.dtype);
  if (lane == Lane::kString || lane == Lane::kComplex) return "other contents";
  double largest = 0;
  int64_t differ = 0;
  for (int64_t i = 0; i < a.elements(); ++i) {
    const double x = a.Double(i), y = b.Double(i);
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    ++differ;
    largest = std::max(largest, std::abs(x - y));
  }
  return Str(differ, " of ", a.elements(), " elements differ, by at most ", static_cast<float>(largest));
}

class ModelPair {
 public:
  ModelPair(const Model& a, const Model& b) : a_(a), b_(b) {}

  GraphDifference Run() {
    Heads();
    Values("input", a_.graph.inputs, b_.graph.inputs);
    Values("output", a_.graph.outputs, b_.graph.outputs);
    PairNodes();
    for (const NodeId n : a_.graph.Order()) CompareNode(n);
    for (const NodeId n : b_.graph.Order())
      if (!first_of_.contains(n)) out_.nodes.push_back({Kind::kOnlySecond, NodeText(b_.graph, n), {}});
    Weights();
    return std::move(out_);
  }

 private:
  static std::string NodeText(const Graph& graph, NodeId n) {
    const Node& node = graph.node(n);
    if (!node.name.empty()) return Str("node '", node.name, "' (", OpName(node), ")");
    for (const ValueId v : node.outputs)
      if (v != kNone) return Str("node -> ", Quote(graph.value(v).name), " (", OpName(node), ")");
    return Str("node (", OpName(node), ")");
  }

  void Heads() {
    const auto opsets = [](const Model& m) {
      std::set<std::string> all;
      for (const OpsetId& o : m.opsets) all.insert(Str(o.domain.empty() ? "ai.onnx" : o.domain, " ", o.version));
      return Join(std::vector<std::string>(all.begin(), all.end()), ", ");
    };
    Entry head{Kind::kChanged, "model", {}};
    AddIfChanged("opset", opsets(a_), opsets(b_), &head.changes);
    AddIfChanged("IR version", Str(a_.ir_version), Str(b_.ir_version), &head.changes);
    std::map<std::string, std::pair<std::string, std::string>> metadata;
    for (const auto& [key, value] : a_.metadata) metadata[key].first = Quote(value);
    for (const auto& [key, value] : b_.metadata) metadata[key].second = Quote(value);
    for (const auto& [key, values] : metadata)
      AddIfChanged(Str("metadata ", Quote(key)), values.first.empty() ? "none" : values.first,
                   values.second.empty() ? "none" : values.second, &head.changes);
    if (!head.changes.empty()) out_.interface.push_back(std::move(head));
  }

  void Values(std::string_view kind, const std::vector<ValueId>& first, const std::vector<ValueId>& second) {
    std::map<std::string, size_t> places;
    for (size_t i = 0; i < second.size(); ++i) places[b_.graph.value(second[i]).name] = i;
    for (size_t i = 0; i < first.size(); ++i) {
      const GraphValue& v = a_.graph.value(first[i]);
      const std::string what = Str(kind, " ", Quote(v.name));
      const auto place = places.find(v.name);
      if (place == places.end()) {
        out_.interface.push_back({Kind::kOnlyFirst, what, {}});
        continue;
      }
      Entry entry{Kind::kChanged, what, {}};
      AddIfChanged("type", v.type.Text(), b_.graph.value(second[place->second]).type.Text(), &entry.changes);
      AddIfChanged("place", Str(i), Str(place->second), &entry.changes);
      if (!entry.changes.empty()) out_.interface.push_back(std::move(entry));
      places.erase(place);
    }
    for (const auto& [name, i] : places) out_.interface.push_back({Kind::kOnlySecond, Str(kind, " ", Quote(name)), {}});
  }

  void Pair(NodeId a, NodeId b) {
    second_of_[a] = b;
    first_of_[b] = a;
  }

  // Pairs what has one key in both, and has it once in each.
  template <class Key>
  void PairBy(Key key) {
    std::map<std::string, std::pair<NodeId, NodeId>> found;
    std::set<std::string> twice;
    const auto note = [&](const Graph& graph, const std::map<NodeId, NodeId>& paired, bool first) {
      for (const NodeId n : graph.Order()) {
        const std::string k = paired.contains(n) ? std::string() : key(graph, n);
        if (k.empty()) continue;
        auto& slot = found.try_emplace(k, kNoNode, kNoNode).first->second;
        NodeId& mine = first ? slot.first : slot.second;
        if (mine != kNoNode) twice.insert(k);
        mine = n;
      }
    };
    note(a_.graph, second_of_, true);
    note(b_.graph, first_of_, false);
    for (const auto& [k, pair] : found)
      if (pair.first != kNoNode && pair.second != kNoNode && !twice.contains(k)) Pair(pair.first, pair.second);
  }

  // What a value is, by what makes it: names inside may differ.
  std::string Operand(const Graph& graph, ValueId v) const {
    if (v == kNone) return "none";
    const GraphValue& value = graph.value(v);
    if (value.producer == kNone) return Quote(value.name);
    const bool first = &graph == &a_.graph;
    NodeId n = value.producer;
    if (!first) {
      const auto found = first_of_.find(n);
      if (found == first_of_.end()) return Str(NodeText(graph, n), " of the second");
      n = found->second;
    }
    return Str(n, ":", value.output_index);
  }

  std::string Signature(const Graph& graph, NodeId n) const {
    const Node& node = graph.node(n);
    std::vector<std::string> operands;
    for (const ValueId v : node.inputs) operands.push_back(Operand(graph, v));
    return Str(OpName(node), "(", Join(operands, ","), ")");
  }

  void PairNodes() {
    PairBy([](const Graph& graph, NodeId n) { return graph.node(n).name; });
    PairBy([](const Graph& graph, NodeId n) {
      for (const ValueId v : graph.node(n).outputs)
        if (v != kNone) return graph.value(v).name;
      return std::string();
    });
    // Each round can pair the users of what the last one paired; renamed chains need as many as they are long.
    for (size_t before = SIZE_MAX; before != second_of_.size();) {
      before = second_of_.size();
      PairBy([this](const Graph& graph, NodeId n) { return Signature(graph, n); });
    }
  }

  void CompareNode(NodeId n) {
    const auto found = second_of_.find(n);
    if (found == second_of_.end()) {
      out_.nodes.push_back({Kind::kOnlyFirst, NodeText(a_.graph, n), {}});
      return;
    }
    const Node &a = a_.graph.node(n), &b = b_.graph.node(found->second);
    Entry entry{Kind::kChanged, NodeText(a_.graph, n), {}};
    AddIfChanged("op", OpName(a), OpName(b), &entry.changes);
    if (entry.changes.empty()) CompareAttributes(a, b, &entry.changes);
    CompareOperands(a, b, &entry.changes);
    AddIfChanged("epilogue", Str(a.epilogue), Str(b.epilogue), &entry.changes);
    if (entry.changes.empty())
      ++out_.same_nodes;
    else
      out_.nodes.push_back(std::move(entry));
  }

  void CompareOperands(const Node& a, const Node& b, std::vector<std::string>* changes) const {
    const auto name = [](const Graph& graph, const Node& node, size_t i) {
      return i < node.inputs.size() && node.inputs[i] != kNone ? Quote(graph.value(node.inputs[i]).name)
                                                               : std::string("none");
    };
    for (size_t i = 0; i < std::max(a.inputs.size(), b.inputs.size()); ++i) {
      const std::string x = i < a.inputs.size() ? Operand(a_.graph, a.inputs[i]) : "none";
      const std::string y = i < b.inputs.size() ? Operand(b_.graph, b.inputs[i]) : "none";
      if (x != y) changes->push_back(Change(Str("input ", i), name(a_.graph, a, i), name(b_.graph, b, i)));
    }
  }

  static std::map<std::string, const Tensor*> WeightsOf(const Graph& graph) {
    std::map<std::string, const Tensor*> out;
    for (ValueId v = 0; v < graph.value_slots(); ++v)
      if (graph.value(v).alive && graph.value(v).constant) out[graph.value(v).name] = &graph.value(v).constant->tensor;
    return out;
  }

  void Weights() {
    auto first = WeightsOf(a_.graph), second = WeightsOf(b_.graph);
    for (const auto& [name, t] : first) {
      const std::string what = Str("weight ", Quote(name), " ", *t);
      const auto other = second.find(name);
      if (other == second.end()) {
        out_.weights.push_back({Kind::kOnlyFirst, what, {}});
        continue;
      }
      Entry entry{Kind::kChanged, what, {}};
      AddIfChanged("type", t->Text(), other->second->Text(), &entry.changes);
      if (entry.changes.empty())
        if (std::string change = ContentsChange(*t, *other->second); !change.empty())
          entry.changes.push_back(std::move(change));
      if (entry.changes.empty())
        ++out_.same_weights;
      else
        out_.weights.push_back(std::move(entry));
    }
    for (const auto& [name, t] : second)
      if (!first.contains(name)) out_.weights.push_back({Kind::kOnlySecond, Str("weight ", Quote(name), " ", *t), {}});
  }

  const Model &a_, &b_;
  std::map<NodeId, NodeId> second_of_, first_of_;
  GraphDifference out_;
};

}  // namespace

GraphDifference Differ(const Model& a, const Model& b) { return ModelPair(a, b).Run(); }

}  // namespace hasten
