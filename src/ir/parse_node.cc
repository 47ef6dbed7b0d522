#include <limits>

#include "ir/literal.h"
#include "ir/parser.h"

namespace hasten {
namespace {

using Kind = Token::Kind;

// The kind of a list's elements; an empty list has it in front: ints[].
template <class T>
constexpr std::string_view kListName = std::is_same_v<T, int64_t> ? "ints"
                                       : std::is_same_v<T, float> ? "floats"
                                                                  : "strings";

}  // namespace

Status Parser::TakeNode(Scope* scope) {
  PendingNode pending;
  Node& node = pending.node;
  HASTEN_TRY(TakeOutputs(scope->graph, &node.outputs));
  HASTEN_TRY(lex_.Expect('='));
  HASTEN_TRY(TakeOp(&pending));
  HASTEN_ASSIGN(node.inputs, TakeRefs(*scope, '(', ')'));
  if (lex_.At('{')) HASTEN_TRY(TakeAttrs(&pending));
  for (bool more = true; more;) HASTEN_TRY(TakeTrailer(*scope, &pending, &more));
  return Finish(scope, &pending);
}

Status Parser::TakeOutputs(Graph* graph, std::vector<ValueId>* outputs) {
  for (bool more = !lex_.At('='); more; more = lex_.Take(',')) {
    if (lex_.Take("_")) {
      outputs->push_back(kNone);
      continue;
    }
    HASTEN_ASSIGN(const ValueId v, TakeNewValue(graph));
    outputs->push_back(v);
    GraphValue& value = graph->value(v);
    if (lex_.Take(':')) {
      HASTEN_ASSIGN(value.type, TakeType(&lex_));
    }
    HASTEN_TRY(TakeFacts(&value));
  }
  return {};
}

// Name, "name", domain.Type@version or "domain"."Type"@version.
Status Parser::TakeOp(PendingNode* pending) {
  const Token token = lex_.peek();
  pending->at = token.at;
  std::string name;
  OpaqueOp opaque;
  if (token.kind == Kind::kWord && token.text != "_") {
    lex_.Next();
    const size_t dot = token.text.rfind('.');
    name = token.text;
    opaque.type = dot == std::string::npos ? name : name.substr(dot + 1);
    opaque.domain = dot == std::string::npos ? "" : name.substr(0, dot);
  } else {
    HASTEN_ASSIGN(name, lex_.String("an op"));
    opaque.domain = name;
    if (lex_.Take('.')) {
      HASTEN_ASSIGN(opaque.type, lex_.String("the op's type in quotes"));
      if (!lex_.At('@')) return lex_.Expected("'@'");
    } else if (lex_.At('@')) {
      return lex_.Expected("'.'");
    }
  }
  if (lex_.Take('@')) {
    HASTEN_ASSIGN(opaque.version, TakeVersion("a version"));
    pending->node.opaque = std::make_shared<OpaqueOp>(std::move(opaque));
    return {};
  }
  pending->node.op = ops_.find(ops_.catalog, name);
  if (!pending->node.op)
    return lex_.ErrorAt(token.at,
                        Str("op ", Quote(name), " is not known; one that need not be is written domain.Type@version"));
  pending->node.attrs = Attrs(ops_.schema(*pending->node.op));
  return {};
}

// --- Attributes ---

Status Parser::TakeAttrs(PendingNode* pending) {
  HASTEN_TRY(lex_.Expect('{'));
  for (bool more = !lex_.At('}'); more; more = lex_.Take(',')) HASTEN_TRY(TakeAttr(pending));
  return lex_.Expect('}');
}

Status Parser::TakeAttr(PendingNode* pending) {
  const Token token = lex_.peek();
  NamedAttr attr;
  if (token.kind == Kind::kWord) {
    attr.name = lex_.Next().text;
  } else {
    HASTEN_ASSIGN(attr.name, lex_.String("an attribute's name"));
  }
  HASTEN_TRY(lex_.Expect('='));
  HASTEN_ASSIGN(attr.value, TakeAttrValue(pending));
  if (!pending->node.opaque) return lex_.Place(token.at, pending->node.attrs.Set(attr.name, attr.value));
  if (lex_.Take("doc")) {
    HASTEN_ASSIGN(attr.doc, lex_.String("a text in quotes"));
  }
  pending->node.opaque->attrs.push_back(std::move(attr));
  return {};
}

Result<AttrValue> Parser::TakeAttrValue(PendingNode* pending) {
  switch (lex_.peek().kind) {
    case Kind::kString: {
      HASTEN_ASSIGN(std::string s, lex_.String("a string"));
      return AttrValue(std::move(s));
    }
    case Kind::kNumber: return TakeNumber();
    case Kind::kWord: return TakeWordValue(pending);
    default: return lex_.At('[') ? TakeList("") : lex_.Expected("an attribute's value");
  }
}

// An int, or a float: with an f behind it, or else with a point or exponent in it, or not finite.
Result<AttrValue> Parser::TakeNumber() {
  const std::string_view text = lex_.peek().text;
  auto v = ExactFloat(text);
  if (!v && text.ends_with('f')) v = ExactFloat(text.substr(0, text.size() - 1));
  if (v && text.find_first_not_of("-0123456789") != std::string_view::npos) {
    lex_.Next();
    return AttrValue(*v);
  }
  HASTEN_ASSIGN(const int64_t i, lex_.Int("a 64-bit integer, or a 32-bit float"));
  return AttrValue(i);
}

Result<AttrValue> Parser::TakeWordValue(PendingNode* pending) {
  if (lex_.Take("true")) return AttrValue(int64_t{1});
  if (lex_.Take("false")) return AttrValue(int64_t{0});
  if (ExactFloat(lex_.peek().text)) return TakeNumber();
  for (std::string_view kind : {kListName<int64_t>, kListName<float>, kListName<std::string>})
    if (lex_.Take(kind)) return TakeList(kind);
  if (lex_.At("graph")) {
    HASTEN_ASSIGN(GraphPtr g, TakeGraphValue(pending));
    return AttrValue(std::move(g));
  }
  if (lex_.Take("tensor")) {
    HASTEN_ASSIGN(Tensor t, TakeTensor(&lex_));
    return AttrValue(std::move(t));
  }
  if (lex_.Take("type")) {
    HASTEN_ASSIGN(Type t, TakeType(&lex_));
    return AttrValue(std::move(t));
  }
  AttrValue list;
  if (lex_.Take("graphs"))
    list = std::vector<GraphPtr>();
  else if (lex_.Take("tensors"))
    list = std::vector<Tensor>();
  else if (lex_.Take("types"))
    list = std::vector<Type>();
  else
    return lex_.Expected("an attribute's value");
  HASTEN_TRY(lex_.Expect('['));
  for (bool more = !lex_.At(']'); more; more = lex_.Take(',')) {
    if (auto* const graphs = std::get_if<std::vector<GraphPtr>>(&list)) {
      HASTEN_ASSIGN(GraphPtr g, TakeGraphValue(pending));
      if (!g) return lex_.Expected("graphs that are all there");
      graphs->push_back(std::move(g));
    } else if (auto* const tensors = std::get_if<std::vector<Tensor>>(&list)) {
      HASTEN_ASSIGN(Tensor t, TakeTensor(&lex_));
      tensors->push_back(std::move(t));
    } else {
      HASTEN_ASSIGN(Type t, TakeType(&lex_));
      std::get<std::vector<Type>>(list).push_back(std::move(t));
    }
  }
  HASTEN_TRY(lex_.Expect(']'));
  return list;
}

// Ints, floats or strings.  `kind` is what stood in front; empty: the first element says, and no element means ints.
Result<AttrValue> Parser::TakeList(std::string_view kind) {
  std::vector<int64_t> ints;
  std::vector<float> floats;
  std::vector<std::string> strings;
  HASTEN_TRY(lex_.Expect('['));
  for (bool more = !lex_.At(']'); more; more = lex_.Take(',')) {
    const size_t at = lex_.peek().at;
    AttrValue item;
    if (lex_.At(Kind::kString)) {
      HASTEN_ASSIGN(item, lex_.String("a string"));
    } else {
      HASTEN_ASSIGN(item, TakeNumber());
    }
    const std::string_view found = std::holds_alternative<int64_t>(item) ? kListName<int64_t>
                                   : std::holds_alternative<float>(item) ? kListName<float>
                                                                         : kListName<std::string>;
    if (kind.empty()) kind = found;
    if (kind != found) return lex_.ErrorAt(at, Str("expected a list of ", kind, ", found one of ", found, " in it"));
    if (auto* const i = std::get_if<int64_t>(&item))
      ints.push_back(*i);
    else if (auto* const f = std::get_if<float>(&item))
      floats.push_back(*f);
    else
      strings.push_back(std::get<std::string>(std::move(item)));
  }
  HASTEN_TRY(lex_.Expect(']'));
  if (kind == kListName<float>) return AttrValue(std::move(floats));
  if (kind == kListName<std::string>) return AttrValue(std::move(strings));
  return AttrValue(std::move(ints));
}

// `graph "name" {...}`, or `graph _` for none.
Result<GraphPtr> Parser::TakeGraphValue(PendingNode* pending) {
  HASTEN_TRY(lex_.Expect("graph"));
  if (lex_.Take("_")) return GraphPtr();
  auto graph = std::make_shared<Graph>();
  HASTEN_TRY(TakeGraph(graph.get()));
  pending->graphs.push_back(graph);
  return graph;
}

// --- Behind the attributes ---

Status Parser::TakeTrailer(const Scope& scope, PendingNode* pending, bool* more) {
  Node& node = pending->node;
  if (lex_.Take("captures")) {
    HASTEN_ASSIGN(pending->captures, TakeRefs(scope, '[', ']'));
  } else if (lex_.Take("epilogue")) {
    return TakeEpilogue(scope, pending);
  } else if (lex_.Take("name")) {
    HASTEN_ASSIGN(node.name, lex_.String("the node's name in quotes"));
  } else if (lex_.Take("doc")) {
    HASTEN_ASSIGN(node.doc, lex_.String("a text in quotes"));
  } else if (lex_.Take("meta")) {
    return TakeMeta(&node.metadata);
  } else {
    *more = false;
  }
  return {};
}

Status Parser::TakeEpilogue(const Scope& scope, PendingNode* pending) {
  std::optional<int> operands;
  if (lex_.At(Kind::kNumber)) {
    HASTEN_ASSIGN(operands, TakeVersion("a number of operands"));
  }
  const size_t at = lex_.peek().at;
  HASTEN_ASSIGN(const std::string program, lex_.String("a pointwise program in quotes"));
  pending->epilogue_operands.clear();
  if (lex_.At('[')) {
    HASTEN_ASSIGN(pending->epilogue_operands, TakeRefs(scope, '[', ']'));
  }
  constexpr size_t kMax = std::numeric_limits<uint16_t>::max();
  const auto implied = static_cast<int>(std::min(pending->epilogue_operands.size(), kMax)) + 1;
  auto parsed = PointwiseProgram::Parse(operands.value_or(implied), program);
  if (!parsed.ok()) return lex_.Place(at, std::move(parsed).status().At("epilogue"));
  pending->node.epilogue = *std::move(parsed);
  return {};
}

// Puts the node together and into the graph.
Status Parser::Finish(Scope* scope, PendingNode* pending) {
  Node& node = pending->node;
  node.epilogue_operands = static_cast<uint32_t>(pending->epilogue_operands.size());
  node.captures = static_cast<uint32_t>(pending->captures.size());
  for (const auto* more : {&pending->epilogue_operands, &pending->captures})
    node.inputs.insert(node.inputs.end(), more->begin(), more->end());
  for (const GraphPtr& g : pending->graphs)
    if (g->captures.size() != node.captures)
      return lex_.ErrorAt(pending->at, Str("expected ", node.captures, " captures in graph ", Quote(g->name),
                                           ", found ", g->captures.size()));
  if (node.op && ops_.check) HASTEN_TRY(lex_.Place(pending->at, ops_.check(*node.op, node)));
  const std::vector<ValueId> outputs = node.outputs;
  scope->graph->AddNode(std::move(node));
  for (ValueId v : outputs) scope->MakeUsable(v);
  return {};
}

}  // namespace hasten
