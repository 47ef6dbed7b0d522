#include "passes/driver.h"
#include "passes/inline_body.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Loop"};
constexpr int64_t kMaxTrips = 64, kMaxNodes = 256;
constexpr int64_t kMostLiveNodes = 20000;  // of the graph around: many loops must not fill the memory

struct Loop {
  const Graph* body;
  size_t carried, scanned;
};

// Body: (i, condition, carried...) -> (condition, carried..., scanned...).
std::optional<Loop> LoopAt(const RewriteContext& c, NodeId n, const std::vector<GraphPtr>& bodies) {
  const Node& node = c.node(n);
  const size_t inputs = node.formal_inputs();
  if (bodies.size() != 1 || inputs < 2 || !node.epilogue.empty()) return std::nullopt;
  const Loop loop{bodies[0].get(), inputs - 2, bodies[0]->outputs.size() - (inputs - 1)};
  if (loop.body->inputs.size() != inputs || loop.body->outputs.size() < inputs - 1) return std::nullopt;
  if (node.outputs.size() > loop.carried + loop.scanned || !AnyOutputWanted(node)) return std::nullopt;
  for (size_t i = 2; i < inputs; ++i)
    if (node.inputs[i] == kNone) return std::nullopt;
  return loop;
}

bool WantsScanned(const Node& node, const Loop& loop, size_t k) {
  return loop.carried + k < node.outputs.size() && node.outputs[loop.carried + k] != kNone;
}

// How many nodes that many trips are, of the body and of what stacks scanned values.
int64_t NodesAfter(const RewriteContext& c, NodeId n, const Loop& loop, int64_t trips) {
  int64_t count = trips * static_cast<int64_t>(CountNodes(*loop.body));
  for (size_t k = 0; k < loop.scanned; ++k)
    if (WantsScanned(c.node(n), loop, k)) count += trips + (trips > 1 ? 1 : 0);
  for (const ValueId v : c.node(n).outputs) count += trips == 0 && v != kNone && c.graph().IsOutput(v) ? 1 : 0;
  return count + (trips > 0 ? CopiesForOutputs(c, n, *loop.body, 1) : 0);
}

bool IsSmall(const RewriteContext& c, NodeId n, const Loop& loop, int64_t trips) {
  const int64_t after = NodesAfter(c, n, loop, trips);
  if (c.options().target == Target::kFile) return after <= 1 + static_cast<int64_t>(CountNodes(*loop.body));
  return after <= kMaxNodes && static_cast<int64_t>(c.graph().live_nodes()) + after <= kMostLiveNodes;
}

// Whether a bool of one element is true; nullopt if that is not known.
std::optional<bool> Truth(const Tensor& t) {
  if (!t.data || t.dtype != DType::kBool || t.elements() != 1) return std::nullopt;
  return t.Int(0) != 0;
}

Fact Scalar(Tensor t) {
  Fact fact;
  fact.type = Type::Tensor(t.dtype, Shape::Scalar());
  fact.value = std::move(t);
  return fact;
}

// The body, inferred trip by trip without touching the graph.
class Trial {
 public:
  Trial(const RewriteContext& c, NodeId n, const Loop& loop) : loop_(loop) {
    const Node& node = c.node(n);
    for (size_t i = 0; i < loop.carried; ++i) carried_.push_back(c.FactOf(node.inputs[2 + i]));
    const size_t first = node.inputs.size() - node.captures;
    for (size_t i = 0; i < node.captures; ++i) captured_.push_back(c.FactOf(node.inputs[first + i]));
  }

  // The condition for the next trip; nullopt if it is not known, or if this trip cannot be unrolled: inference finds
  // it wrong, or types change from one trip to the next.
  std::optional<bool> Trip(int64_t i) {
    const Graph& body = *loop_.body;
    inference_.Clear();
    inference_.Set(&body, body.inputs[0], Scalar(ScalarI64(i)));
    inference_.Set(&body, body.inputs[1], Scalar(ScalarOf(DType::kBool, true)));
    for (size_t k = 0; k < loop_.carried; ++k) inference_.Set(&body, body.inputs[2 + k], carried_[k]);
    for (size_t k = 0; k < body.captures.size(); ++k)
      if (body.captures[k] != kNone) inference_.Set(&body, body.captures[k], captured_[k]);
    if (!inference_.Run(body).ok() || !HandsOn(i == 0)) return std::nullopt;
    return Truth(Of(0).value);
  }

 private:
  Fact Of(size_t output) const {
    const GraphValue& value = loop_.body->value(loop_.body->outputs[output]);
    Fact fact = inference_.Get(loop_.body, loop_.body->outputs[output]);
    if (!value.constant || fact.value.data) return fact;
    fact.type = value.type;
    fact.value = value.constant->tensor;
    return fact;
  }
  bool HandsOn(bool is_first) {
    std::vector<Fact> next;
    for (size_t k = 0; k < loop_.carried; ++k) {
      next.push_back(Of(1 + k));
      if (!(next.back().type == carried_[k].type)) return false;
    }
    carried_ = std::move(next);
    scanned_.resize(loop_.scanned);
    for (size_t k = 0; k < loop_.scanned; ++k) {
      Type type = Of(1 + loop_.carried + k).type;
      if (!type.is_tensor() || (!is_first && !(type == scanned_[k]))) return false;
      scanned_[k] = std::move(type);
    }
    return true;
  }

  const Loop loop_;
  Inference inference_{{.fold_small = true}};
  std::vector<Fact> carried_, captured_;
  std::vector<Type> scanned_;
};

// Known only if the loop can be unrolled.
std::optional<int64_t> TripsOf(const RewriteContext& c, NodeId n, const Loop& loop) {
  const Node& node = c.node(n);
  int64_t limit = kMaxTrips + 1;
  if (node.inputs[0] != kNone) {
    const auto known = c.KnownInts(node.inputs[0]);
    if (!known || known->size() != 1) return std::nullopt;
    limit = std::max<int64_t>(0, (*known)[0]);
  }
  std::optional<bool> goes = true;
  if (node.inputs[1] != kNone) {
    const Tensor* known = c.Known(node.inputs[1]);
    goes = known ? Truth(*known) : std::nullopt;
  }
  Trial trial(c, n, loop);
  int64_t trips = 0;
  for (; goes == true && trips < limit; ++trips) {
    if (trips == kMaxTrips || !IsSmall(c, n, loop, trips + 1)) return std::nullopt;
    goes = trial.Trip(trips);
  }
  return goes ? std::optional(trips) : std::nullopt;
}

// Each trip's value as one more row.
Result<ValueId> Stack(RewriteContext& c, NodeId n, const std::vector<ValueId>& rows) {
  std::vector<ValueId> made;
  const ValueId axis = c.AddConstant(c.value(rows[0]).name + ".axis", VectorI64(std::vector<int64_t>{0}));
  for (const ValueId row : rows) {
    HASTEN_ASSIGN(const ValueId v, c.Add("Unsqueeze", {row, axis}, n));
    made.push_back(v);
  }
  if (made.size() == 1) return made[0];
  return c.Add("Concat", made, n, {{"axis", int64_t{0}}});
}

Status Unroll(RewriteContext& c, NodeId n, const Loop& loop, int64_t trips) {
  BodyInliner inliner(&c, n, *loop.body);
  const std::vector<ValueId>& inputs = c.node(n).inputs;
  std::vector<ValueId> carried(inputs.begin() + 2, inputs.begin() + 2 + static_cast<std::ptrdiff_t>(loop.carried));
  std::vector<std::vector<ValueId>> scanned(loop.scanned);
  const ValueId goes = c.AddConstant(loop.body->value(loop.body->inputs[1]).name, ScalarOf(DType::kBool, true));
  for (int64_t i = 0; i < trips; ++i) {
    std::vector<ValueId> arguments{c.AddConstant(loop.body->value(loop.body->inputs[0]).name, ScalarI64(i)), goes};
    arguments.insert(arguments.end(), carried.begin(), carried.end());
    HASTEN_ASSIGN(const auto results, inliner.Inline(arguments, i == 0 ? "" : Str("_", i)));
    for (size_t k = 0; k < loop.carried; ++k) carried[k] = results[1 + k];
    for (size_t k = 0; k < loop.scanned; ++k) scanned[k].push_back(results[1 + loop.carried + k]);
  }
  std::vector<ValueId> values = std::move(carried);
  for (size_t k = 0; k < loop.scanned; ++k) {
    values.push_back(kNone);
    if (!WantsScanned(c.node(n), loop, k)) continue;
    HASTEN_ASSIGN(values.back(), Stack(c, n, scanned[k]));
  }
  return inliner.ReplaceHolder(values);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const std::vector<GraphPtr> bodies = c.node(n).attrs.Graphs();  // keeps the body: the node goes
  const auto loop = LoopAt(c, n, bodies);
  if (!loop || !CanCopyOutputs(c, n) || HasRandomOps(*loop->body)) return false;
  const auto trips = TripsOf(c, n, *loop);
  if (!trips || !IsSmall(c, n, *loop, *trips)) return false;
  // What a loop that never runs stacks has no rows, and nobody knows how long they would be.
  for (size_t k = 0; *trips == 0 && k < loop->scanned; ++k)
    if (WantsScanned(c.node(n), *loop, k)) return false;
  HASTEN_TRY(Unroll(c, n, *loop, *trips));
  return true;
}

}  // namespace

extern const Rule kUnrollLoop = {
    .name = "unroll_loop",
    .doc =
        "Loop that is known to make at most 64 trips, without random ops, whose carried values keep their types -> its "
        "body's nodes, trip by trip, if those are at most 256; in files, if they are no more than before.",
    .benefit = 60,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
