// Local rewrites of the portable graph.  A rule looks at the neighbourhood of one node; the driver (passes/driver.h)
// applies all rules of a stage until none fires.
#pragma once
#include "ops/infer.h"
#include "passes/options.h"

namespace hasten {

// Rules of one stage run together, to a fixed point; the stages' order is in passes/pipeline.cc.
enum class Stage : uint8_t {
  kSimplify,      // fewer and plainer nodes; any graph may be saved after it
  kWeights,       // constant arithmetic moves into weights
  kAttention,     // what attends becomes one node
  kEpilogue,      // elementwise nodes move into the node that feeds them
  kPointwise,     // what is left of them becomes pointwise programs
  kMerge,         // several nodes become one op of the standard; most are for files: plans have epilogues and programs
  kContribWhole,  // many nodes become one op of com.microsoft, where options allow that: those whose parts ...
  kContrib,       // ... become others
  kSiblings,      // what is left of layers that read one value becomes one layer
};

// The graph a rule edits.  All edits go through here, so that the driver knows what to look at again.  A reference to
// a type or a node holds until something is added.
class RewriteContext {
 public:
  RewriteContext(Graph* graph, Inference* inference, const PassOptions& options)
      : graph_(*graph),
        inference_(*inference),
        options_(options),
        first_made_(static_cast<ValueId>(graph->value_slots())) {}

  const Graph& graph() const { return graph_; }
  const PassOptions& options() const { return options_; }
  const Node& node(NodeId n) const { return graph_.node(n); }
  const GraphValue& value(ValueId v) const { return graph_.value(v); }
  const Type& type(ValueId v) const;  // unknown for kNone
  std::optional<Dims> dims(ValueId v) const;
  // The node that computes v if its op has this name; kNone otherwise.
  NodeId Producer(ValueId v, std::string_view op) const;
  // The same of the first of these ops that does.
  NodeId Producer(ValueId v, std::initializer_list<std::string_view> ops) const;
  // Contents known before any run: of constants, and of what inference can tell.  Null if unknown.
  const Tensor* Known(ValueId v) const;
  std::optional<std::vector<int64_t>> KnownInts(ValueId v) const;
  // All that inference can tell of v.
  Fact FactOf(ValueId v) const;
  // Exactly one node reads v, once, and the graph does not give it out.
  bool OnlyUse(ValueId v) const;
  // Whether Replace can put `by` in v's place: a graph output keeps its name, so that `by` must be free to take it.
  bool CanReplace(ValueId v, ValueId by) const;
  // True if node a stands before node b.
  bool Before(NodeId a, NodeId b) const;

  // A new node in front of `before`; its only output, typed.  Null if the op refuses its operands.
  Result<ValueId> Add(std::string_view op, std::vector<ValueId> inputs, NodeId before,
                      const std::vector<NamedAttr>& attrs = {});
  Result<ValueId> AddNode(Node node, NodeId before);  // node.outputs is filled in
  // The same with an output for each entry of `wanted`; kNone where that is false.
  Result<std::vector<ValueId>> AddNode(Node node, NodeId before, const std::vector<bool>& wanted);
  // Op, name, attributes and inputs of n, for a node that differs from it in some of them.  Precondition: no epilogue.
  Node Like(NodeId n) const;
  // A new node in n's place, whose outputs stand for made.outputs, which n or others gave (kNone: left out): those that
  // are read become the new ones.
  Status ReplaceNode(NodeId n, Node made);
  ValueId AddConstant(std::string_view like, Tensor t);
  // Constants and nodes of another graph.  The node's inputs are values of this one, its outputs of `from`; what the
  // file says of them stays, and names are made unique.  Returns the outputs here.
  ValueId CopyConstant(const GraphValue& constant);
  Result<std::vector<ValueId>> CopyNode(Node node, const Graph& from, NodeId before);
  // Every use of v becomes one of `by`, and v's node goes if nothing else of it is used.  A value that a rule made
  // takes v's name.  Precondition: CanReplace.
  void Replace(ValueId v, ValueId by);
  // Infers nodes from `first` on again, as far as they depend on these values.  Where that fails, older facts stay.
  void InferAgain(const std::vector<ValueId>& changed, NodeId first);
  void SetInput(NodeId n, size_t index, ValueId v);
  void MoveBefore(NodeId n, NodeId before);
  // Attributes in place.
  Node& Edit(NodeId n);
  // Erases a node whose outputs nobody uses, and what it alone kept alive.
  void EraseIfUnused(NodeId n);

  std::vector<NodeId> TakeTouched() { return std::exchange(touched_, {}); }

 private:
  void Touch(NodeId n) {
    if (n != kNone) touched_.push_back(n);
  }
  void TouchUsers(ValueId v);
  Status Insert(Node made, NodeId before);
  ValueId CopyValue(const GraphValue& from);
  void NotePosition(NodeId n);
  void TakeName(ValueId from, ValueId to);

  Graph& graph_;
  Inference& inference_;
  const PassOptions& options_;
  const ValueId first_made_;  // values from here on are made by rules
  std::vector<NodeId> touched_;
  static constexpr uint64_t kGap = uint64_t{1} << 24;  // between the positions of neighbours, for nodes to come
  mutable std::vector<uint64_t> position_;             // by node, rising in topological order; empty: not known
};

// Whether a node of the graph reads v, or the graph gives it out; false of kNone and of what is gone.
bool IsRead(const Graph& graph, ValueId v);

// Whether inference tells the same of two values; false if that is hard to tell.
bool SameFact(const Fact& a, const Fact& b);

struct Rule {
  std::string_view name;  // the file's
  std::string_view doc;   // what becomes what, and when
  Stage stage = Stage::kSimplify;
  int benefit = 0;  // rules of one stage are tried at a node in falling order of it
  Numerics numerics = Numerics::kExact;
  Target target = Target::kAny;
  std::span<const std::string_view> roots = {};  // ops whose nodes it looks at; empty: all
  // True if it changed the graph.  It must not have changed anything if it says false.
  Result<bool> (*apply)(RewriteContext&, NodeId) = nullptr;
};

std::span<const Rule* const> BuiltInRules();

}  // namespace hasten
