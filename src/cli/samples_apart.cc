#include "cli/samples_apart.h"

#include "passes/attributes.h"

namespace hasten::cli {
namespace {

// Ops with one output that compute each entry of axis 0 of input 0 by itself.
constexpr std::string_view kBatched[] = {"AveragePool",
                                         "BatchNormalization",
                                         "Conv",
                                         "ConvTranspose",
                                         "DepthToSpace",
                                         "GlobalAveragePool",
                                         "GlobalLpPool",
                                         "GlobalMaxPool",
                                         "GroupNormalization",
                                         "InstanceNormalization",
                                         "LRN",
                                         "LpPool",
                                         "MaxPool",
                                         "SpaceToDepth"};

class Samples {
 public:
  explicit Samples(const Graph& graph) : graph_(graph), leads_(graph.value_slots()) {}

  bool StayApart() {
    if (!ReadInputs()) return false;
    for (const NodeId n : graph_.Order()) {
      const Node& node = graph_.node(n);
      if (!Any(node, 0)) continue;
      if (!node.op || !KeepsApart(node)) return false;
      for (const ValueId v : node.outputs) {
        if (v != kNone && !(ShapeOf(v).ranked() && Rank(v) > 0 && ShapeOf(v)[0] == *count_)) return false;
        if (v != kNone) leads_[v] = true;
      }
    }
    return true;
  }

 private:
  const Shape& ShapeOf(ValueId v) const { return graph_.value(v).type.shape; }
  int Rank(ValueId v) const { return ShapeOf(v).rank(); }

  bool ReadInputs() {
    for (const ValueId v : graph_.inputs) {
      if (!graph_.value(v).type.is_tensor() || !ShapeOf(v).ranked() || Rank(v) == 0) return false;
      const Shape& shape = ShapeOf(v);
      if (!count_ && !shape[0].is_const()) count_ = shape[0];
      if (!count_ || !(shape[0] == *count_)) return false;
      for (int i = 1; i < shape.rank(); ++i)
        if (shape[i] == *count_) return false;
      leads_[v] = true;
    }
    return count_.has_value();
  }

  // Whether axis 0 of an input from `first` on counts samples.
  bool Any(const Node& node, size_t first) const {
    return std::any_of(node.inputs.begin() + static_cast<ptrdiff_t>(std::min(first, node.inputs.size())),
                       node.inputs.end(), [&](ValueId v) { return v != kNone && leads_[v]; });
  }

  // Operands without samples must be the same for each.
  bool Broadcasts(const Node& node) const {
    const ValueId y = node.outputs[0];
    if (y == kNone || !ShapeOf(y).ranked()) return false;
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) {
      if (v == kNone) return true;
      if (!ShapeOf(v).ranked()) return false;
      return leads_[v] ? Rank(v) == Rank(y) : Rank(v) < Rank(y) || ShapeOf(v)[0].is(1);
    });
  }

  // `axis` of a node whose input 0 has samples, counted from the front.
  int64_t Axis(const Node& node) const {
    const auto axis = AttrOr<int64_t>(node, "axis", 0);
    return axis < 0 ? axis + Rank(node.inputs[0]) : axis;
  }

  bool KeepsApart(const Node& node) const {
    const std::string_view op = node.op->name;
    if (node.op->traits.elementwise) return !node.op->traits.random && Broadcasts(node);
    if (op == "Concat")
      return Axis(node) != 0 &&
             std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) { return v != kNone && leads_[v]; });
    if (!leads_[node.inputs[0]] || Any(node, 1)) return false;
    const auto rank_is = [&](size_t i, int rank) {
      return i >= node.inputs.size() || node.inputs[i] == kNone ||
             (ShapeOf(node.inputs[i]).ranked() && Rank(node.inputs[i]) == rank);
    };
    if (op == "Reshape") return true;  // what it gives must have the same first axis
    if (op == "Flatten") return Axis(node) > 0;
    if (op == "Softmax" || op == "LogSoftmax") return Axis(node) != 0;
    if (op == "Transpose") return !PermOf(node).empty() && PermOf(node)[0] == 0;
    if (op == "MatMul") return Rank(node.inputs[0]) > 1 && rank_is(1, 2);
    if (op == "Gemm") return AttrOr<int64_t>(node, "transA", 0) == 0 && (rank_is(2, 0) || rank_is(2, 1));
    if (op == "QuantizeLinear" || op == "DequantizeLinear")
      return rank_is(1, 0) || (rank_is(1, 1) && (Axis(node) != 0 || ShapeOf(node.inputs[1])[0].is(1)));
    return std::find(std::begin(kBatched), std::end(kBatched), op) != std::end(kBatched) && node.outputs.size() == 1 &&
           AttrOr<int64_t>(node, "training_mode", 0) == 0;
  }

  const Graph& graph_;
  std::optional<Dim> count_;
  std::vector<bool> leads_;  // per value: its axis 0 counts samples
};

}  // namespace

bool KeepsSamplesApart(const Graph& graph) { return Samples(graph).StayApart(); }

}  // namespace hasten::cli
