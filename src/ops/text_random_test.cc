// The text form on random models with every feature, and on texts broken at random.
#include <gtest/gtest.h>

#include "ir/compare.h"
#include "ops/text.h"
#include "tensor/philox.h"

namespace hasten {
namespace {

struct Attributes {
  int64_t i = 0;
  std::vector<float> floats;
  std::string s;
  Tensor tensor;
  GraphPtr graph;
  std::vector<GraphPtr> graphs;
  std::vector<Type> types;
  std::optional<std::vector<int64_t>> maybe;
};
constexpr AttrField kFields[] = {
    Field<&Attributes::i>("i"),           Field<&Attributes::floats>("floats"), Field<&Attributes::s>("s"),
    Field<&Attributes::tensor>("tensor"), Field<&Attributes::graph>("graph"),   Field<&Attributes::graphs>("graphs"),
    Field<&Attributes::types>("types"),   Field<&Attributes::maybe>("maybe"),
};
const OpDef kOp = {.name = "test.Op", .attrs = SchemaOf<Attributes>(kFields), .arity = {0, kMany, 0, kMany}};
const OpDef* const kOps[] = {&kOp};

const Catalog& TestCatalog() {
  static const Catalog catalog{std::span(kOps)};
  return catalog;
}

class RandomModel {
 public:
  explicit RandomModel(uint64_t seed) : random_(seed) {}

  std::unique_ptr<Model> Make() {
    auto model = std::make_unique<Model>();
    model->ir_version = static_cast<int>(Below(20));
    for (int64_t n = Below(3); n > 0; --n) model->opsets.push_back({String(), static_cast<int>(Below(30)) - 1});
    if (Coin()) model->producer_name = String();
    if (Coin()) model->producer_version = String();
    if (Coin()) model->domain = String();
    if (Coin()) model->doc = String();
    if (Coin()) model->model_version = random_.Integer(next_++, INT64_MIN, INT64_MAX);
    Fill(&model->metadata);
    for (int64_t n = Below(3); n > 0; --n) model->notes.push_back(String());
    Fill(&model->graph, 0, 0);
    return model;
  }

 private:
  int64_t Below(int64_t n) { return random_.Integer(next_++, 0, n - 1); }
  bool Coin() { return Below(2) == 1; }
  std::string String() {
    std::string out;
    for (int64_t n = Below(6); n > 0; --n) out += static_cast<char>(Coin() ? 'a' + Below(4) : Below(256));
    return out;
  }
  DType AnyDType() { return static_cast<DType>(1 + Below(kNumDTypes - 1)); }
  float AnyFloat() { return std::bit_cast<float>(static_cast<uint32_t>(random_.Bits(next_++))); }
  double AnyDouble() { return Coin() ? std::bit_cast<double>(random_.Bits(next_++)) : static_cast<double>(AnyFloat()); }

  Tensor Contents(int64_t most) {
    Dims dims;
    for (int64_t n = Below(3); n > 0; --n) dims.push_back(Below(most));
    auto t = NewTensor(AnyDType(), dims);
    EXPECT_TRUE(t.ok());
    if (t->dtype == DType::kString) {
      for (int64_t i = 0; i < t->elements(); ++i) t->as<std::string>()[i] = String();
    } else {
      for (int64_t i = 0; i < t->bytes(); ++i) t->data[i] = static_cast<std::byte>(Below(256));
    }
    return *std::move(t);
  }

  Dim AnyDim() {
    switch (Below(5)) {
      case 0: return Below(100);
      case 1: return Dim::Fresh();
      case 2: return Dim::Symbol(String());
      case 3: return 2 * Dim::Symbol("n") + Below(3);
      default: return FloorDiv(Dim::Symbol("h") - 1, Dim::Symbol(String()) + 2);
    }
  }
  Shape AnyShape() {
    if (Below(5) == 0) return Shape::Unknown();
    std::vector<Dim> dims;
    for (int64_t n = Below(5); n > 0; --n) dims.push_back(AnyDim());
    return Shape(std::move(dims));
  }
  Type AnyType(int depth = 0) {
    switch (Below(depth > 3 ? 5 : 8)) {
      case 0: return Type::Unknown();
      case 1: return Type::Sparse(AnyDType(), AnyShape());
      case 5: return Type::Sequence(AnyType(depth + 1));
      case 6: return Type::Optional(AnyType(depth + 1));
      case 7: return Type::Map(AnyDType(), AnyType(depth + 1));
      default: return Type::Tensor(AnyDType(), AnyShape());
    }
  }

  Constant AnyConstant() {
    Constant c;
    const auto kind = static_cast<Generator::Kind>(Below(8));
    if (Coin()) c.source = {String(), random_.Bits(next_++), random_.Bits(next_++)};
    if (kind > Generator::Kind::kIntegers) {
      c.tensor = Contents(12);
      return c;
    }
    Generator g{kind, random_.Bits(next_++)};
    DType dtype = DType::kF32;
    if (kind == Generator::Kind::kIntegers) {
      dtype = DType::kI8;
      g.a = static_cast<double>(-Below(9));
      g.b = static_cast<double>(Below(9));
    } else {
      g.a = kind == Generator::Kind::kConstant ? AnyDouble() : random_.Normal(2 * next_++);
      g.b = random_.Normal(2 * next_++);
    }
    auto t = Generate(g, dtype, {Below(9), 3});
    EXPECT_TRUE(t.ok()) << t.message();
    c.tensor = *std::move(t);
    c.generator = g;
    return c;
  }

  void Fill(std::map<std::string, std::string>* metadata) {
    if (Below(4) == 0)
      for (int64_t n = Below(4); n > 0; --n) (*metadata)[String()] = String();
  }
  void Fill(GraphValue* v) {
    if (Coin()) v->declared = Coin() ? v->type : AnyType();
    if (Below(4) == 0) v->doc = String();
    Fill(&v->metadata);
  }

  template <class T, class F>
  std::vector<T> List(F item) {
    std::vector<T> out;
    for (int64_t n = Below(4); n > 0; --n) out.push_back(item());
    return out;
  }
  GraphPtr AnyGraph(int depth, uint32_t captures) {
    auto g = std::make_shared<Graph>();
    Fill(g.get(), depth + 1, captures);
    return g;
  }
  AttrValue AnyAttr(int depth, uint32_t captures) {
    switch (Below(depth < 2 ? 12 : 10)) {
      case 0: return random_.Integer(next_++, INT64_MIN, INT64_MAX);
      case 1: return AnyFloat();
      case 2: return String();
      case 3: return List<int64_t>([&] { return Below(100) - 50; });
      case 4: return List<float>([&] { return AnyFloat(); });
      case 5: return List<std::string>([&] { return String(); });
      case 6: return Contents(4);
      case 7: return List<Tensor>([&] { return Contents(3); });
      case 8: return AnyType();
      case 9: return List<Type>([&] { return AnyType(); });
      case 10: return Coin() ? AnyGraph(depth, captures) : GraphPtr();
      default: return List<GraphPtr>([&] { return AnyGraph(depth, captures); });
    }
  }

  void FillAttrs(Node* node, int depth) {
    if (Coin()) {
      node->opaque = std::make_shared<OpaqueOp>();
      node->opaque->domain = Coin() ? "com.foo" : String();
      node->opaque->type = Coin() ? "Bar" : String();
      node->opaque->version = static_cast<int>(Below(5)) - 1;
      for (int64_t n = Below(5); n > 0; --n)
        node->opaque->attrs.push_back({String(), AnyAttr(depth, node->captures), Coin() ? String() : ""});
      return;
    }
    node->op = &kOp;
    node->attrs = Attrs(kOp.attrs);
    for (const AttrField& field : kFields) {
      for (int attempt = 0; attempt < 4; ++attempt)
        (void)node->attrs.Set(field.name, AnyAttr(depth, node->captures));  // most have another kind
    }
  }

  void FillEpilogue(Node* node) {
    static constexpr const char* kPrograms[] = {"", "add(0,1)", "clip(1,alpha=-inf,beta=6); mul(2,0)"};
    const int operands = Coin() ? static_cast<int>(node->epilogue_operands) + 1 : 2;
    auto program = PointwiseProgram::Parse(std::max(operands, 2), kPrograms[Below(3)]);
    EXPECT_TRUE(program.ok());
    node->epilogue = *std::move(program);
  }

  void FillNode(Graph* g, const std::vector<ValueId>& usable, int depth) {
    Node node;
    const auto operand = [&] { return usable[static_cast<size_t>(Below(static_cast<int64_t>(usable.size())))]; };
    for (int64_t n = Below(4); n > 0; --n) node.inputs.push_back(usable.empty() || Below(4) == 0 ? kNone : operand());
    if (!usable.empty() && Below(3) == 0) node.epilogue_operands = static_cast<uint32_t>(Below(3));
    if (!usable.empty() && Below(3) == 0) node.captures = static_cast<uint32_t>(Below(3));
    for (uint32_t n = node.epilogue_operands + node.captures; n > 0; --n) node.inputs.push_back(operand());
    if (Coin()) node.name = String();
    if (Below(4) == 0) node.doc = String();
    Fill(&node.metadata);
    FillAttrs(&node, depth);
    if (node.epilogue_operands || Below(4) == 0) FillEpilogue(&node);
    for (int64_t n = Below(4); n > 0; --n) {
      const ValueId v = Below(4) == 0 ? kNone : g->AddValue(String(), AnyType());
      if (v != kNone) Fill(&g->value(v));
      node.outputs.push_back(v);
    }
    g->AddNode(std::move(node));
  }

  // Ids are mixed and have holes, as after passes.
  void Fill(Graph* g, int depth, uint32_t captures) {
    g->name = String();
    if (Below(4) == 0) g->doc = String();
    Fill(&g->metadata);
    std::vector<ValueId> usable;
    const auto add = [&](ValueId v) {
      Fill(&g->value(v));
      usable.push_back(v);
      return v;
    };
    for (int64_t n = Below(3); n > 0; --n) g->EraseValue(g->AddValue(String()));
    for (int64_t n = Below(4); n > 0; --n) {
      add(g->AddConstant(String(), AnyConstant()));
      if (Below(4) == 0) g->value(usable.back()).type = AnyType();
    }
    for (uint32_t n = 0; n < captures; ++n)
      g->captures.push_back(Coin() ? add(g->AddValue(String(), AnyType())) : kNone);
    for (int64_t n = Below(3); n > 0; --n) Fill(&g->value(g->AddValue(String(), AnyType())));
    for (int64_t n = Below(4); n > 0; --n) {
      g->inputs.push_back(add(g->AddValue(String(), AnyType())));
      if (Below(3) == 0) g->value(usable.back()).constant = std::make_shared<const Constant>(AnyConstant());
    }
    for (int64_t n = Below(depth == 0 ? 8 : 3); n > 0; --n) {
      FillNode(g, usable, depth);
      for (ValueId v : g->node(g->last()).outputs)
        if (v != kNone) usable.push_back(v);
    }
    for (int64_t n = usable.empty() ? 0 : Below(3); n > 0; --n)
      g->outputs.push_back(usable[static_cast<size_t>(Below(static_cast<int64_t>(usable.size())))]);
  }

  Philox random_;
  uint64_t next_ = 0;
};

TEST(TextRandom, ParseOfPrintIsTheModel) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto model = RandomModel(seed).Make();
    const Status verified = Verify(model->graph);
    ASSERT_TRUE(verified.ok()) << seed << ": " << verified.message();
    const std::string text = Print(*model);
    auto back = ParseText(text, TestCatalog());
    ASSERT_TRUE(back.ok()) << seed << ": " << back.message() << "\n" << text;
    ASSERT_EQ(Print(**back), text) << seed;
    ASSERT_TRUE(SameModel(*model, **back)) << seed << "\n" << text;
    EXPECT_TRUE(Verify((**back).graph).ok()) << seed;
  }
}

// What is still a model after damage must verify and be canonical; nothing may crash.
void TryBroken(const std::string& text) {
  auto model = ParseText(text, TestCatalog(), {.generated_bytes = 1 << 20});
  if (!model.ok()) return;
  ASSERT_TRUE(Verify((**model).graph).ok()) << text;
  const std::string printed = Print(**model);
  auto back = ParseText(printed, TestCatalog());
  ASSERT_TRUE(back.ok()) << back.message() << "\n" << printed;
  ASSERT_EQ(Print(**back), printed);
}

TEST(TextRandom, BrokenTextNeverCrashes) {
  constexpr std::string_view kPieces[] = {"{",          "}",
                                          "[",          "]",
                                          "(",          ")",
                                          "\"",         ",",
                                          "=",          "_",
                                          "-",          "9999999999999999999",
                                          "nan.7",      "f",
                                          "@",          "?",
                                          "#",          "\n",
                                          "\\",         "graph \"\" {",
                                          "capture _ ", "i64[4611686018427387904]"};
  const Philox random(99);
  uint64_t next = 0;
  const auto below = [&](size_t n) {
    return static_cast<size_t>(random.Integer(next++, 0, static_cast<int64_t>(n) - 1));
  };
  for (uint64_t seed = 1000; seed < 1040; ++seed) {
    const std::string text = Print(*RandomModel(seed).Make());
    for (int i = 0; i < 40; ++i) TryBroken(text.substr(0, below(text.size())));
    for (int i = 0; i < 60; ++i) {
      std::string broken = text;
      for (size_t n = 1 + below(3); n > 0; --n) broken[below(broken.size())] = static_cast<char>(below(256));
      TryBroken(broken);
    }
    for (int i = 0; i < 60; ++i) {
      std::string broken = text;
      broken.insert(below(broken.size()), kPieces[below(std::size(kPieces))]);
      if (i % 2) broken.erase(below(broken.size()), 1 + below(8));
      TryBroken(broken);
    }
  }
}

}  // namespace
}  // namespace hasten
