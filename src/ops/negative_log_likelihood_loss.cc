#include "ops/class_loss.h"

namespace hasten::ops {
namespace {

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  return EvalClassLoss(c, x);
}

constexpr OnnxVersion kVersions[] = {{12}, {13}, {22}};

}  // namespace

extern const OpDef kNegativeLogLikelihoodLoss = {
    .name = "NegativeLogLikelihoodLoss",
    .doc =
        "loss[n, d] = -w[t] * x[n, t, d] with t = target[n, d], 0 where t is ignore_index; reduced to the sum, or the "
        "mean weighted by w. x: float [N, C, d...], log probabilities; target: i32 or i64 [N, d...]; w: [C], ones if "
        "absent; loss: [] or, with reduction none, [N, d...].",
    .attrs = SchemaOf<ClassLossAttrs>(kClassLossFields),
    .arity = {2, 3},
    .onnx = {"", "NegativeLogLikelihoodLoss", kVersions},
    .infer = InferClassLoss,
    .eval = Eval,
    .samples = [] { return ClassLossSamples(1); },
};

}  // namespace hasten::ops
