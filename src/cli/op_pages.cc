#include "cli/op_pages.h"

#include "cli/page.h"

namespace hasten::cli {
namespace {

template <class T>
std::string ListText(const std::vector<T>& list) {
  return Str("[", Join(list, ", "), "]");
}

std::string ValueText(const AttrValue& value) {
  struct Visitor {
    std::string operator()(int64_t v) const { return Str(v); }
    std::string operator()(float v) const { return Str(v); }
    std::string operator()(const std::string& v) const { return Quote(v); }
    std::string operator()(const std::vector<int64_t>& v) const { return ListText(v); }
    std::string operator()(const std::vector<float>& v) const { return ListText(v); }
    std::string operator()(const std::vector<std::string>& v) const {
      std::vector<std::string> quoted;
      for (const std::string& s : v) quoted.push_back(Quote(s));
      return ListText(quoted);
    }
    std::string operator()(const Tensor& v) const { return v.data ? v.Text() : "none"; }
    std::string operator()(const std::vector<Tensor>& v) const { return Str(v.size(), " tensors"); }
    std::string operator()(const GraphPtr&) const { return "must be given"; }
    std::string operator()(const std::vector<GraphPtr>&) const { return "must be given"; }
    std::string operator()(const Type& v) const { return v.Text(); }
    std::string operator()(const std::vector<Type>& v) const { return ListText(v); }
  };
  return std::visit(Visitor(), value);
}

// What a field takes, found by trying.
template <size_t kKind = 0>
std::string_view KindOf(const AttrField& field, void* member) {
  if constexpr (kKind == std::variant_size_v<AttrValue>) {
    return "";
  } else {
    const AttrValue candidate{std::in_place_index<kKind>};
    return field.set(member, candidate) ? KindName(candidate) : KindOf<kKind + 1>(field, member);
  }
}

std::string Count(int least, int most, std::string_view what) {
  const std::string s = most == 1 ? "" : "s";
  if (most >= kMany) return Str(least, " or more ", what, "s");
  return least == most ? Str(least, " ", what, s) : Str(least, " to ", most, " ", what, s);
}

std::string Cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

void AppendAttributes(std::string* out, const OpDef& op) {
  if (!op.attrs.make) return;
  const Attrs defaults(op.attrs);
  void* scratch = op.attrs.make();
  bool header = false;
  for (const AttrField& field : defaults.fields()) {
    if (!header) *out += "\n| attribute | takes | default |\n|---|---|---|\n";
    header = true;
    const std::optional<AttrValue> value = defaults.Get(field);
    *out += Str("| `", field.name, "`", field.internal ? " (not in ONNX)" : "", " | ",
                KindOf(field, field.member(scratch)), " | ", value ? Cell(ValueText(*value)) : "absent", " |\n");
  }
  op.attrs.destroy(scratch);
}

std::string OnnxText(const OnnxTable& onnx) {
  if (onnx.versions.empty()) return "not in ONNX";
  std::vector<int> versions;
  for (const OnnxVersion& v : onnx.versions) versions.push_back(v.since);
  return Str(onnx.domain.empty() ? "ai.onnx" : onnx.domain, " ", onnx.type, ", version",
             versions.size() > 1 ? "s " : " ", Join(versions, ", "));
}

}  // namespace

std::string OpsMarkdown(const Catalog& catalog) {
  std::string out =
      Str("# Ops\n\nWritten by `hasten docs ops` from the records in `src/ops`. ", catalog.ops().size(), " ops.\n");
  for (const OpDef* op : catalog.ops()) {
    out += Str("\n## ", op->name, "\n\n", Markdown(op->doc), "\n\n", Count(op->arity.min_in, op->arity.max_in, "input"),
               ", ", Count(op->arity.min_out, op->arity.max_out, "output"), "; ", OnnxText(op->onnx), ".\n");
    AppendAttributes(&out, *op);
  }
  return out;
}

}  // namespace hasten::cli
