// Models, graphs and values; nodes are in parse_node.cc.
#include <algorithm>
#include <limits>

#include "ir/literal.h"
#include "ir/parser.h"

namespace hasten {

Status Parser::TakeMeta(std::map<std::string, std::string>* metadata) {
  HASTEN_ASSIGN(std::string key, lex_.String("a key in quotes"));
  HASTEN_ASSIGN((*metadata)[key], lex_.String("the key's text in quotes"));
  return {};
}

Result<int> Parser::TakeVersion(std::string_view what) {
  const size_t at = lex_.peek().at;
  HASTEN_ASSIGN(const int64_t v, lex_.Int(what));
  if (v < std::numeric_limits<int>::min() || v > std::numeric_limits<int>::max())
    return lex_.ErrorAt(at, Str("expected ", what, " of 32 bits, found ", v));
  return static_cast<int>(v);
}

// One line of the model in front of its graph.
Status Parser::TakeHeader(Model* model) {
  if (lex_.Take("ir_version")) {
    HASTEN_ASSIGN(model->ir_version, TakeVersion("a version"));
  } else if (lex_.Take("opset")) {
    OpsetId id;
    HASTEN_ASSIGN(id.domain, lex_.String("a domain in quotes"));
    HASTEN_ASSIGN(id.version, TakeVersion("a version"));
    model->opsets.push_back(std::move(id));
  } else if (lex_.Take("producer")) {
    HASTEN_ASSIGN(model->producer_name, lex_.String("a name in quotes"));
    HASTEN_ASSIGN(model->producer_version, lex_.String("a version in quotes"));
  } else if (lex_.Take("domain")) {
    HASTEN_ASSIGN(model->domain, lex_.String("a domain in quotes"));
  } else if (lex_.Take("model_version")) {
    HASTEN_ASSIGN(model->model_version, lex_.Int("a version"));
  } else if (lex_.Take("doc")) {
    HASTEN_ASSIGN(model->doc, lex_.String("a text in quotes"));
  } else if (lex_.Take("meta")) {
    return TakeMeta(&model->metadata);
  } else if (lex_.Take("note")) {
    HASTEN_ASSIGN(std::string note, lex_.String("a text in quotes"));
    model->notes.push_back(std::move(note));
  } else {
    return lex_.Expected(
        "'graph', or one of 'ir_version', 'opset', 'producer', 'domain', 'model_version', 'doc', 'meta', "
        "'note'");
  }
  return {};
}

Status Parser::TakeModel(Model* model) {
  HASTEN_TRY(lex_.Expect("hasten-ir"));
  const size_t at = lex_.peek().at;
  HASTEN_ASSIGN(const int64_t version, lex_.Int("the version of the text form"));
  if (version != 1) return lex_.ErrorAt(at, Str("expected version 1 of the text form, found ", version));
  while (!lex_.Take("graph")) HASTEN_TRY(TakeHeader(model));
  HASTEN_TRY(TakeGraph(&model->graph));
  return lex_.At(Token::Kind::kEnd) ? Status() : lex_.Expected("the end");
}

Status Parser::TakeGraph(Graph* graph) {
  if (depth_left_ <= 0) return lex_.Expected("graphs nested less deep");
  --depth_left_;
  HASTEN_ASSIGN(graph->name, lex_.String("the graph's name in quotes"));
  HASTEN_TRY(lex_.Expect('{'));
  if (lex_.Take("doc")) {
    HASTEN_ASSIGN(graph->doc, lex_.String("a text in quotes"));
  }
  while (lex_.Take("meta")) HASTEN_TRY(TakeMeta(&graph->metadata));
  Scope scope{graph, {}};
  while (!lex_.Take('}')) HASTEN_TRY(TakeStatement(&scope));
  ++depth_left_;
  return {};
}

Status Parser::TakeStatement(Scope* scope) {
  Graph* const graph = scope->graph;
  if (lex_.Take("in")) {
    HASTEN_ASSIGN(const ValueId v, TakePlain(graph));
    graph->inputs.push_back(v);
    scope->MakeUsable(v);
  } else if (lex_.Take("capture")) {
    ValueId v = kNone;
    if (!lex_.Take("_")) {
      HASTEN_ASSIGN(v, TakePlain(graph));
    }
    graph->captures.push_back(v);
    scope->MakeUsable(v);
  } else if (lex_.Take("const")) {
    return TakeConst(scope);
  } else if (lex_.Take("value")) {
    return TakePlain(graph).status();
  } else if (lex_.Take("out")) {
    return TakeOut(scope);
  } else if (lex_.At(Token::Kind::kString) || lex_.At("_") || lex_.At('=')) {
    return TakeNode(scope);
  } else {
    return lex_.Expected("'in', 'capture', 'const', 'value', 'out', a node, or '}'");
  }
  return {};
}

// --- Values ---

Result<ValueId> Parser::TakeNewValue(Graph* graph) {
  const size_t at = lex_.peek().at;
  HASTEN_ASSIGN(std::string name, lex_.String("a name in quotes"));
  if (name.empty()) return lex_.ErrorAt(at, "expected a name that is not empty");
  if (graph->FindValue(name) != kNone) return lex_.ErrorAt(at, Str("a value named ", Quote(name), " exists already"));
  return graph->AddValue(std::move(name));
}

Result<ValueId> Parser::TakeRef(const Scope& scope) {
  if (lex_.Take("_")) return kNone;
  const size_t at = lex_.peek().at;
  HASTEN_ASSIGN(const std::string name, lex_.String("a name in quotes, or '_'"));
  const ValueId v = scope.graph->FindValue(name);
  if (v >= scope.usable.size() || !scope.usable[v])
    return lex_.ErrorAt(at, Str("expected a value defined above, found ", Quote(name)));
  return v;
}

Result<std::vector<ValueId>> Parser::TakeRefs(const Scope& scope, char open, char close) {
  std::vector<ValueId> out;
  HASTEN_TRY(lex_.Expect(open));
  for (bool more = !lex_.At(close); more; more = lex_.Take(',')) {
    if (open != '(' && lex_.At("_")) return lex_.Expected("a name in quotes");
    HASTEN_ASSIGN(const ValueId v, TakeRef(scope));
    out.push_back(v);
  }
  HASTEN_TRY(lex_.Expect(close));
  return out;
}

Status Parser::TakeFacts(GraphValue* value) {
  for (;;) {
    if (lex_.Take("declared")) {
      value->declared = value->type;
      if (lex_.Take("same")) continue;
      HASTEN_ASSIGN(value->declared, TakeType(&lex_));
    } else if (lex_.Take("doc")) {
      HASTEN_ASSIGN(value->doc, lex_.String("a text in quotes"));
    } else if (lex_.Take("meta")) {
      HASTEN_TRY(TakeMeta(&value->metadata));
    } else {
      return {};
    }
  }
}

Result<ValueId> Parser::TakePlain(Graph* graph) {
  HASTEN_ASSIGN(const ValueId v, TakeNewValue(graph));
  GraphValue& value = graph->value(v);
  HASTEN_ASSIGN(value.type, TakeType(&lex_));
  if (lex_.Take("default")) {
    HASTEN_ASSIGN(Constant constant, TakeConstant());
    value.constant = std::make_shared<const Constant>(std::move(constant));
  }
  HASTEN_TRY(TakeFacts(&value));
  return v;
}

Status Parser::TakeConst(Scope* scope) {
  HASTEN_ASSIGN(const ValueId v, TakeNewValue(scope->graph));
  GraphValue& value = scope->graph->value(v);
  HASTEN_ASSIGN(Constant constant, TakeConstant());
  value.type = Type::Tensor(constant.tensor.dtype, constant.tensor.dims);
  value.constant = std::make_shared<const Constant>(std::move(constant));
  if (lex_.Take("type")) {
    HASTEN_ASSIGN(value.type, TakeType(&lex_));
  }
  scope->MakeUsable(v);
  return TakeFacts(&value);
}

Status Parser::TakeOut(Scope* scope) {
  if (lex_.At("_")) return lex_.Expected("a name in quotes");
  HASTEN_ASSIGN(const ValueId v, TakeRef(*scope));
  scope->graph->outputs.push_back(v);
  return {};
}

// --- Contents ---

namespace {

constexpr std::pair<std::string_view, Generator::Kind> kGenerators[] = {{"constant", Generator::Kind::kConstant},
                                                                        {"normal", Generator::Kind::kNormal},
                                                                        {"uniform", Generator::Kind::kUniform},
                                                                        {"integers", Generator::Kind::kIntegers}};

}  // namespace

bool Parser::AtGenerator() const {
  return std::any_of(std::begin(kGenerators), std::end(kGenerators), [&](const auto& g) { return lex_.At(g.first); });
}

Result<Constant> Parser::TakeConstant() {
  Constant out;
  HASTEN_ASSIGN(Tensor typed, TakeTensorType(&lex_));
  HASTEN_TRY(lex_.Expect('='));
  if (lex_.Take("stored")) {
    HASTEN_ASSIGN(out.tensor, TakeStored(std::move(typed)));
    if (AtGenerator()) HASTEN_TRY(TakeGenerator(&out.generator.emplace()));
  } else if (AtGenerator()) {
    HASTEN_ASSIGN(out.tensor, TakeGenerated(std::move(typed), &out.generator.emplace()));
  } else {
    HASTEN_ASSIGN(out.tensor, TakeContents(&lex_, std::move(typed)));
  }
  if (!lex_.Take("source")) return out;
  HASTEN_ASSIGN(out.source.file, lex_.String("a file's name in quotes"));
  HASTEN_ASSIGN(out.source.offset, lex_.Uint("an offset"));
  HASTEN_ASSIGN(out.source.length, lex_.Uint("a length"));
  return out;
}

Result<Tensor> Parser::TakeStored(Tensor typed) {
  constexpr int64_t kMaxElements = int64_t{1} << 56;
  const size_t at = lex_.peek().at;
  HASTEN_ASSIGN(const uint64_t number, lex_.Uint("a number of stored bytes"));
  if (number >= stored_.size())
    return lex_.ErrorAt(at, Str("expected a number below ", stored_.size(), ", found ", number));
  const Tensor& bytes = stored_[number];
  if (typed.dtype == DType::kString || typed.elements() > kMaxElements || typed.bytes() != bytes.bytes())
    return lex_.ErrorAt(at, Str("expected as many bytes as ", typed, " has, found ", bytes.bytes()));
  typed.data = bytes.data;
  typed.owner = bytes.owner;
  return typed;
}

// At the generator's name.
Status Parser::TakeGenerator(Generator* generator) {
  for (const auto& [name, kind] : kGenerators)
    if (lex_.At(name)) generator->kind = kind;
  lex_.Next();
  const auto parameter = [&](std::string_view word) -> Status {
    HASTEN_TRY(lex_.Expect(word));
    return lex_.Expect('=');
  };
  HASTEN_TRY(lex_.Expect('('));
  if (generator->kind == Generator::Kind::kConstant) {
    HASTEN_TRY(parameter("value"));
    HASTEN_ASSIGN(generator->a, lex_.Double("a number"));
  } else {
    const bool normal = generator->kind == Generator::Kind::kNormal;
    HASTEN_TRY(parameter("seed"));
    HASTEN_ASSIGN(generator->seed, lex_.Uint("a seed"));
    HASTEN_TRY(lex_.Expect(','));
    HASTEN_TRY(parameter(normal ? "mean" : "low"));
    HASTEN_ASSIGN(generator->a, lex_.Double("a number"));
    HASTEN_TRY(lex_.Expect(','));
    HASTEN_TRY(parameter(normal ? "deviation" : "high"));
    HASTEN_ASSIGN(generator->b, lex_.Double("a number"));
  }
  return lex_.Expect(')');
}

Result<Tensor> Parser::TakeGenerated(Tensor typed, Generator* generator) {
  constexpr int64_t kMaxElements = int64_t{1} << 56;
  const size_t at = lex_.peek().at;
  HASTEN_TRY(TakeGenerator(generator));
  if (typed.elements() > kMaxElements || typed.bytes() > bytes_left_)
    return lex_.ErrorAt(at, Str("expected at most ", bytes_left_, " more bytes of generated constants, found ", typed));
  auto t = Generate(*generator, typed.dtype, typed.dims);
  if (!t.ok()) return lex_.Place(at, std::move(t).status());
  bytes_left_ -= typed.bytes();
  return t;
}

Result<std::unique_ptr<Model>> ParseText(std::string_view text, const OpLookup& ops, const TextLimits& limits,
                                         std::span<const Tensor> stored) {
  auto model = std::make_unique<Model>();
  Parser parser(text, ops, limits, stored);
  HASTEN_TRY(parser.TakeModel(model.get()));
  return model;
}

}  // namespace hasten
