#include "import/onnx/node_order.h"

#include <unordered_map>
#include <unordered_set>

namespace hasten::onnx {
namespace {

using Names = std::unordered_set<std::string_view>;

Status AddFreeNames(const std::vector<Bytes>& attrs, int depth, Names* out);

// Names that a nested graph uses and does not define.
Status AddFreeNamesOfGraph(Bytes message, int depth, Names* out) {
  HASTEN_REQUIRE(depth < kMaxGraphDepth, "graphs must not be nested deeper than ", kMaxGraphDepth);
  HASTEN_ASSIGN(const WireGraph graph, ReadGraph(message));
  Names used, defined;
  for (const Bytes m : graph.nodes) {
    HASTEN_ASSIGN(const WireNode node, ReadNode(m));
    used.insert(node.inputs.begin(), node.inputs.end());
    defined.insert(node.outputs.begin(), node.outputs.end());
    HASTEN_TRY(AddFreeNames(node.attrs, depth, &used));
  }
  for (const Bytes m : graph.outputs) {
    HASTEN_ASSIGN(const WireValue v, ReadValueInfo(m));
    used.insert(v.name);
  }
  for (const Bytes m : graph.inputs) {
    HASTEN_ASSIGN(const WireValue v, ReadValueInfo(m));
    defined.insert(v.name);
  }
  for (const Bytes m : graph.initializers) {
    HASTEN_ASSIGN(const WireTensor t, ReadTensor(m));
    defined.insert(t.name);
  }
  for (const std::string_view name : used)
    if (!defined.contains(name)) out->insert(name);
  return {};
}

Status AddFreeNames(const std::vector<Bytes>& attrs, int depth, Names* out) {
  for (const Bytes m : attrs) {
    HASTEN_ASSIGN(const WireAttr attr, ReadAttr(m));
    if (attr.graph) HASTEN_TRY(AddFreeNamesOfGraph(attr.graph.bytes, depth + 1, out));
    for (const Bytes g : attr.graphs) HASTEN_TRY(AddFreeNamesOfGraph(g, depth + 1, out));
  }
  return {};
}

using Edges = std::vector<std::vector<size_t>>;  // per node, the nodes it needs

Result<Edges> EdgesOf(const std::vector<WireNode>& nodes, int depth) {
  std::unordered_map<std::string_view, size_t> producer;
  for (size_t i = 0; i < nodes.size(); ++i)
    for (const std::string_view name : nodes[i].outputs)
      if (!name.empty()) producer.emplace(name, i);
  Edges edges(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    Names used;
    auto at = AddFreeNames(nodes[i].attrs, depth, &used);
    if (!at.ok()) return std::move(at).At(Where(i, nodes[i]));
    for (const std::string_view name : used)
      if (const auto it = producer.find(name); it != producer.end()) edges[i].push_back(it->second);
    for (const std::string_view name : nodes[i].inputs)
      if (const auto it = producer.find(name); it != producer.end()) edges[i].push_back(it->second);
  }
  return edges;
}

bool IsOrdered(const Edges& edges) {
  for (size_t i = 0; i < edges.size(); ++i)
    for (const size_t needed : edges[i])
      if (needed >= i) return false;
  return true;
}

// Depth-first with a stack of its own, since a file may be one long chain in reverse.
class Sorter {
 public:
  Sorter(const std::vector<WireNode>& nodes, const Edges& edges) : nodes_(nodes), edges_(edges), state_(nodes.size()) {}
  Result<NodeOrder> Run() {
    for (size_t root = 0; root < nodes_.size(); ++root) HASTEN_TRY(Visit(root));
    return std::move(out_);
  }

 private:
  enum State : char { kNew, kOpen, kDone };
  struct Step {
    size_t node, next_edge;
  };
  Status Visit(size_t root) {
    if (state_[root] == kDone) return {};
    std::vector<Step> stack{{root, 0}};
    state_[root] = kOpen;
    while (!stack.empty()) {
      Step& top = stack.back();
      if (top.next_edge == edges_[top.node].size()) {
        Emit(top.node, root);
        stack.pop_back();
        continue;
      }
      const size_t needed = edges_[top.node][top.next_edge++];
      HASTEN_REQUIRE(state_[needed] != kOpen, Where(needed, nodes_[needed]), " depends on its own outputs");
      if (state_[needed] == kNew) {
        state_[needed] = kOpen;
        stack.push_back({needed, 0});
      }
    }
    return {};
  }
  void Emit(size_t node, size_t root) {
    state_[node] = kDone;
    out_.moved += node > root;
    out_.order.push_back(node);
  }
  const std::vector<WireNode>& nodes_;
  const Edges& edges_;
  std::vector<State> state_;
  NodeOrder out_;
};

}  // namespace

Result<NodeOrder> OrderNodes(const std::vector<WireNode>& nodes, int depth) {
  HASTEN_ASSIGN(const Edges edges, EdgesOf(nodes, depth));
  if (!IsOrdered(edges)) return Sorter(nodes, edges).Run();
  NodeOrder as_is;
  for (size_t i = 0; i < nodes.size(); ++i) as_is.order.push_back(i);
  return as_is;
}

std::string Where(size_t index, const WireNode& node) {
  const std::string type(node.type.substr(0, 80));
  if (node.name.empty()) return Str("node ", index, " (", type, ")");
  return Str("node ", index, " '", node.name.substr(0, 120), "' (", type, ")");
}

}  // namespace hasten::onnx
