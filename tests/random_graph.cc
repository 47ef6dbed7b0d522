#include "random_graph.h"

#include <map>

#include "ops/interpret.h"

namespace hasten {
namespace {

constexpr double kLimit = 1000;  // of magnitudes: f16 holds integers to 2048

// A value the generator may use, and how large its elements can get.
struct Item {
  ValueId id;
  double bound;
};

class Maker {
 public:
  Maker(uint64_t seed, const RandomGraphOptions& options) : random_(seed), options_(options) {}

  RandomGraph Make() {
    RandomGraph out;
    out.model = std::make_shared<Model>();
    out.model->opsets = {{"", 22}};
    graph_ = &out.model->graph;
    graph_->name = "random";
    MakeInputs(&out);
    Grow(options_.nodes);
    for (const Item& item : items_)
      if (graph_->value(item.id).uses.empty() && graph_->value(item.id).producer != kNone)
        graph_->outputs.push_back(item.id);
    return out;
  }

 private:
  int Pick(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  bool Chance(int percent) { return Pick(100) < percent; }
  const Type& TypeOfItem(const Item& i) const { return graph_->value(i.id).type; }
  DType DTypeOf(const Item& i) const { return TypeOfItem(i).dtype; }

  void MakeInputs(RandomGraph* out) {
    constexpr DType kTypes[] = {DType::kF32, DType::kF32, DType::kF32, DType::kI64,
                                DType::kI32, DType::kF64, DType::kF16, DType::kBool};
    const Dims shapes[] = {{2, 3, 4}, {4}, {3, 4}, {1, 4}, {2, 1, 4}, {5, 4}};
    for (int i = 0; i < 6; ++i) {
      const DType dtype = kTypes[Pick(8)];
      Dims dims = shapes[static_cast<size_t>(Pick(6))];
      Shape shape(dims);
      if (dims[0] == 5) shape[0] = Dim::Symbol("n");
      const ValueId v = graph_->AddValue(Str("in", i), Type::Tensor(dtype, shape));
      graph_->value(v).declared = graph_->value(v).type;
      graph_->inputs.push_back(v);
      const double high = dtype == DType::kBool ? 1 : 4;
      Generator g{Generator::Kind::kIntegers, random_(), dtype == DType::kBool ? 0 : -high, high};
      if (options_.real_values && IsFloat(dtype)) g = {Generator::Kind::kUniform, random_(), -2, 2};
      out->inputs.emplace_back(*Generate(g, dtype, dims));
      values_[v] = out->inputs.back();
      items_.push_back({v, high});
    }
    condition_ = MakeScalarInput("condition", ScalarOf(DType::kBool, Pick(2)), out);
    trips_ = MakeScalarInput("trips", ScalarI64(1 + Pick(3)), out);  // so that bodies must be sound
  }
  ValueId MakeScalarInput(const char* name, Tensor t, RandomGraph* out) {
    const ValueId v = graph_->AddValue(name, Type::Tensor(t.dtype, Shape::Scalar()));
    graph_->value(v).declared = graph_->value(v).type;
    graph_->inputs.push_back(v);
    out->inputs.emplace_back(std::move(t));
    values_[v] = out->inputs.back();
    return v;
  }
  // What decides over a region: an input of the main graph, or known.
  ValueId Deciding(ValueId input, Tensor known) {
    return depth_ == 0 && Chance(50) ? input : graph_->AddConstant("", std::move(known));
  }

  // Adds a node; false (and no trace) if its types do not fit.
  bool Add(std::string_view op_name, std::vector<ValueId> inputs, double bound, std::vector<NamedAttr> attrs = {},
           int outputs = 1, uint32_t captures = 0) {
    Node node;
    node.op = Catalog::BuiltIn().Find(op_name);
    if (!node.op) return false;
    node.attrs = Attrs(node.op->attrs);
    for (const NamedAttr& a : attrs)
      if (!node.attrs.Set(a.name, a.value).ok()) return false;
    node.inputs = std::move(inputs);
    node.captures = captures;
    node.name = Str(op_name, "_", graph_->node_slots());
    for (int i = 0; i < outputs; ++i) node.outputs.push_back(graph_->AddValue(""));
    const std::vector<ValueId> made = node.outputs;
    const NodeId n = graph_->AddNode(std::move(node));
    if (!InferNode(graph_, n, &inference_).ok()) {
      graph_->EraseNode(n);
      for (ValueId v : made) graph_->EraseValue(v);
      return false;
    }
    if (depth_ == 0 && !Runs(n)) {
      graph_->EraseNode(n);
      for (ValueId v : made) graph_->EraseValue(v);
      return false;
    }
    for (ValueId v : made) items_.push_back({v, bound});
    return true;
  }
  // Types leave some things open (dims that are symbols): a node stays if it runs on the graph's inputs.
  bool Runs(NodeId n) {
    const Node& node = graph_->node(n);
    std::vector<const Value*> in;
    for (ValueId v : node.inputs) {
      if (v != kNone && graph_->constant(v)) values_[v] = Value(*graph_->constant(v));
      in.push_back(v == kNone ? nullptr : &values_[v]);
    }
    const std::span<const Value* const> all(in);
    std::vector<Value> results(node.outputs.size());
    std::vector<Value*> out;
    for (Value& r : results) out.push_back(&r);
    LocalServices services;
    const NodeOperands operands{all.first(node.formal_inputs()), {}, all.last(node.captures)};
    if (!RunReference(node, n, operands, out, services.get()).ok()) return false;
    for (size_t i = 0; i < results.size(); ++i) values_[node.outputs[i]] = std::move(results[i]);
    return true;
  }
  ValueId Ints(std::vector<int64_t> v) { return graph_->AddConstant("", VectorI64(v)); }

  const Item& Any() { return items_[static_cast<size_t>(Pick(static_cast<int>(items_.size())))]; }
  // Two items of one dtype.
  std::pair<Item, Item> Pair() {
    const Item a = Any();
    for (int tries = 0; tries < 20; ++tries) {
      const Item b = Any();
      if (DTypeOf(a) == DTypeOf(b)) return {a, b};
    }
    return {a, a};
  }
  bool Number(const Item& i) const { return TypeOfItem(i).is_tensor() && DTypeOf(i) != DType::kBool; }

  void Grow(int nodes) {
    for (int tries = 0; static_cast<int>(graph_->live_nodes()) < nodes && tries < nodes * 20; ++tries) {
      const int kind = Pick(100);
      if (kind < 25)
        Unary();
      else if (kind < 55)
        Binary();
      else if (kind < 65)
        Logic();
      else if (kind < 90)
        Move();
      else if (kind < 94)
        Reduce();
      else if (options_.control_flow && depth_ == 0)
        Region();
    }
  }

  void Unary() {
    const Item x = Any();
    if (!Number(x)) {
      Add("Not", {x.id}, 1);
      return;
    }
    constexpr std::string_view kOps[] = {"Relu", "Abs", "Neg", "Sign", "Identity"};
    constexpr std::string_view kReal[] = {"Sigmoid", "Tanh", "Exp", "Erf"};
    constexpr DType kTo[] = {DType::kF32, DType::kF16, DType::kI64, DType::kI32, DType::kF64, DType::kBool, DType::kI8};
    const int pick = Pick(9);
    if (pick < 5)
      Add(kOps[pick], {x.id}, x.bound);
    else if (pick < 7 && x.bound < 100)
      Add("Cast", {x.id}, x.bound, {{"to", static_cast<int64_t>(kTo[Pick(7)])}});
    else if (options_.real_values && IsFloat(DTypeOf(x)) && x.bound < 8)
      Add(kReal[Pick(4)], {x.id}, 3000);
    else
      Clip(x);
  }
  void Clip(const Item& x) {
    const ValueId low = graph_->AddConstant("", ScalarOf(DTypeOf(x), -3)),
                  high = graph_->AddConstant("", ScalarOf(DTypeOf(x), 3));
    if (!Add("Clip", {x.id, low, high}, 3)) Add("Identity", {x.id}, x.bound);
  }
  void Binary() {
    const auto [a, b] = Pair();
    if (!Number(a) || !Number(b)) {
      constexpr std::string_view kOps[] = {"And", "Or", "Xor"};
      if (!Number(a) && !Number(b)) Add(kOps[Pick(3)], {a.id, b.id}, 1);
      return;
    }
    const double limit = DTypeOf(a) == DType::kI8 ? 100 : kLimit;
    switch (Pick(5)) {
      case 0:
        if (a.bound + b.bound < limit) Add("Add", {a.id, b.id}, a.bound + b.bound);
        break;
      case 1:
        if (a.bound + b.bound < limit) Add("Sub", {a.id, b.id}, a.bound + b.bound);
        break;
      case 2:
        if (a.bound * b.bound < limit) Add("Mul", {a.id, b.id}, a.bound * b.bound);
        break;
      case 3: Add("Max", {a.id, b.id}, std::max(a.bound, b.bound)); break;
      default: Add("Min", {a.id, b.id}, std::max(a.bound, b.bound));
    }
  }
  void Logic() {
    const auto [a, b] = Pair();
    constexpr std::string_view kOps[] = {"Less", "Greater", "Equal"};
    if (Number(a) && Number(b) && Add(kOps[Pick(3)], {a.id, b.id}, 1) && Chance(70))
      Add("Where", {items_.back().id, a.id, b.id}, std::max(a.bound, b.bound));
  }
  void Move() {
    const Item x = Any();
    if (!TypeOfItem(x).is_tensor() || !TypeOfItem(x).shape.ranked()) return;
    const int rank = TypeOfItem(x).shape.rank();
    if (rank == 0 || rank > 4) return;
    switch (Pick(8)) {
      case 0: {
        std::vector<int64_t> perm(static_cast<size_t>(rank));
        std::iota(perm.begin(), perm.end(), 0);
        std::shuffle(perm.begin(), perm.end(), random_);
        Add("Transpose", {x.id}, x.bound, {{"perm", perm}});
        break;
      }
      case 1: Add("Reshape", {x.id, Ints({-1})}, x.bound); break;
      case 2: Add("Unsqueeze", {x.id, Ints({Pick(rank + 1)})}, x.bound); break;
      case 3: Add("Concat", {x.id, x.id}, x.bound, {{"axis", int64_t{Pick(rank)}}}); break;
      case 4: Add("Slice", {x.id, Ints({Pick(2)}), Ints({-1}), Ints({Pick(rank)})}, x.bound); break;
      case 5: Add("Gather", {x.id, Ints({0, -1, 0})}, x.bound, {{"axis", int64_t{Pick(rank)}}}); break;
      case 6:
        if (Number(x)) Add("Pad", {x.id, Ints(std::vector<int64_t>(static_cast<size_t>(2 * rank), 1))}, x.bound);
        break;
      default:
        if (Number(x) && rank == 1) Add("NonZero", {x.id}, 100);
    }
  }
  void Reduce() {
    const Item x = Any();
    if (!Number(x) || x.bound > 8 || DTypeOf(x) == DType::kI8 || !TypeOfItem(x).shape.is_const()) return;
    const auto dims = *TypeOfItem(x).shape.Concrete();
    if (dims.rank() == 0 || dims.elements() > 64) return;
    constexpr std::string_view kOps[] = {"ReduceSum", "ReduceMax", "ReduceMin"};
    if (dims.elements() == 0) return;
    const auto elements = static_cast<double>(dims.elements());
    Add(kOps[Pick(3)], {x.id, Ints({Pick(dims.rank())})}, x.bound * elements, {{"keepdims", int64_t{Pick(2)}}});
  }

  // A graph over captured values: a few nodes, giving its last value.
  GraphPtr Body(const std::vector<Item>& captured, std::vector<Item> inputs, DType want, const GraphPtr& body) {
    Graph* outer = std::exchange(graph_, body.get());
    std::vector<Item> outer_items = std::exchange(items_, std::move(inputs));
    for (const Item& c : captured)
      items_.push_back({body->captures[static_cast<size_t>(&c - captured.data())], c.bound});
    ++depth_;
    Grow(5);
    Item last = items_.back();
    if (DTypeOf(last) != want) {
      Add("Cast", {last.id}, std::min(last.bound, 100.0), {{"to", static_cast<int64_t>(want)}});
      last = items_.back();
    }
    Clip(last);
    --depth_;
    body->outputs.push_back(items_.back().id);
    graph_ = outer;
    items_ = std::move(outer_items);
    return body;
  }
  GraphPtr NewBody(std::string name, const std::vector<Item>& captured) {
    auto body = std::make_shared<Graph>();
    body->name = std::move(name);
    for (const Item& c : captured) {
      const ValueId v = body->AddValue(graph_->value(c.id).name, graph_->value(c.id).type);
      body->captures.push_back(v);
    }
    return body;
  }
  void Region() {
    std::vector<Item> captured;
    for (int i = 0; i < 2; ++i) {
      const Item c = Any();
      if (!Number(c) || c.bound > 100 || (!captured.empty() && captured[0].id == c.id)) continue;
      captured.push_back(c);
    }
    if (captured.empty()) return;
    std::vector<ValueId> outer;
    for (const Item& c : captured) outer.push_back(c.id);
    const auto count = static_cast<uint32_t>(outer.size());
    if (Chance(50)) {
      const ValueId condition = Deciding(condition_, ScalarOf(DType::kBool, Pick(2)));
      auto yes = Body(captured, {}, DType::kF32, NewBody("yes", captured)),
           no = Body(captured, {}, DType::kF32, NewBody("no", captured));
      std::vector<ValueId> in{condition};
      in.insert(in.end(), outer.begin(), outer.end());
      Add("If", in, 3, {{"then_branch", yes}, {"else_branch", no}}, 1, count);
      return;
    }
    Loop(captured, outer);
  }
  // Stacks a value of each trip; some carry a value, too.
  void Loop(const std::vector<Item>& captured, const std::vector<ValueId>& outer) {
    const Item carried = Any();
    const bool carries = DTypeOf(carried) == DType::kF32 && Chance(50);
    auto body = NewBody("body", captured);
    const ValueId i = body->AddValue("i", Type::Tensor(DType::kI64, Shape{})),
                  go = body->AddValue("go", Type::Tensor(DType::kBool, Shape{}));
    body->inputs = {i, go};
    if (carries) body->inputs.push_back(body->AddValue("carried", TypeOfItem(carried)));
    std::vector<Item> inputs{{i, 4}};
    if (carries) inputs.push_back({body->inputs[2], carried.bound});
    Graph* main_graph = std::exchange(graph_, body.get());
    std::vector<Item> main_items = std::exchange(items_, {});
    ++depth_;
    Add("Identity", {go}, 1);
    if (carries) Add("Neg", {body->inputs[2]}, carried.bound);
    --depth_;
    for (const Item& item : items_) body->outputs.push_back(item.id);
    graph_ = main_graph;
    items_ = std::move(main_items);
    Body(captured, std::move(inputs), DType::kF32, body);
    std::vector<ValueId> in{Deciding(trips_, ScalarI64(Pick(4))), kNone};
    if (carries) in.push_back(carried.id);
    in.insert(in.end(), outer.begin(), outer.end());
    Add("Loop", in, std::max(3.0, carries ? carried.bound : 0), {{"body", body}}, carries ? 2 : 1,
        static_cast<uint32_t>(outer.size()));
  }

  std::mt19937_64 random_;
  RandomGraphOptions options_;
  Graph* graph_ = nullptr;
  Inference inference_;
  std::vector<Item> items_;
  std::map<ValueId, Value> values_;  // of the main graph, references stay valid
  ValueId condition_ = kNone, trips_ = kNone;
  int depth_ = 0;
};

}  // namespace

RandomGraph MakeRandomGraph(uint64_t seed, const RandomGraphOptions& options) { return Maker(seed, options).Make(); }

}  // namespace hasten
