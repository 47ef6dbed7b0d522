#include <algorithm>

#include "ops/interpret.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

// A dequantised weight is a quantised kernel's operand: folding would take that kernel away.
constexpr std::string_view kKept[] = {"DequantizeLinear", "Pointwise"};
constexpr int64_t kMaxUnknownInput = 1 << 16;  // elements, where the size of the result is not known before

bool IsFoldable(const Node& node) {
  return node.op->eval && !node.op->traits.random && !node.op->traits.region && node.captures == 0 &&
         node.epilogue.empty() && std::find(std::begin(kKept), std::end(kKept), node.op->name) == std::end(kKept);
}

// Null where some input is not known.
std::optional<std::vector<Value>> KnownInputs(const RewriteContext& c, const Node& node) {
  std::vector<Value> out(node.inputs.size());
  for (size_t i = 0; i < out.size(); ++i) {
    if (node.inputs[i] == kNone) continue;
    const Tensor* t = c.Known(node.inputs[i]);
    if (!t) return std::nullopt;
    out[i] = Value(*t);
  }
  return out;
}

bool WithinCaps(const RewriteContext& c, const Node& node, std::span<const Value> in) {
  int64_t in_bytes = 0, in_elements = 0;
  std::vector<Type> in_types, out_types;
  for (const Value& v : in) {
    in_types.push_back(v.has() ? TypeOf(v) : Type());
    if (!v.has()) continue;
    in_elements += v.tensor().elements();
    in_bytes += v.tensor().dtype == DType::kString ? v.tensor().elements() * 32 : v.tensor().bytes();
  }
  int64_t bytes = 0;
  double flops = 0;
  for (ValueId v : node.outputs) {
    if (v == kNone) {
      out_types.emplace_back();
      continue;
    }
    out_types.push_back(c.type(v));
    const auto dims = c.dims(v);
    if (!dims || c.type(v).dtype == DType::kNone) return in_elements <= kMaxUnknownInput && node.op->name != "Expand";
    const auto elements = CheckedElements(*dims);
    if (!elements.ok() || *elements > c.options().fold_bytes) return false;
    bytes += BytesFor(c.type(v).dtype, *elements);
    flops += static_cast<double>(*elements);
  }
  const PassOptions& o = c.options();
  if (bytes > o.fold_bytes || bytes > std::max(o.fold_small_bytes, o.fold_growth * in_bytes)) return false;
  if (node.op->flops) flops = node.op->flops({in_types, out_types, &node.attrs});
  return flops <= o.fold_flops;
}

// Contents of the wanted outputs, if they can be had.
std::vector<Value> Contents(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  std::vector<Value> results(node.outputs.size());
  const auto told = [&](ValueId v) { return v == kNone || c.Known(v); };
  if (std::all_of(node.outputs.begin(), node.outputs.end(), told)) {
    for (size_t i = 0; i < results.size(); ++i)
      if (node.outputs[i] != kNone) results[i] = Value(*c.Known(node.outputs[i]));
    return results;
  }
  const auto in = KnownInputs(c, node);
  if (!in || !WithinCaps(c, node, *in)) return {};
  std::vector<const Value*> operands;
  for (const Value& v : *in) operands.push_back(v.has() ? &v : nullptr);
  std::vector<Value*> out;
  for (size_t i = 0; i < results.size(); ++i) out.push_back(node.outputs[i] == kNone ? nullptr : &results[i]);
  LocalServices services;
  // What fails here fails in the run, where the message has the user's data beside it.
  if (!RunReference(node, n, {operands, {}, {}}, out, services.get()).ok()) return {};
  for (size_t i = 0; i < results.size(); ++i)
    if (out[i] && (!results[i].is_tensor() || results[i].tensor().bytes() > c.options().fold_bytes)) return {};
  return results;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (!IsFoldable(c.node(n)) || !AnyOutputWanted(c.node(n))) return false;
  const std::vector<Value> results = Contents(c, n);
  if (results.empty()) return false;
  const std::vector<ValueId> outputs = c.node(n).outputs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == kNone) continue;
    const Tensor& t = results[i].tensor();
    Tensor own = t;
    if (!t.owner) {
      HASTEN_ASSIGN(own, Clone(t));
    }
    c.Replace(outputs[i], c.AddConstant(c.value(outputs[i]).name, std::move(own)));
  }
  return true;
}

}  // namespace

extern const Rule kFoldConstant = {
    .name = "fold_constant",
    .doc =
        "A node whose operands are known, or whose result inference can tell -> a constant, within the caps on "
        "bytes and operations.",
    .benefit = 100,
    .apply = Apply,
};

}  // namespace hasten::rules
