#include "passes/quantized_node.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"QuantizeLinear"};

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto quantized = QuantizedNodeAt(c, n);
  if (!quantized) return false;
  auto made = IntegerForm(c, *quantized, BiasForm::kInt32OrF64);
  if (!made) return false;
  HASTEN_ASSIGN(const ValueId by, c.AddNode(*std::move(made), n));
  c.Replace(c.node(n).outputs[0], by);
  return true;
}

}  // namespace

extern const Rule kFuseQuantized = {
    .name = "fuse_quantized",
    .doc =
        "QuantizeLinear of Conv, MatMul, Gemm, Add, Mul, GlobalAveragePool or Sigmoid of DequantizeLinears -> the op "
        "over the integers; a Relu between goes where the least integer stands for 0.",
    .stage = Stage::kWeights,
    .benefit = 200,
    // Every integer is the one that real arithmetic gives.  f32 between the nodes rounds first, and where that makes or
    // breaks a tie it gives the integer next to it.
    .numerics = Numerics::kReassociated,
    .target = Target::kRun,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
