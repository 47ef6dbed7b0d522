// Graphs as GraphProto messages.  Internal to import/onnx.
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "import/onnx/downgrade.h"
#include "import/onnx/rope.h"
#include "ir/graph.h"

namespace hasten::onnx {

// Where tensors of initializers go: into the message, or into one data file beside it.
class WeightSink {
 public:
  // Tensors of at least `external_bytes` go to the file of that name; all stay in the message if absent.
  WeightSink(std::optional<int64_t> external_bytes, std::string location)
      : external_bytes_(external_bytes), location_(std::move(location)) {}
  // The TensorProto; the constant's memory outlives the rope.  A generator's contents are made and kept here.
  Result<Rope> Write(const Constant& c, std::string_view name, std::string_view doc);
  bool has_external() const { return !external_.empty(); }
  // The data file, padding between tensors included.
  std::vector<std::string_view> External() const { return external_; }

 private:
  std::optional<int64_t> external_bytes_;
  std::string location_;
  std::vector<std::string_view> external_;
  uint64_t external_size_ = 0;
  std::deque<Tensor> generated_;
};

// The names that values of one graph have in the file.
class ValueNames {
 public:
  // `stand_ins` gives, for captured values of `graph`, the value of outer->graph that they stand for.
  ValueNames(const Graph* graph, const ValueNames* outer, const std::unordered_map<ValueId, ValueId>& stand_ins);
  std::string_view Of(ValueId v) const;
  bool IsStandIn(ValueId v) const { return stand_ins_.contains(v); }

 private:
  bool Taken(const std::string& name) const;
  const Graph* graph_;
  const ValueNames* outer_;
  std::unordered_map<ValueId, ValueId> stand_ins_;
  std::unordered_map<ValueId, std::string> renamed_;
  std::unordered_set<std::string> added_;
};

class GraphWriter {
 public:
  GraphWriter(int ir_version, Opsets* opsets, WeightSink* weights)
      : ir_version_(ir_version), opsets_(opsets), weights_(weights) {}

  // The graph and those inside it; nodes' old forms add constants and values to it.
  Result<Rope> Write(Graph* graph) { return Write(graph, nullptr, {}); }

 private:
  using StandIns = std::unordered_map<ValueId, ValueId>;
  Result<Rope> Write(Graph* graph, const ValueNames* outer, const StandIns& stand_ins);
  Status WriteConstants(const Graph& graph, const ValueNames& names, const std::vector<bool>& wanted, bool is_main,
                        Rope* out);
  Result<Rope> WriteNode(const WrittenNode& node, const ValueNames& names);
  Result<Rope> WriteAttr(const NamedAttr& attr, const WrittenNode& node, const ValueNames& names);
  Result<Rope> WriteBody(const GraphPtr& body, const WrittenNode& node, const ValueNames& names);

  int ir_version_;
  Opsets* opsets_;
  WeightSink* weights_;
};

}  // namespace hasten::onnx
