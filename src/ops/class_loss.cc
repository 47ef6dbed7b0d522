#include "ops/class_loss.h"

namespace hasten {

Status InferClassLoss(InferCall& c) {
  const std::string& reduction = c.attrs<ClassLossAttrs>().reduction;
  const bool none = reduction == "none";
  HASTEN_REQUIRE(none || reduction == "mean" || reduction == "sum", "reduction must be mean, sum or none, is ",
                 Quote(reduction));
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  HASTEN_TRY(c.RequireRank(2, 1));
  const Shape& x = c.shape(0);
  if (x.ranked()) {
    HASTEN_REQUIRE(x.rank() >= 2, "input 0 must have rank 2 at least, has shape ", x);
    HASTEN_TRY(c.RequireRank(1, x.rank() - 1));
    for (int i = 0; i + 1 < x.rank(); ++i)
      HASTEN_TRY(c.RequireDims(1, i, x[i == 0 ? 0 : i + 1], "as input 0 without classes"));
    HASTEN_TRY(c.RequireDims(2, 0, x[1], "classes"));
  }
  Shape y = c.shape(1);
  if (x.ranked()) {
    y = x;
    y.dims().erase(y.dims().begin() + 1);
  }
  c.Out(0, c.dtype(0), none ? y : Shape(std::vector<Dim>()));
  return {};
}

Status EvalClassLoss(KernelCall& c, std::span<const double> log_probabilities) {
  const auto& a = c.attrs<ClassLossAttrs>();
  const Dims& d = c.input(0).dims;
  const int64_t classes = d[1], inner = d.Product(2, d.rank());
  HASTEN_ASSIGN(const auto labels, c.Ints(1));
  HASTEN_ASSIGN(const auto losses, c.Scratch<double>(static_cast<int64_t>(labels.size())));
  std::span<double> weights;
  if (c.has(2)) {
    HASTEN_ASSIGN(weights, c.Doubles(2));
  }
  double total = 0, weight_total = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const int64_t label = labels[i], n = static_cast<int64_t>(i) / inner, at = static_cast<int64_t>(i) % inner;
    losses[i] = 0;
    if (a.ignore_index && label == *a.ignore_index) continue;
    HASTEN_REQUIRE(label >= 0 && label < classes, "labels must be in [0, ", classes, "), one is ", label);
    const double weight = weights.empty() ? 1.0 : weights[static_cast<size_t>(label)];
    losses[i] = -weight * log_probabilities[static_cast<size_t>((n * classes + label) * inner + at)];
    total += losses[i];
    weight_total += weight;
  }
  if (a.reduction == "none")
    WriteDoubles(&c.output(0), 0, losses);
  else
    c.output(0).SetDouble(0, a.reduction == "mean" ? total / weight_total : total);
  return {};
}

std::vector<Sample> ClassLossSamples(int outputs) {
  const SampleInput x{DType::kF32, {3, 5}, -2, 2}, labels{DType::kI64, {3}, 0, 4}, weights{DType::kF32, {5}, 0.1, 2};
  const SampleInput image{DType::kF32, {2, 5, 3, 4}, -2, 2}, pixels{DType::kI32, {2, 3, 4}, 0, 4};
  const auto reduction = [](std::string v) { return NamedAttr{"reduction", v}; };
  const NamedAttr ignore{"ignore_index", int64_t{2}};
  return {
      {"mean", {x, labels}, {}, outputs},
      {"sum", {x, labels}, {reduction("sum")}, outputs},
      {"none", {x, labels}, {reduction("none")}, outputs},
      {"weights", {x, labels, weights}, {}, outputs},
      {"weights, none", {image, pixels, weights}, {reduction("none")}, outputs},
      {"ignored", {image, pixels}, {ignore}, outputs},
      {"ignored, weights", {image, pixels, weights}, {ignore}, outputs},
      {"ignored out of range", {x, {DType::kI64, {3}, 0, 0, {-1, 2, -1}}}, {{"ignore_index", int64_t{-1}}}, outputs},
      {"1-D", {{DType::kF32, {2, 5, 7}}, {DType::kI64, {2, 7}, 0, 4}}, {}, outputs},
      {"no batch", {{DType::kF32, {0, 5}}, {DType::kI64, {0}}}, {reduction("sum")}, outputs},
      {"f16", {{DType::kF16, {3, 5}}, labels}, {}, outputs}};
}

}  // namespace hasten
