#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct AffineGridAttrs {
  bool align_corners = false;
};
constexpr AttrField kFields[] = {Field<&AffineGridAttrs::align_corners>("align_corners")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(c.RequireRank(0, 3));
  HASTEN_TRY(RequireIndices(c, 1));
  const auto size = c.KnownOf(1);
  const Shape &theta = c.shape(0), &given = c.shape(1);
  Dim count = Dim::Fresh();
  if (size)
    count = static_cast<int64_t>(size->elements.size());
  else if (given.ranked())
    count = given.elements();
  else if (theta.ranked())
    count = theta[1] + 2;
  if (!count.is_const()) {
    c.Out(0, c.dtype(0), Shape::Unknown());
    return {};
  }
  HASTEN_REQUIRE(count.is(4) || count.is(5), "size must have 4 or 5 entries, has ", count);
  const auto rank = static_cast<int>(count.value());
  HASTEN_TRY(c.RequireDims(0, 1, rank - 2, "a row for each spatial axis"));
  HASTEN_TRY(c.RequireDims(0, 2, rank - 1, "one more than spatial axes"));
  Shape y = Shape::Fresh(rank);
  if (size)
    for (int i = 2; i < rank; ++i) y[i - 1] = size->elements[static_cast<size_t>(i)];
  if (size) y[0] = size->elements[0];
  if (theta.ranked()) {
    HASTEN_ASSIGN(y[0], SameDim(y[0], theta[0], "batch"));
  }
  y[rank - 1] = rank - 2;
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

// Place of entry i of n in [-1, 1].
double Place(int64_t i, int64_t n, bool align_corners) {
  const auto x = static_cast<double>(i), length = static_cast<double>(n);
  if (!align_corners) return (2 * x + 1) / length - 1;
  return n > 1 ? 2 * x / (length - 1) - 1 : -1;
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const bool align = c.attrs<AffineGridAttrs>().align_corners;
  HASTEN_ASSIGN(const auto theta, c.Doubles(0));
  const auto n = static_cast<size_t>(y->dims.back());
  const Dims strides = StridesOf(y->dims);
  for (int64_t at = 0; at < y->elements(); at += static_cast<int64_t>(n)) {
    std::array<double, 4> place{};  // x, y, (z,) 1
    for (size_t i = 0; i < n; ++i)
      place[n - 1 - i] = Place(at / strides[i + 1] % y->dims[i + 1], y->dims[i + 1], align);
    place[n] = 1;
    const double* row = theta.data() + static_cast<size_t>(at / strides[0]) * n * (n + 1);
    for (size_t k = 0; k < n; ++k, row += n + 1) {
      double sum = 0;
      for (size_t i = 0; i <= n; ++i) sum += row[i] * place[i];
      y->SetDouble(at + static_cast<int64_t>(k), sum);
    }
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{20}};

std::vector<Sample> Samples() {
  const NamedAttr align{"align_corners", int64_t{1}};
  const SampleInput theta2{DType::kF32, {2, 2, 3}}, theta3{DType::kF32, {1, 3, 4}};
  return {{"2-D", {theta2, IntList({2, 3, 5, 7})}},
          {"2-D, corners aligned", {theta2, IntList({2, 3, 5, 7})}, {align}},
          {"3-D", {theta3, IntList({1, 1, 2, 3, 4})}},
          {"3-D, corners aligned", {theta3, IntList({1, 1, 2, 3, 4})}, {align}},
          {"one pixel", {theta2, IntList({2, 1, 1, 1})}},
          {"no pixels", {theta2, IntList({2, 1, 0, 3})}}};
}

}  // namespace

extern const OpDef kAffineGrid = {
    .name = "AffineGrid",
    .doc =
        "grid[n, h, w, :] = theta[n] (x, y, 1), with x and y the place of (h, w) in [-1, 1]: the middles of the "
        "outermost elements are -1 and 1 where align_corners is set, else their edges. theta: float [N, 2, 3]; "
        "size: i64 (N, C, H, W); grid: [N, H, W, 2]. In 3-D: [N, 3, 4], (N, C, D, H, W), [N, D, H, W, 3].",
    .attrs = SchemaOf<AffineGridAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "AffineGrid", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
