#include "surgery/lint.h"

#include "import/onnx/import.h"

namespace hasten {
namespace {

class GraphLinter {
 public:
  explicit GraphLinter(std::vector<Finding>* out) : out_(*out) {}

  void Lint(const Graph& graph, const std::string& way) {
    for (ValueId v = 0; v < graph.value_slots(); ++v) {
      const GraphValue& value = graph.value(v);
      if (!value.alive) continue;
      if (value.constant) Weight(way, value);
      if (value.producer != kNone) Computed(graph, way, value);
    }
    for (const NodeId n : graph.Order())
      for (const GraphPtr& body : graph.node(n).attrs.Graphs())
        Lint(*body, Str(way, graph.Where(n), ": graph ", Quote(body->name), ": "));
  }

 private:
  void Weight(const std::string& way, const GraphValue& value) {
    const Tensor& t = value.constant->tensor;
    if (!t.data || !IsFloat(t.dtype) || Bits(t.dtype) < 16) return;
    int64_t odd = 0;
    for (int64_t i = 0; i < t.elements(); ++i) odd += !std::isfinite(t.Double(i));
    // Masks are made of one infinity or more.
    if (odd > 0 && t.elements() > 1)
      out_.push_back(
          MakeFinding("odd_weight", Str(way, "initializer"), value.name,
                      Str(Quote(value.name), " has ", odd, " of ", t.elements(), " elements NaN or infinite")));
  }

  void Computed(const Graph& graph, const std::string& way, const GraphValue& value) {
    const auto add = [&](std::string_view rule, std::string message) {
      out_.push_back(MakeFinding(rule, Str(way, graph.Where(value.producer)), value.name, std::move(message)));
      out_.back().op = OpName(graph.node(value.producer));
    };
    const Type &is = value.type, &said = value.declared;
    const bool known = is.known() && (!is.is_tensor() || (is.dtype != DType::kNone && is.shape.ranked()));
    if (!known)
      add("missing_shape", Str("of ", Quote(value.name), " only ", is.known() ? is.Text() : "nothing", " is known",
                               said.known() ? Str("; the file says ", said) : ""));
    if (Contradicts(is, said)) add("wrong_type", Str(Quote(value.name), " is ", is, ", the file says ", said));
  }

  static bool Contradicts(const Type& is, const Type& said) {
    if (!is.is_tensor() || !said.is_tensor()) return false;
    if (is.dtype != DType::kNone && said.dtype != DType::kNone && is.dtype != said.dtype) return true;
    if (!is.shape.ranked() || !said.shape.ranked()) return false;
    if (is.shape.rank() != said.shape.rank()) return true;
    for (int i = 0; i < is.shape.rank(); ++i)
      if (is.shape[i].is_const() && said.shape[i].is_const() && !(is.shape[i] == said.shape[i])) return true;
    return false;
  }

  std::vector<Finding>& out_;
};

}  // namespace

std::vector<Finding> LintGraph(const Graph& graph) {
  std::vector<Finding> out;
  GraphLinter(&out).Lint(graph, "");
  return out;
}

Result<std::vector<Finding>> LintFile(const std::string& path, const Catalog& catalog) {
  HASTEN_ASSIGN(std::vector<Finding> out, LintOnnx(path, catalog));
  const auto is_error = [](const Finding& f) { return f.level == Finding::Level::kError; };
  const bool broken = std::any_of(out.begin(), out.end(), is_error);
  auto model = ImportOnnx(path, catalog);
  if (model.ok()) {
    for (Finding& f : LintGraph((*model)->graph)) out.push_back(std::move(f));
  } else if (!broken) {
    std::string_view why = model.message();
    if (why.starts_with(path + ": ")) why.remove_prefix(path.size() + 2);
    const size_t end = why.starts_with("node ") ? why.find("): ") : std::string_view::npos;
    const bool located = end != std::string_view::npos;
    out.push_back(MakeFinding("invalid", std::string(located ? why.substr(0, end + 1) : "graph"), "",
                              std::string(located ? why.substr(end + 3) : why)));
    if (const size_t open = out.back().where.rfind('('); located && open != std::string::npos)
      out.back().op = out.back().where.substr(open + 1, out.back().where.size() - open - 2);
  }
  std::stable_sort(out.begin(), out.end(), [](const Finding& a, const Finding& b) { return a.level < b.level; });
  return out;
}

}  // namespace hasten
