#include "ops/preview/flex_attention_steps.h"

#include "ops/matrix.h"

namespace hasten::ops::preview {
namespace {

// y[b, h] = x[b, h] * matrix of head h / group of input 1, for all batches and query heads.
Status MultiplyHeads(KernelCall& c, bool transposed, double scale, DType to) {
  const Dims &x = c.input(0).dims, &w = c.input(1).dims;
  const int64_t rows = x[2], inner = x[3], cols = transposed ? w[2] : w[3];
  HASTEN_REQUIRE((transposed ? w[3] : w[2]) == inner && w[0] == x[0] && w[1] > 0 && x[1] % w[1] == 0,
                 "heads of shapes ", x, " and ", w, " do not multiply");
  const int64_t group = x[1] / w[1];
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, to, {x[0], x[1], rows, cols}));
  HASTEN_ASSIGN(const auto panel, c.Scratch<double>(kPanelElements));
  HASTEN_ASSIGN(const auto left, c.Scratch<double>(rows * inner));
  HASTEN_ASSIGN(const auto sum, c.Scratch<double>(rows * cols));
  for (int64_t i = 0; i < x[0] * x[1]; ++i) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const int64_t head = i / x[1] * w[1] + i % x[1] / group;
    ReadDoubles(c.input(0), i * rows * inner, left);
    Multiply(left, {&c.input(1), head * inner * cols, inner, cols, transposed}, {}, panel, sum);
    for (double& v : sum) v *= scale;
    WriteDoubles(y, i * rows * cols, sum);
  }
  return {};
}

Status EvalScores(KernelCall& c) {
  const auto& a = c.attrs<FlexScoresAttrs>();
  const double scale = a.scale ? static_cast<double>(*a.scale) : 1 / std::sqrt(static_cast<double>(c.input(0).dims[3]));
  return MultiplyHeads(c, true, scale, ScoresDType(a.precision, c.input(0).dtype));
}

Status EvalSoftmax(KernelCall& c) {
  const Dims& d = c.input(0).dims;
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, c.input(0).dtype, d));
  HASTEN_ASSIGN(const auto row, c.Scratch<double>(d.back()));
  for (int64_t i = 0; i < d.Product(0, d.rank() - 1); ++i) {
    ReadDoubles(c.input(0), i * d.back(), row);
    const double top = row.empty() ? 0 : *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (double& v : row) sum += v = std::exp(v - top);
    for (double& v : row) v /= sum;
    WriteDoubles(y, i * d.back(), row);
  }
  return {};
}

Status EvalApply(KernelCall& c) { return MultiplyHeads(c, false, 1, c.input(1).dtype); }

constexpr AttrField kScoresFields[] = {Field<&FlexScoresAttrs::precision>("precision"),
                                       Field<&FlexScoresAttrs::scale>("scale")};

}  // namespace

DType ScoresDType(const std::optional<int64_t>& precision, DType operand) {
  if (precision) return static_cast<DType>(*precision);
  return operand == DType::kF64 ? DType::kF64 : DType::kF32;
}

const OpDef kFlexScores = {
    .name = "flex.Scores", .attrs = SchemaOf<FlexScoresAttrs>(kScoresFields), .arity = {2, 2}, .eval = EvalScores};
const OpDef kFlexSoftmax = {.name = "flex.Softmax", .arity = {1, 1}, .eval = EvalSoftmax};
const OpDef kFlexApply = {.name = "flex.Apply", .arity = {2, 2}, .eval = EvalApply};

}  // namespace hasten::ops::preview
