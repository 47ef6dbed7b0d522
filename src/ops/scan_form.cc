#include <limits>

#include "ops/scan.h"

// Opset 9 took the batch axis and sequence_lens away: Scan's form of opset 8 is then a Scan over the batch whose body
// holds a Scan over the row's own steps.
namespace hasten {
namespace {

Type WithoutFirstAxis(const Type& t) {
  if (!t.is_tensor() || !t.shape.ranked() || t.shape.rank() == 0) return Type::Tensor(t.dtype, Shape::Unknown());
  return Type::Tensor(t.dtype, Shape(std::vector<Dim>(t.shape.dims().begin() + 1, t.shape.dims().end())));
}

Type WithFirstAxis(const Type& t) {
  if (!t.is_tensor() || !t.shape.ranked()) return Type::Tensor(t.dtype, Shape::Unknown());
  std::vector<Dim> dims = t.shape.dims();
  dims.insert(dims.begin(), Dim::Fresh());
  return Type::Tensor(t.dtype, Shape(std::move(dims)));
}

// The body of the Scan over the batch: what one row does.
class RowGraph {
 public:
  RowGraph(const OnnxNode& scan, GraphPtr body)
      : opset_(scan.opset),
        steps_(std::move(body)),
        scans_(static_cast<size_t>(scan.Int("num_scan_inputs", 0))),
        states_(scan.inputs.size() - 1 - scans_) {
    graph_->name = steps_->name.empty() ? "rows" : Str(steps_->name, "_rows");
    if (scan.has(0)) length_ = Input("length", Type::Tensor(DType::kI64, Shape::Scalar()));
    for (size_t i = 1; i < scan.inputs.size(); ++i)
      operands_.push_back(Input(steps_->value(steps_->inputs[i - 1]).name, WithoutFirstAxis(scan.TypeOf(i))));
  }

  Status Build(const std::optional<AttrValue>& directions) {
    for (size_t i = 0; i < steps_->outputs.size(); ++i)
      if (length_ != kNone && i >= states_ && steps_->value(steps_->outputs[i]).type.dtype == DType::kNone)
        return Status(Code::kUnsupported, Str("output ", i, " of unknown type cannot be padded at opset ", opset_));
    std::vector<ValueId> results = Steps(directions);
    for (size_t i = states_; length_ != kNone && i < results.size(); ++i)
      results[i] = Pad(results[i], steps_->value(steps_->outputs[i]).type);
    graph_->outputs = std::move(results);
    return {};
  }
  GraphPtr graph() const { return graph_; }

 private:
  ValueId Input(std::string_view name, Type type) {
    const ValueId v = graph_->AddValue(std::string(name), std::move(type));
    graph_->inputs.push_back(v);
    return v;
  }
  ValueId Ints(std::vector<int64_t> v) { return graph_->AddConstant("", VectorI64(v)); }

  // A node as it will stand in the file.
  Node Written(std::string_view type, std::vector<ValueId> in, std::vector<NamedAttr> attrs) {
    Node node;
    node.opaque = std::make_shared<OpaqueOp>(OpaqueOp{"", std::string(type), opset_, std::move(attrs)});
    node.inputs = std::move(in);
    return node;
  }
  ValueId Emit(std::string_view type, std::vector<ValueId> in, std::vector<NamedAttr> attrs = {}, Type result = {}) {
    Node node = Written(type, std::move(in), std::move(attrs));
    node.outputs = {graph_->AddValue("", std::move(result))};
    const ValueId out = node.outputs[0];
    graph_->AddNode(std::move(node));
    return out;
  }

  std::vector<ValueId> Steps(const std::optional<AttrValue>& directions) {
    std::vector<NamedAttr> attrs{{"body", steps_}, {"num_scan_inputs", static_cast<int64_t>(scans_)}};
    if (directions) attrs.push_back({"scan_input_directions", *directions});
    std::vector<ValueId> in = operands_;
    if (length_ != kNone) {
      length_ = Emit("Reshape", {length_, Ints({1})});
      longest_ = Emit("Slice", {Emit("Shape", {in[states_]}), Ints({0}), Ints({1}), Ints({0})});
      // Cut, so that backwards begins at the row's own end.
      for (size_t i = states_; i < in.size(); ++i) in[i] = Emit("Slice", {in[i], Ints({0}), length_, Ints({0})});
    }
    Node node = Written("Scan", std::move(in), std::move(attrs));
    for (size_t i = 0; i < steps_->outputs.size(); ++i) {
      const GraphValue& of_step = steps_->value(steps_->outputs[i]);
      node.outputs.push_back(graph_->AddValue(of_step.name, i < states_ ? of_step.type : WithFirstAxis(of_step.type)));
    }
    node.captures = static_cast<uint32_t>(steps_->captures.size());
    for (const ValueId v : steps_->captures) {
      graph_->captures.push_back(v == kNone ? kNone : graph_->AddValue(steps_->value(v).name, steps_->value(v).type));
      node.inputs.push_back(graph_->captures.back());
    }
    std::vector<ValueId> results = node.outputs;
    graph_->AddNode(std::move(node));
    return results;
  }

  // Zeros behind a row's results, as many as it is shorter than the longest row.
  ValueId Pad(ValueId stacked, const Type& element) {
    const ValueId rest =
        Emit("Slice", {Emit("Shape", {stacked}), Ints({1}), Ints({std::numeric_limits<int64_t>::max()}), Ints({0})});
    const ValueId missing = Emit("Sub", {longest_, length_});
    const ValueId dims = Emit("Concat", {missing, rest}, {{"axis", int64_t{0}}});
    Tensor zero = ScalarOf(element.dtype, 0);
    zero.dims = {1};
    const ValueId zeros = Emit("ConstantOfShape", {dims}, {{"value", std::move(zero)}});
    return Emit("Concat", {stacked, zeros}, {{"axis", int64_t{0}}}, WithFirstAxis(element));
  }

  int opset_;
  GraphPtr steps_, graph_ = std::make_shared<Graph>();
  size_t scans_, states_;
  ValueId length_ = kNone, longest_ = kNone;
  std::vector<ValueId> operands_;
};

}  // namespace

Status ScanOverBatch(OnnxNode& n) {
  if (n.opset < 9 || !n.Take("batched")) return {};
  if (n.has(0) && n.opset < 10)
    return Status(Code::kUnsupported, "Scan has no sequence_lens at opset 9, and Slice no computed ends");
  const GraphPtr* body = n.Get<GraphPtr>("body");
  const int64_t scans = n.Int("num_scan_inputs", 0);
  HASTEN_REQUIRE(body && *body && scans >= 1 && static_cast<size_t>(scans) < n.inputs.size() &&
                     (*body)->inputs.size() + 1 == n.inputs.size(),
                 "body must take what Scan is given");
  RowGraph row(n, *body);
  HASTEN_TRY(row.Build(n.Take("scan_input_directions")));
  if (!n.has(0)) n.inputs.erase(n.inputs.begin());
  n.attrs = {{"body", row.graph()}, {"num_scan_inputs", static_cast<int64_t>(n.inputs.size())}};
  return {};
}

}  // namespace hasten
