#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Add"};

struct Product {
  std::string_view op;
  size_t bias;  // the number of that input, the last
};
constexpr Product kProducts[] = {{"com.microsoft.MatMulIntegerToFloat", 6}, {"com.microsoft.DynamicQuantizeMatMul", 4}};

// A vector of f32 with an element for each column of the product's right operand.
bool IsBias(const RewriteContext& c, ValueId v, NodeId product) {
  const Type& t = c.type(v);
  const Shape& b = c.type(c.node(product).inputs[1]).shape;
  return t.dtype == DType::kF32 && t.shape.ranked() && t.shape.rank() == 1 && b.ranked() && b.rank() > 1 &&
         t.shape[0] == b[b.rank() - 1];
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (!c.options().takes_contrib() || !c.node(n).epilogue.empty()) return false;
  for (const Product& p : kProducts)
    for (size_t i : {size_t{0}, size_t{1}}) {
      const ValueId x = c.node(n).inputs[i], bias = c.node(n).inputs[1 - i];
      const NodeId product = c.Producer(x, p.op);
      if (product == kNone || !c.OnlyUse(x) || !c.node(product).epilogue.empty() || !IsBias(c, bias, product)) continue;
      Node made = c.Like(product);
      made.inputs.resize(p.bias + 1, kNone);
      if (made.inputs[p.bias] != kNone) continue;
      made.inputs[p.bias] = bias;
      HASTEN_ASSIGN(const ValueId out, c.AddNode(std::move(made), n));
      c.Replace(c.node(n).outputs[0], out);
      return true;
    }
  return false;
}

}  // namespace

extern const Rule kBiasIntoQuantizedProduct = {
    .name = "bias_into_quantized_product",
    .doc =
        "com.microsoft.MatMulIntegerToFloat or DynamicQuantizeMatMul, then Add of an f32 vector along the columns -> "
        "the node with a bias, in files where ops of com.microsoft may be made.",
    .stage = Stage::kMerge,
    .benefit = 10,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
