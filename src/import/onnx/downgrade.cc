#include "import/onnx/downgrade.h"

#include "ops/op.h"

namespace hasten::onnx {
namespace {

// Attributes without a default in ONNX, by OpDef::name: written even where they have the value that ours default to.
constexpr std::pair<std::string_view, std::string_view> kRequired[] = {
    {"AveragePool", "kernel_shape"},
    {"BitCast", "to"},
    {"BitShift", "direction"},
    {"Cast", "to"},
    {"Concat", "axis"},
    {"ConcatFromSequence", "axis"},
    {"DepthToSpace", "blocksize"},
    {"Einsum", "equation"},
    {"GroupNormalization", "num_groups"},
    {"LRN", "size"},
    {"LinearAttention", "kv_num_heads"},
    {"LinearAttention", "q_num_heads"},
    {"LpPool", "kernel_shape"},
    {"MaxPool", "kernel_shape"},
    {"MaxRoiPool", "pooled_shape"},
    {"MaxUnpool", "kernel_shape"},
    {"RandomNormal", "shape"},
    {"RandomUniform", "shape"},
    {"Scan", "num_scan_inputs"},
    {"SpaceToDepth", "blocksize"},
    {"TfIdfVectorizer", "mode"},
    {"TfIdfVectorizer", "ngram_indexes"},
    {"TfIdfVectorizer", "ngram_counts"},
    {"TfIdfVectorizer", "max_skip_count"},
    {"TfIdfVectorizer", "min_gram_length"},
    {"TfIdfVectorizer", "max_gram_length"},
    {"ai.onnx.ml.LinearClassifier", "coefficients"},
    {"ai.onnx.ml.TreeEnsemble", "tree_roots"},
    {"ai.onnx.ml.TreeEnsemble", "nodes_modes"},
    {"ai.onnx.ml.TreeEnsemble", "leaf_weights"},
    {"ai.onnx.ml.TreeEnsemble", "leaf_targetids"},
    {"ai.onnx.ml.TreeEnsemble", "nodes_falsenodeids"},
    {"ai.onnx.ml.TreeEnsemble", "nodes_trueleafs"},
    {"ai.onnx.ml.TreeEnsemble", "nodes_featureids"},
    {"ai.onnx.ml.TreeEnsemble", "nodes_splits"},
    {"ai.onnx.ml.TreeEnsemble", "nodes_falseleafs"},
    {"ai.onnx.ml.TreeEnsemble", "nodes_truenodeids"},
};

bool IsRequired(std::string_view op, std::string_view attr) {
  return std::find(std::begin(kRequired), std::end(kRequired), std::pair(op, attr)) != std::end(kRequired);
}

std::vector<NamedAttr> UntypedAttrs(const Node& node) {
  std::vector<NamedAttr> out;
  const std::vector<NamedAttr> changed = node.attrs.NonDefault();
  for (const AttrField& field : node.attrs.fields()) {
    const auto it =
        std::find_if(changed.begin(), changed.end(), [&](const NamedAttr& a) { return a.name == field.name; });
    if (it != changed.end()) {
      out.push_back(*it);
    } else if (!field.internal && IsRequired(node.op->name, field.name)) {
      if (auto v = node.attrs.Get(field)) out.push_back({std::string(field.name), *std::move(v)});
    }
  }
  return out;
}

// A table may reach below the op's own first version, into forms of the op it replaced: then a step renames the node.
// The newest version's `down` writes what only our form says in ONNX's terms, unless an older version will.
Status StepDown(const OnnxTable& table, int opset, OnnxNode* form) {
  size_t wanted = table.versions.size();
  while (wanted > 0 && table.versions[wanted - 1].since > opset) --wanted;
  if (wanted == 0)
    return Status(Code::kUnsupported, Str(table.type, " exists since opset ", table.versions.front().since,
                                          ", the model is to be written at opset ", opset));
  for (size_t i = table.versions.size(); i-- > wanted - 1;)
    if (table.versions[i].down) HASTEN_TRY(table.versions[i].down(*form));
  return {};
}

void AppendHelpers(Graph* graph, const std::vector<OnnxNode::Helper>& helpers, std::vector<WrittenNode>* out) {
  for (const OnnxNode::Helper& h : helpers) {
    WrittenNode node;
    node.form.graph = graph;
    node.form.type = h.type;
    node.form.inputs = h.inputs;
    node.form.outputs = {h.output};
    node.form.attrs = h.attrs;
    out->push_back(std::move(node));
  }
}

}  // namespace

Status Downgrade(Graph* graph, NodeId n, Opsets* opsets, std::vector<WrittenNode>* out) {
  const Node& node = graph->node(n);
  WrittenNode written;
  OnnxNode& form = written.form;
  written.name = node.name;
  written.doc = node.doc;
  written.metadata = node.metadata;
  written.captures.assign(node.inputs.end() - node.captures, node.inputs.end());
  form.graph = graph;
  form.inputs.assign(node.inputs.begin(), node.inputs.begin() + static_cast<std::ptrdiff_t>(node.formal_inputs()));
  form.outputs = node.outputs;
  if (node.opaque) {
    form.type = node.opaque->type;
    form.domain = node.opaque->domain;
    form.attrs = node.opaque->attrs;
    const int wanted = opsets->emplace(form.domain, node.opaque->version).first->second;
    if (wanted < node.opaque->version)
      return Status(Code::kUnsupported, Str("is an op this build does not know, in its form of opset ",
                                            node.opaque->version, ": it cannot be written at opset ", wanted));
    out->push_back(std::move(written));
    return {};
  }
  const OnnxTable& table = node.op->onnx;
  if (table.versions.empty() || !node.epilogue.empty())
    return Status(Code::kUnsupported,
                  Str(table.versions.empty() ? "" : "with a fused epilogue ", "has no form in ONNX"));
  form.type = table.type;
  form.domain = table.domain;
  form.opset = opsets->emplace(form.domain, table.versions.back().since).first->second;
  form.attrs = UntypedAttrs(node);
  HASTEN_TRY(StepDown(table, form.opset, &form));
  for (const AttrField& field : node.attrs.fields())
    if (field.internal && form.Find(field.name))  // no `down` wrote it in ONNX's terms
      return Status(Code::kUnsupported, Str("has no form in ONNX: attribute '", field.name, "' is Hasten's own"));
  form.TrimInputs();
  const std::vector<OnnxNode::Helper> before = std::move(form.before), after = std::move(form.after);
  AppendHelpers(graph, before, out);
  out->push_back(std::move(written));
  AppendHelpers(graph, after, out);
  return {};
}

}  // namespace hasten::onnx
