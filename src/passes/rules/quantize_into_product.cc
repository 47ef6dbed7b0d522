#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"com.microsoft.MatMulIntegerToFloat"};

// The DynamicQuantizeLinear that gives the left operand, its scale and its zero point, none of which others read.
NodeId QuantizedFor(const RewriteContext& c, const Node& product) {
  const std::vector<ValueId>& in = product.inputs;
  if (in.size() < 5 || in[4] == kNone) return kNone;
  const NodeId n = c.Producer(in[0], "DynamicQuantizeLinear");
  if (n == kNone || !c.node(n).epilogue.empty()) return kNone;
  const std::vector<ValueId> parts{in[0], in[2], in[4]};
  if (c.node(n).outputs != parts) return kNone;
  for (const ValueId v : parts)
    if (!c.OnlyUse(v)) return kNone;
  return n;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const NodeId quantize = c.options().takes_contrib() ? QuantizedFor(c, c.node(n)) : kNone;
  if (quantize == kNone || !c.node(n).epilogue.empty()) return false;
  std::vector<ValueId> in = c.node(n).inputs;
  const ValueId x = c.node(quantize).inputs[0];
  if (c.type(x).dtype != DType::kF32 || c.type(in[3]).dtype != DType::kF32) return false;
  in.resize(7, kNone);
  std::vector<ValueId> inputs{x, in[1], in[3], in[5], in[6]};
  while (inputs.back() == kNone) inputs.pop_back();
  HASTEN_ASSIGN(const ValueId out, c.Add("com.microsoft.DynamicQuantizeMatMul", std::move(inputs), n));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kQuantizeIntoProduct = {
    .name = "quantize_into_product",
    .doc =
        "DynamicQuantizeLinear of f32 for one com.microsoft.MatMulIntegerToFloat alone -> "
        "com.microsoft.DynamicQuantizeMatMul, in files where ops of com.microsoft may be made.",
    .stage = Stage::kMerge,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
