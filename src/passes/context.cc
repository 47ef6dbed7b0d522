#include <algorithm>
#include <unordered_set>

#include "catalog/rules.inc"
#include "passes/rule.h"

namespace hasten {

namespace {

bool IsInput(const Graph& graph, ValueId v) {
  return std::find(graph.inputs.begin(), graph.inputs.end(), v) != graph.inputs.end();
}

}  // namespace

bool IsRead(const Graph& graph, ValueId v) {
  return v != kNone && graph.value(v).alive && (!graph.value(v).uses.empty() || graph.IsOutput(v));
}

bool SameFact(const Fact& a, const Fact& b) {
  return a.type == b.type && !a.ints && !b.ints && a.value.data == b.value.data;
}

std::span<const Rule* const> BuiltInRules() { return rules::kCatalog; }

const Type& RewriteContext::type(ValueId v) const {
  static const Type unknown;
  return v == kNone ? unknown : graph_.value(v).type;
}

std::optional<Dims> RewriteContext::dims(ValueId v) const {
  return type(v).is_tensor() ? type(v).shape.Concrete() : std::nullopt;
}

NodeId RewriteContext::Producer(ValueId v, std::string_view op) const {
  if (v == kNone) return kNone;
  const NodeId n = graph_.value(v).producer;
  return n != kNone && node(n).op && node(n).op->name == op ? n : kNone;
}

NodeId RewriteContext::Producer(ValueId v, std::initializer_list<std::string_view> ops) const {
  for (const std::string_view op : ops)
    if (const NodeId n = Producer(v, op); n != kNone) return n;
  return kNone;
}

const Tensor* RewriteContext::Known(ValueId v) const {
  if (v == kNone) return nullptr;
  // An input with a default is no constant: the caller may give another one.
  if (const Tensor* t = graph_.constant(v)) return IsInput(graph_, v) ? nullptr : t;
  const Fact& fact = inference_.Get(&graph_, v);
  return fact.value.data && fact.value.place == Place{} ? &fact.value : nullptr;
}

std::optional<std::vector<int64_t>> RewriteContext::KnownInts(ValueId v) const {
  const Tensor* t = Known(v);
  if (!t || !IsInteger(t->dtype)) return std::nullopt;
  return ToInts(*t);
}

Fact RewriteContext::FactOf(ValueId v) const {
  Fact fact = inference_.Get(&graph_, v);
  fact.type = graph_.value(v).type;
  if (const Tensor* known = Known(v)) fact.value = *known;
  return fact;
}

bool RewriteContext::OnlyUse(ValueId v) const { return graph_.value(v).uses.size() == 1 && !graph_.IsOutput(v); }

bool RewriteContext::CanReplace(ValueId v, ValueId by) const {
  if (v == by) return false;
  if (!graph_.IsOutput(v)) return true;
  const GraphValue& value = graph_.value(by);
  return !graph_.IsOutput(by) && (value.producer != kNone || value.constant) && !IsInput(graph_, by);
}

bool RewriteContext::Before(NodeId a, NodeId b) const {
  if (position_.empty()) {
    position_.assign(graph_.node_slots(), 0);
    uint64_t next = 0;
    for (NodeId n = graph_.first(); n != kNone; n = graph_.node(n).next) position_[n] = next += kGap;
  }
  return position_[a] < position_[b];
}

// Half way between its neighbours; where there is no room, all are counted anew when someone asks.
void RewriteContext::NotePosition(NodeId n) {
  if (position_.empty()) return;
  position_.resize(graph_.node_slots());
  const NodeId before = node(n).previous, after = node(n).next;
  const uint64_t low = before == kNone ? 0 : position_[before];
  const uint64_t high = after == kNone ? low + 2 * kGap : position_[after];
  position_[n] = low + (high - low) / 2;
  if (position_[n] == low) position_.clear();
}

Result<ValueId> RewriteContext::Add(std::string_view op, std::vector<ValueId> inputs, NodeId before,
                                    const std::vector<NamedAttr>& attrs) {
  Node made;
  made.op = options_.catalog->Find(op);
  if (!made.op) return Status(Code::kUnsupported, Str("op ", op, " is not known"));
  made.attrs = Attrs(made.op->attrs);
  for (const NamedAttr& a : attrs) HASTEN_TRY(made.attrs.Set(a.name, a.value));
  made.inputs = std::move(inputs);
  return AddNode(std::move(made), before);
}

Result<ValueId> RewriteContext::AddNode(Node made, NodeId before) {
  HASTEN_ASSIGN(const auto outputs, AddNode(std::move(made), before, {true}));
  return outputs[0];
}

Result<std::vector<ValueId>> RewriteContext::AddNode(Node made, NodeId before, const std::vector<bool>& wanted) {
  std::vector<ValueId> outputs;
  for (const bool is_wanted : wanted)
    outputs.push_back(is_wanted ? graph_.AddValue(before == kNone ? "" : node(before).name) : kNone);
  made.outputs = outputs;
  if (made.name.empty() && before != kNone) made.name = node(before).name;
  HASTEN_TRY(Insert(std::move(made), before));
  return outputs;
}

Node RewriteContext::Like(NodeId n) const {
  Node made;
  made.op = node(n).op;
  made.name = node(n).name;
  made.attrs = node(n).attrs;
  made.inputs = node(n).inputs;
  made.captures = node(n).captures;
  return made;
}

Status RewriteContext::ReplaceNode(NodeId n, Node made) {
  const std::vector<ValueId> old = made.outputs;
  std::vector<bool> wanted;
  for (const ValueId v : old) wanted.push_back(v != kNone);
  HASTEN_ASSIGN(const auto outputs, AddNode(std::move(made), n, wanted));
  for (size_t i = 0; i < old.size(); ++i)
    if (IsRead(graph_, old[i])) Replace(old[i], outputs[i]);
  return {};
}

Status RewriteContext::Insert(Node made, NodeId before) {
  const NodeId n = graph_.AddNode(std::move(made), before);
  NotePosition(n);
  Touch(n);
  Status status = InferNode(&graph_, n, &inference_);
  return status.ok() ? std::move(status) : std::move(status).At(graph_.Where(n));
}

ValueId RewriteContext::CopyValue(const GraphValue& from) {
  const ValueId v = graph_.AddValue(from.name, from.type);
  GraphValue& copy = graph_.value(v);
  copy.declared = from.declared;
  copy.doc = from.doc;
  copy.metadata = from.metadata;
  return v;
}

ValueId RewriteContext::CopyConstant(const GraphValue& constant) {
  const ValueId v = CopyValue(constant);
  graph_.value(v).constant = constant.constant;
  return v;
}

Result<std::vector<ValueId>> RewriteContext::CopyNode(Node made, const Graph& from, NodeId before) {
  for (ValueId& v : made.outputs)
    if (v != kNone) v = CopyValue(from.value(v));
  std::vector<ValueId> outputs = made.outputs;
  HASTEN_TRY(Insert(std::move(made), before));
  return outputs;
}

ValueId RewriteContext::AddConstant(std::string_view like, Tensor t) {
  return graph_.AddConstant(std::string(like), std::move(t));
}

void RewriteContext::TouchUsers(ValueId v) {
  for (const Use use : graph_.value(v).uses) Touch(use.node);
}

void RewriteContext::TakeName(ValueId from, ValueId to) {
  GraphValue &old = graph_.value(from), &now = graph_.value(to);
  const std::string label = old.name, other = now.name;
  std::string free = label + "~";
  while (graph_.FindValue(free) != kNone) free += "~";
  HASTEN_CHECK(graph_.Rename(from, free).ok() && graph_.Rename(to, label).ok() && graph_.Rename(from, other).ok());
  now.declared = old.declared;
  now.doc = std::move(old.doc);
  now.metadata = std::move(old.metadata);
}

void RewriteContext::Replace(ValueId v, ValueId by) {
  if (graph_.IsOutput(v) || (by >= first_made_ && !graph_.IsOutput(by))) TakeName(v, by);
  TouchUsers(v);
  Touch(graph_.value(by).producer);
  graph_.ReplaceUses(v, by);
  if (const NodeId n = graph_.value(v).producer; n != kNone) EraseIfUnused(n);
}

void RewriteContext::InferAgain(const std::vector<ValueId>& changed, NodeId first) {
  std::unordered_set<ValueId> anew(changed.begin(), changed.end());
  for (NodeId n = first; n != kNone; n = node(n).next) {
    const auto& in = node(n).inputs;
    if (std::none_of(in.begin(), in.end(), [&](ValueId v) { return anew.count(v) > 0; })) continue;
    const std::vector<ValueId> outputs = node(n).outputs;
    std::vector<Fact> before;
    for (ValueId v : outputs) before.push_back(v == kNone ? Fact() : FactOf(v));
    if (!InferNode(&graph_, n, &inference_).ok()) return;
    Touch(n);
    for (size_t i = 0; i < outputs.size(); ++i)
      if (outputs[i] != kNone && !SameFact(before[i], FactOf(outputs[i]))) anew.insert(outputs[i]);
  }
}

void RewriteContext::SetInput(NodeId n, size_t index, ValueId v) {
  const ValueId old = node(n).inputs[index];
  graph_.SetInput(n, index, v);
  Touch(n);
  if (v != kNone) Touch(graph_.value(v).producer);
  if (old != kNone && graph_.value(old).producer != kNone) EraseIfUnused(graph_.value(old).producer);
}

void RewriteContext::MoveBefore(NodeId n, NodeId before) {
  graph_.MoveBefore(n, before);
  NotePosition(n);
}

Node& RewriteContext::Edit(NodeId n) {
  Touch(n);
  for (ValueId v : node(n).outputs)
    if (v != kNone) TouchUsers(v);
  return graph_.node(n);
}

void RewriteContext::EraseIfUnused(NodeId n) {
  std::vector<NodeId> left{n};
  while (!left.empty()) {
    const NodeId at = left.back();
    left.pop_back();
    if (!node(at).alive) continue;
    const std::vector<ValueId> outputs = node(at).outputs, inputs = node(at).inputs;
    if (std::any_of(outputs.begin(), outputs.end(), [&](ValueId v) { return IsRead(graph_, v); })) continue;
    graph_.EraseNode(at);
    for (ValueId v : outputs)
      if (v != kNone) graph_.EraseValue(v);
    for (ValueId v : inputs) {
      if (v == kNone || !graph_.value(v).alive) continue;
      const NodeId producer = graph_.value(v).producer;
      TouchUsers(v);
      if (producer == kNone) continue;
      Touch(producer);
      left.push_back(producer);
    }
  }
}

}  // namespace hasten
