#include "cli/inspect/node_costs.h"

#include "ops/infer.h"

namespace hasten::cli {
namespace {

class Costs {
 public:
  Costs(Inference* inference, std::vector<NodeCost>* out) : inference_(*inference), out_(*out) {}

  void Add(const Graph& graph, int depth) {
    for (const NodeId n : graph.Order()) {
      out_.push_back(CostOf(graph, n, depth));
      for (const GraphPtr& body : graph.node(n).attrs.Graphs()) Add(*body, depth + 1);
    }
  }

 private:
  // Every dim a number, 1 where it is unknown; `all_ranked` turns false where even the rank is.
  Type Concrete(const Graph& graph, ValueId v, bool* all_ranked) {
    if (v == kNone) return {};
    Type type = inference_.Get(&graph, v).type;
    if (!type.is_tensor() || !type.shape.ranked()) {
      *all_ranked = false;
      return Type::Tensor(type.dtype, Shape(Dims()));
    }
    for (Dim& d : type.shape.dims()) d = d.Eval([](std::string_view) { return 1; }).value_or(1);
    return type;
  }

  static double Elements(const Type& type) {
    double n = 1;
    for (const Dim& d : type.shape.dims()) n *= static_cast<double>(d.value());
    return n;
  }
  static int64_t Bytes(const Type& type) {
    return type.is_tensor() ? static_cast<int64_t>(Elements(type) * Bits(type.dtype) / 8) : 0;
  }

  NodeCost CostOf(const Graph& graph, NodeId n, int depth) {
    const Node& node = graph.node(n);
    NodeCost cost{.graph = &graph, .node = n, .depth = depth};
    bool all_ranked = true;
    std::vector<Type> in;
    for (size_t i = 0; i < node.formal_inputs(); ++i) {
      in.push_back(Concrete(graph, node.inputs[i], &all_ranked));
      cost.bytes += Bytes(in.back());
      if (const Tensor* weight = graph.constant(node.inputs[i])) {
        cost.weight_bytes += weight->bytes();
        cost.parameters += weight->elements();
      }
    }
    for (const ValueId v : node.outputs) {
      cost.out.push_back(Concrete(graph, v, &all_ranked));
      cost.bytes += Bytes(cost.out.back());
    }
    if (node.op && (node.op->traits.metadata_only || node.op->traits.region)) {
      cost.bytes = 0;
      return cost;
    }
    if (all_ranked && node.op && node.op->flops) {
      cost.operations = node.op->flops({in, cost.out, &node.attrs});
      return cost;
    }
    for (const Type& type : cost.out)
      if (type.is_tensor()) cost.operations += Elements(type);
    return cost;
  }

  Inference& inference_;
  std::vector<NodeCost>& out_;
};

}  // namespace

Result<std::vector<NodeCost>> CostsOf(const Graph& graph, std::span<const Value> inputs) {
  Inference inference({.fold_small = true, .use_graph_types = false});
  for (size_t i = 0; i < inputs.size(); ++i) inference.Set(&graph, graph.inputs[i], {TypeOf(inputs[i]), {}, {}});
  HASTEN_TRY(inference.Run(graph));
  std::vector<NodeCost> out;
  Costs(&inference, &out).Add(graph, 0);
  return out;
}

}  // namespace hasten::cli
