#include <bit>

#include "ir/lexer.h"
#include "ir/literal.h"
#include "ir/text.h"

namespace hasten {
namespace {

using Metadata = std::map<std::string, std::string>;

std::string Word(std::string_view name) { return IsWord(name) ? std::string(name) : Quote(name); }

class Printer {
 public:
  explicit Printer(const StoredNumber& stored = {}) : stored_(stored) {}
  std::string Take() { return std::move(out_); }
  void PrintModel(const Model& model);
  void PrintGraph(const Graph& graph);

 private:
  template <class... Parts>
  void Add(const Parts&... parts) {
    (AppendText(&out_, parts), ...);
  }
  template <class... Parts>
  void Line(const Parts&... parts) {
    out_.append(static_cast<size_t>(2 * depth_), ' ');
    Add(parts..., '\n');
  }
  void Indent() { out_.append(static_cast<size_t>(2 * depth_), ' '); }
  // Calls print(item) for each, ", " between.
  template <class Range, class F>
  void List(const Range& range, F print) {
    bool first = true;
    for (const auto& item : range) {
      if (!first) Add(", ");
      first = false;
      print(item);
    }
  }

  void PrintDoc(const std::string& doc, const Metadata& metadata);
  void PrintRef(const Graph& graph, ValueId v) { v == kNone ? Add('_') : Add(Quote(graph.value(v).name)); }
  void PrintRefs(const Graph& graph, std::span<const ValueId> values) {
    List(values, [&](ValueId v) { PrintRef(graph, v); });
  }
  void PrintGenerator(const Generator& g);
  void PrintConstant(const Constant& c);
  void PrintFacts(const GraphValue& value);
  void PrintPlain(std::string_view keyword, const Graph& graph, ValueId v);
  void PrintConstants(const Graph& graph);
  void PrintFloat(float v);
  void PrintTensors(const std::vector<Tensor>& v);
  void PrintAttrValue(const AttrValue& v);
  void PrintAttrs(const Node& node);
  void PrintOutput(const Graph& graph, ValueId v);
  void PrintEpilogue(const Graph& graph, const Node& node);
  void PrintNode(const Graph& graph, const Node& node);
  void PrintOp(const Node& node);

  std::string out_;
  int depth_ = 0;
  StoredNumber stored_;
};

// Behind a value or node, on its line.
void Printer::PrintDoc(const std::string& doc, const Metadata& metadata) {
  if (!doc.empty()) Add(" doc ", Quote(doc));
  for (const auto& [key, text] : metadata) Add(" meta ", Quote(key), " ", Quote(text));
}

void Printer::PrintGenerator(const Generator& g) {
  const auto parameters = [&](std::string_view kind, std::string_view a, std::string_view b) {
    Add(kind, "(seed=", g.seed, ", ", a, "=");
    AppendExact(&out_, g.a);
    Add(", ", b, "=");
    AppendExact(&out_, g.b);
    Add(")");
  };
  switch (g.kind) {
    case Generator::Kind::kConstant:
      Add("constant(value=");
      AppendExact(&out_, g.a);
      return Add(")");
    case Generator::Kind::kNormal: return parameters("normal", "mean", "deviation");
    case Generator::Kind::kUniform: return parameters("uniform", "low", "high");
    case Generator::Kind::kIntegers: return parameters("integers", "low", "high");
  }
}

void Printer::PrintConstant(const Constant& c) {
  const auto stored = stored_ ? stored_(c) : std::nullopt;
  if (stored || c.generator) {
    Add(c.tensor, " =");
    if (stored) Add(" stored ", *stored);
    if (c.generator) Add(' '), PrintGenerator(*c.generator);
  } else {
    AppendTensor(&out_, c.tensor);
  }
  const WeightSource& s = c.source;
  if (!stored && (!s.file.empty() || s.offset || s.length))
    Add(" source ", Quote(s.file), " ", s.offset, " ", s.length);
}

void Printer::PrintFacts(const GraphValue& value) {
  if (value.declared.known() && value.declared == value.type)
    Add(" declared same");
  else if (value.declared.known())
    Add(" declared ", value.declared);
  PrintDoc(value.doc, value.metadata);
}

void Printer::PrintPlain(std::string_view keyword, const Graph& graph, ValueId v) {
  if (v == kNone) return Line(keyword, " _");
  const GraphValue& value = graph.value(v);
  Indent();
  Add(keyword, " ", Quote(value.name), " ", value.type);
  if (value.constant) {
    Add(" default ");
    PrintConstant(*value.constant);
  }
  PrintFacts(value);
  Add('\n');
}

// Constants, then values that nothing computes: all but inputs, captures and outputs of nodes.
void Printer::PrintConstants(const Graph& graph) {
  std::vector<bool> seen(graph.value_slots());
  for (const auto* list : {&graph.inputs, &graph.captures})
    for (ValueId v : *list)
      if (v != kNone) seen[v] = true;
  for (const bool constants : {true, false}) {
    for (ValueId v = 0; v < graph.value_slots(); ++v) {
      const GraphValue& value = graph.value(v);
      if (!value.alive || seen[v] || value.producer != kNone || (value.constant != nullptr) != constants) continue;
      if (!constants) {
        PrintPlain("value", graph, v);
        continue;
      }
      Indent();
      Add("const ", Quote(value.name), " ");
      PrintConstant(*value.constant);
      const Tensor& t = value.constant->tensor;
      if (!(value.type == Type::Tensor(t.dtype, t.dims))) Add(" type ", value.type);
      PrintFacts(value);
      Add('\n');
    }
  }
}

void Printer::PrintFloat(float v) {
  AppendExact(&out_, v);
  if (v - v == 0) Add('f');
}

void Printer::PrintTensors(const std::vector<Tensor>& v) {
  Add("tensors [");
  List(v, [&](const Tensor& t) { AppendTensor(&out_, t); });
  Add(']');
}

void Printer::PrintAttrValue(const AttrValue& value) {
  const auto graph = [&](const GraphPtr& g) { g ? PrintGraph(*g) : Add("graph _"); };
  const auto list = [&](std::string_view empty, const auto& items, auto print) {
    if (items.empty()) Add(empty);
    Add('[');
    List(items, print);
    Add(']');
  };
  const auto print = [&](const auto& v) {
    using T = std::decay_t<decltype(v)>;
    if constexpr (std::is_same_v<T, int64_t>)
      Add(v);
    else if constexpr (std::is_same_v<T, float>)
      PrintFloat(v);
    else if constexpr (std::is_same_v<T, std::string>)
      Add(Quote(v));
    else if constexpr (std::is_same_v<T, std::vector<int64_t>>)
      list("ints", v, [&](int64_t i) { Add(i); });
    else if constexpr (std::is_same_v<T, std::vector<float>>)
      list("floats", v, [&](float f) { PrintFloat(f); });
    else if constexpr (std::is_same_v<T, std::vector<std::string>>)
      list("strings", v, [&](const auto& s) { Add(Quote(s)); });
    else if constexpr (std::is_same_v<T, Tensor>)
      Add("tensor "), AppendTensor(&out_, v);
    else if constexpr (std::is_same_v<T, std::vector<Tensor>>)
      PrintTensors(v);
    else if constexpr (std::is_same_v<T, GraphPtr>)
      graph(v);
    else if constexpr (std::is_same_v<T, std::vector<GraphPtr>>)
      Add("graphs "), list("", v, graph);
    else if constexpr (std::is_same_v<T, Type>)
      Add("type ", v);
    else
      Add("types "), list("", v, [&](const Type& t) { Add(t); });
  };
  std::visit(print, value);
}

void Printer::PrintAttrs(const Node& node) {
  const std::vector<NamedAttr> attrs = node.op || !node.opaque ? node.attrs.NonDefault() : node.opaque->attrs;
  if (attrs.empty()) return;
  Add(" {");
  List(attrs, [&](const NamedAttr& a) {
    Add(Word(a.name), "=");
    PrintAttrValue(a.value);
    if (!a.doc.empty()) Add(" doc ", Quote(a.doc));
  });
  Add("}");
}

void Printer::PrintOutput(const Graph& graph, ValueId v) {
  PrintRef(graph, v);
  if (v == kNone) return;
  const GraphValue& value = graph.value(v);
  if (value.type.known()) Add(": ", value.type);
  PrintFacts(value);
}

void Printer::PrintEpilogue(const Graph& graph, const Node& node) {
  const PointwiseProgram& program = node.epilogue;
  const bool implied = program.operands == static_cast<int>(node.epilogue_operands) + 1;
  if (program.empty() && implied && node.epilogue_operands == 0) return;
  Add(" epilogue ");
  if (!implied) Add(program.operands, " ");
  Add(Quote(program.Text()));
  if (node.epilogue_operands == 0) return;
  Add(" [");
  PrintRefs(graph, std::span(node.inputs).subspan(node.formal_inputs(), node.epilogue_operands));
  Add("]");
}

// The version marks an opaque op, whose domain ends at its last dot unless both are quoted.
void Printer::PrintOp(const Node& node) {
  if (node.op || !node.opaque) return Add(Word(OpName(node)));
  const OpaqueOp& op = *node.opaque;
  const bool plain =
      IsWord(op.type) && op.type.find('.') == std::string::npos && (op.domain.empty() || IsWord(op.domain));
  if (!plain)
    Add(Quote(op.domain), ".", Quote(op.type));
  else if (op.domain.empty())
    Add(op.type);
  else
    Add(op.domain, ".", op.type);
  Add("@", op.version);
}

void Printer::PrintNode(const Graph& graph, const Node& node) {
  Indent();
  List(node.outputs, [&](ValueId v) { PrintOutput(graph, v); });
  Add(node.outputs.empty() ? "= " : " = ");
  PrintOp(node);
  Add("(");
  PrintRefs(graph, std::span(node.inputs).first(node.formal_inputs()));
  Add(")");
  PrintAttrs(node);
  if (node.captures) {
    Add(" captures [");
    PrintRefs(graph, std::span(node.inputs).last(node.captures));
    Add("]");
  }
  PrintEpilogue(graph, node);
  if (!node.name.empty()) Add(" name ", Quote(node.name));
  PrintDoc(node.doc, node.metadata);
  Add('\n');
}

void Printer::PrintGraph(const Graph& graph) {
  Add("graph ", Quote(graph.name), " {\n");
  ++depth_;
  if (!graph.doc.empty()) Line("doc ", Quote(graph.doc));
  for (const auto& [key, text] : graph.metadata) Line("meta ", Quote(key), " ", Quote(text));
  for (ValueId v : graph.inputs) PrintPlain("in", graph, v);
  for (ValueId v : graph.captures) PrintPlain("capture", graph, v);
  PrintConstants(graph);
  for (NodeId n = graph.first(); n != kNone; n = graph.node(n).next) PrintNode(graph, graph.node(n));
  for (ValueId v : graph.outputs) Line("out ", Quote(graph.value(v).name));
  --depth_;
  Indent();
  Add("}");
}

void Printer::PrintModel(const Model& model) {
  Line("hasten-ir 1");
  Line("ir_version ", model.ir_version);
  for (const OpsetId& id : model.opsets) Line("opset ", Quote(id.domain), " ", id.version);
  if (!model.producer_name.empty() || !model.producer_version.empty())
    Line("producer ", Quote(model.producer_name), " ", Quote(model.producer_version));
  if (!model.domain.empty()) Line("domain ", Quote(model.domain));
  if (model.model_version) Line("model_version ", model.model_version);
  if (!model.doc.empty()) Line("doc ", Quote(model.doc));
  for (const auto& [key, text] : model.metadata) Line("meta ", Quote(key), " ", Quote(text));
  for (const std::string& note : model.notes) Line("note ", Quote(note));
  PrintGraph(model.graph);
  Add('\n');
}

}  // namespace

std::string NodeText(size_t number, const Node& node) {
  return Str("node ", number, node.name.empty() ? "" : Str(" '", node.name, "'"), " (", OpName(node), ")");
}

std::string AttrText(const AttrValue& v) {
  if (const auto* i = std::get_if<int64_t>(&v)) return Str(*i);
  if (const auto* f = std::get_if<float>(&v)) return Str(*f);
  if (const auto* s = std::get_if<std::string>(&v)) return Quote(*s);
  if (const auto* list = std::get_if<std::vector<int64_t>>(&v)) return Str("[", Join(*list, ","), "]");
  if (const auto* list = std::get_if<std::vector<float>>(&v)) return Str("[", Join(*list, ","), "]");
  if (const auto* t = std::get_if<Tensor>(&v)) return t->Text();
  return std::string(KindName(v));
}

std::string Print(const Model& model, const StoredNumber& stored) {
  Printer printer(stored);
  printer.PrintModel(model);
  return printer.Take();
}

std::string Print(const Graph& graph) {
  Printer printer;
  printer.PrintGraph(graph);
  return printer.Take() + "\n";
}

}  // namespace hasten
