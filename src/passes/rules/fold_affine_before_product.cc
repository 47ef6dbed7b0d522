#include <algorithm>

#include "ops/gemm.h"
#include "passes/affine.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Gemm", "MatMul"};
constexpr std::string_view kArithmetic[] = {"Add", "Div", "Mul", "Sub"};
// What gives the values that normalisations scale and shift: rules that look for those want the whole.
constexpr std::string_view kNormalizing[] = {"Div", "LayerNormalization", "Mul", "RMSNormalization"};

// y = alpha * x * w (+ beta * bias).
struct Product {
  const Tensor* w = nullptr;
  GemmAttrs attrs;
  ValueId bias = kNone;
  int inputs_axis() const { return attrs.trans_b ? 1 : 0; }
  int64_t inputs() const { return w->dims[static_cast<size_t>(inputs_axis())]; }
  int64_t outputs() const { return w->dims[static_cast<size_t>(1 - inputs_axis())]; }
};

std::optional<Product> ProductOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  Product out{.w = c.Known(node.inputs[1])};
  if (node.op->name == "Gemm") {
    out.attrs = node.attrs.as<GemmAttrs>();
    if (node.inputs.size() > 2) out.bias = node.inputs[2];
  }
  if (!node.epilogue.empty() || out.attrs.trans_a || !out.w || out.w->dims.rank() != 2 || !IsFloat(out.w->dtype) ||
      out.w->bytes() > c.options().fold_bytes)
    return std::nullopt;
  return out;
}

bool IsNormalized(const RewriteContext& c, ValueId v) {
  for (;;) {
    const NodeId n = c.value(v).producer;
    if (n == kNone || !c.node(n).op) return false;
    const Node& node = c.node(n);
    const bool is_binary =
        std::find(std::begin(kArithmetic), std::end(kArithmetic), node.op->name) != std::end(kArithmetic);
    const size_t other = is_binary && c.Known(node.inputs[0]) ? 1 : 0;
    if (!is_binary || !c.Known(node.inputs[1 - other]))
      return std::find(std::begin(kNormalizing), std::end(kNormalizing), node.op->name) != std::end(kNormalizing);
    v = node.inputs[other];
  }
}

// alpha * shift * w.
std::vector<double> ShiftedBias(const Product& p, const std::vector<double>& shift) {
  std::vector<double> out(static_cast<size_t>(p.outputs()));
  for (int64_t k = 0; k < p.inputs(); ++k)
    for (int64_t j = 0; j < p.outputs(); ++j)
      out[static_cast<size_t>(j)] += p.attrs.alpha * shift[static_cast<size_t>(k)] *
                                     p.w->Double(p.attrs.trans_b ? j * p.inputs() + k : k * p.outputs() + j);
  return out;
}

// Adds beta * bias; false if that is not a known row.
bool AddBias(const RewriteContext& c, const Product& p, std::vector<double>* to) {
  if (p.bias == kNone) return true;
  const Tensor* t = c.Known(p.bias);
  const int64_t columns = p.outputs();
  if (!t || (t->elements() != 1 && !(t->elements() == columns && t->dims.back() == columns))) return false;
  for (int64_t j = 0; j < columns; ++j)
    (*to)[static_cast<size_t>(j)] += p.attrs.beta * t->Double(t->elements() == 1 ? 0 : j);
  return true;
}

// y plus `bias`: in the Add of a known vector behind it, if that is all that reads y, otherwise in a new one.
Status AddBehind(RewriteContext& c, ValueId y, ValueId product, DType dtype, std::vector<double> bias, NodeId n) {
  const int channel = c.type(y).shape.rank() - 1;
  NodeId add = kNone;
  if (c.OnlyUse(y)) add = c.value(y).uses[0].node;
  const bool is_add = add != kNone && c.node(add).op && c.node(add).op->name == "Add";
  const auto behind = is_add ? AffineOf(c, add, channel, static_cast<int64_t>(bias.size())) : std::nullopt;
  const bool joins = behind && behind->x == y;
  for (size_t i = 0; joins && i < bias.size(); ++i) bias[i] += behind->shift[i];
  const ValueId sum = joins ? c.node(add).outputs[0] : y;
  HASTEN_ASSIGN(Tensor vector, FloatVector(dtype, bias));
  const ValueId by = c.AddConstant(c.value(sum).name + ".bias", std::move(vector));
  HASTEN_ASSIGN(const ValueId out, c.Add("Add", {product, by}, joins ? add : n));
  c.Replace(sum, out);
  return {};
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId x = c.node(n).inputs[0], y = c.node(n).outputs[0];
  const auto p = ProductOf(c, n);
  const NodeId before = c.value(x).producer;
  const Shape& shape = c.type(x).shape;
  if (!p || before == kNone || !c.OnlyUse(x) || !shape.ranked() || shape.rank() < 2) return false;
  const auto a = AffineOf(c, before, shape.rank() - 1, p->inputs());
  if (!a || IsNormalized(c, a->x)) return false;
  const bool is_gemm = c.node(n).op->name == "Gemm";
  std::vector<double> bias;
  if (!a->shift.empty()) bias = ShiftedBias(*p, a->shift);
  if (is_gemm && !bias.empty() && !AddBias(c, *p, &bias)) return false;
  Node made = c.Like(n);
  made.inputs[0] = a->x;
  const std::string name = c.value(made.inputs[1]).name;
  const DType dtype = p->w->dtype;
  if (is_gemm && !bias.empty()) {
    HASTEN_ASSIGN(Tensor vector, FloatVector(dtype, bias));
    made.inputs.resize(3, kNone);
    made.inputs[2] = c.AddConstant(name + ".bias", std::move(vector));
    made.attrs.as<GemmAttrs>().beta = 1;
  }
  if (!a->scale.empty()) {
    HASTEN_ASSIGN(Tensor scaled, ScaleAlong(*p->w, p->inputs_axis(), a->scale));
    made.inputs[1] = c.AddConstant(name, std::move(scaled));
  }
  HASTEN_ASSIGN(const ValueId product, c.AddNode(std::move(made), n));
  if (is_gemm || bias.empty()) {
    c.Replace(y, product);
  } else {
    HASTEN_TRY(AddBehind(c, y, product, dtype, std::move(bias), n));
  }
  return true;
}

}  // namespace

extern const Rule kFoldAffineBeforeProduct = {
    .name = "fold_affine_before_product",
    .doc =
        "BatchNormalization with known statistics, or a known vector that scales or shifts columns, then Gemm or "
        "MatMul "
        "with a known matrix -> the same with another matrix, and another bias behind it; normalisations keep theirs.",
    .stage = Stage::kMerge,
    .benefit = 5,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
