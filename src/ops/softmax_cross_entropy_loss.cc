#include "ops/class_loss.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(InferClassLoss(c));
  c.Out(1, c.type(0));
  return {};
}

// x = log softmax along axis 1.
void LogSoftmax(const Dims& d, std::span<double> x) {
  const int64_t classes = d[1], inner = d.Product(2, d.rank());
  for (int64_t i = 0; i < d[0] * inner; ++i) {
    double* at = x.data() + i / inner * classes * inner + i % inner;
    double top = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t k = 0; k < classes; ++k) top = std::max(top, at[k * inner]);
    for (int64_t k = 0; k < classes; ++k) sum += std::exp(at[k * inner] - top);
    for (int64_t k = 0; k < classes; ++k) at[k * inner] += -top - std::log(sum);
  }
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  LogSoftmax(c.input(0).dims, x);
  if (c.wants(1)) WriteDoubles(&c.output(1), 0, x);
  return EvalClassLoss(c, x);
}

constexpr OnnxVersion kVersions[] = {{12}, {13}};

}  // namespace

extern const OpDef kSoftmaxCrossEntropyLoss = {
    .name = "SoftmaxCrossEntropyLoss",
    .doc =
        "NegativeLogLikelihoodLoss of log softmax of the scores over classes, which is output 1. scores: float [N, C, "
        "d...]; labels: i32 or i64 [N, d...]; weights: [C], ones if absent; loss: [] or, with reduction none, [N, "
        "d...]; log_prob: as scores.",
    .attrs = SchemaOf<ClassLossAttrs>(kClassLossFields),
    .arity = {2, 3, 1, 2},
    .onnx = {"", "SoftmaxCrossEntropyLoss", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = [] { return ClassLossSamples(2); },
};

}  // namespace hasten::ops
