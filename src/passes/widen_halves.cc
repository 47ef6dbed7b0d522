#include <map>

#include "ops/conversion.h"
#include "ops/infer.h"
#include "passes/pipeline.h"

namespace hasten {
namespace {

bool IsHalf(const Type& t) { return t.is_tensor() && (t.dtype == DType::kF16 || t.dtype == DType::kBF16); }

// Rounds on purpose, or holds graphs whose types would have to follow.
bool Stays(const Node& node) {
  return !node.op || node.op->traits.region || node.op->name.starts_with("Cast") ||
         node.op->name.find("Quantize") != std::string_view::npos;
}

class Widener {
 public:
  Widener(Graph* graph, const PassOptions& options)
      : graph_(*graph), cast_(options.catalog->Find("Cast")), inference_({.fold_small = false}) {}

  Result<int> Run() {
    int widened = 0;
    if (!cast_) return widened;
    for (NodeId n : graph_.Order()) {
      HASTEN_ASSIGN(const bool done, Widen(n));
      widened += done;
    }
    return widened;
  }

 private:
  Result<bool> Widen(NodeId n) {
    const Node old = graph_.node(n);
    const auto half = [&](ValueId v) { return v != kNone && IsHalf(graph_.value(v).type); };
    if (Stays(old) || std::none_of(old.outputs.begin(), old.outputs.end(), half)) return false;
    Node wide = old;
    for (ValueId& v : wide.inputs) {
      if (!half(v)) continue;
      HASTEN_ASSIGN(v, WideOf(v, n));
    }
    for (ValueId& v : wide.outputs)
      if (half(v)) v = graph_.AddValue(graph_.value(v).name + "_f32");
    const NodeId next = old.next;
    graph_.EraseNode(n);
    const std::vector<ValueId> outputs = wide.outputs;
    const NodeId made = graph_.AddNode(std::move(wide), next);
    if (!InferNode(&graph_, made, &inference_).ok() || !AllWide(old, outputs)) {
      Restore(old, made, next);
      return false;
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i] == old.outputs[i]) continue;
      wide_[old.outputs[i]] = outputs[i];
      HASTEN_TRY(AddCast(outputs[i], graph_.value(old.outputs[i]).type.dtype, old.outputs[i], next));
    }
    return true;
  }

  bool AllWide(const Node& old, const std::vector<ValueId>& outputs) const {
    for (size_t i = 0; i < outputs.size(); ++i)
      if (outputs[i] != old.outputs[i] && graph_.value(outputs[i]).type.dtype != DType::kF32) return false;
    return true;
  }

  void Restore(const Node& old, NodeId made, NodeId next) {
    const std::vector<ValueId> outputs = graph_.node(made).outputs;
    graph_.EraseNode(made);
    for (size_t i = 0; i < outputs.size(); ++i)
      if (outputs[i] != old.outputs[i]) graph_.EraseValue(outputs[i]);
    Node again = old;
    graph_.AddNode(std::move(again), next);
  }

  Result<ValueId> WideOf(ValueId v, NodeId before) {
    if (const auto known = wide_.find(v); known != wide_.end()) return known->second;
    const std::string name = graph_.value(v).name + "_f32";
    if (const Tensor* from = graph_.constant(v)) {
      HASTEN_ASSIGN(Tensor to, NewTensor(DType::kF32, from->dims));
      HASTEN_TRY(ConvertElements(*from, {}, &to));
      return wide_[v] = graph_.AddConstant(name, std::move(to));
    }
    const ValueId wide = graph_.AddValue(name);
    HASTEN_TRY(AddCast(v, DType::kF32, wide, before));
    return wide_[v] = wide;
  }

  Status AddCast(ValueId from, DType to, ValueId output, NodeId before) {
    Node cast;
    cast.op = cast_;
    cast.attrs = Attrs(cast_->attrs);
    HASTEN_TRY(cast.attrs.Set("to", static_cast<int64_t>(to)));
    cast.inputs = {from};
    cast.outputs = {output};
    return InferNode(&graph_, graph_.AddNode(std::move(cast), before), &inference_);
  }

  Graph& graph_;
  const OpDef* cast_;
  Inference inference_;
  std::map<ValueId, ValueId> wide_;  // of halves
};

}  // namespace

Status WidenHalves(Graph* graph, const PassOptions& options, PassReport::Entry* entry) {
  if (options.numerics < Numerics::kReassociated) return {};
  HASTEN_ASSIGN(const int widened, Widener(graph, options).Run());
  entry->fired += widened;
  return {};
}

}  // namespace hasten
