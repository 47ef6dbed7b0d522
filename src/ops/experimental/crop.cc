#include "ops/movement.h"

namespace hasten::ops::experimental {
namespace {

struct CropAttrs {
  std::vector<int64_t> border;  // left, top, right, bottom; none: 0
  std::vector<int64_t> scale;   // height, width of the result; none: what the border leaves
};
constexpr AttrField kFields[] = {Field<&CropAttrs::border>("border"), Field<&CropAttrs::scale>("scale")};

constexpr int64_t kMaxBorder = int64_t{1} << 40;
enum { kLeft, kTop, kRight, kBottom };

int64_t BorderOf(const CropAttrs& a, int side) { return a.border.empty() ? 0 : a.border[static_cast<size_t>(side)]; }

// What is left of an axis of `size` after the borders before and behind it, or `wanted` of it.
Result<Dim> Kept(const Dim& size, int64_t before, int64_t behind, std::optional<int64_t> wanted) {
  const Dim left = size - before;
  const Dim kept = wanted ? Dim(*wanted) : left - behind;
  HASTEN_REQUIRE(!kept.is_const() || kept.value() >= 0, "border ", before, " and ", behind, " must leave something of ",
                 size);
  HASTEN_REQUIRE(!wanted || !left.is_const() || *wanted <= left.value(), "scale must be at most ", left, ", is ", kept);
  return kept;
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<CropAttrs>();
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_TRY(c.RequireRank(0, 4));
  HASTEN_REQUIRE(a.border.empty() || a.border.size() == 4, "border must have 4 numbers, has ", a.border.size());
  HASTEN_REQUIRE(a.scale.empty() || a.scale.size() == 2, "scale must have 2 numbers, has ", a.scale.size());
  for (int64_t b : a.border)
    HASTEN_REQUIRE(b >= 0 && b <= kMaxBorder, "border must be in [0, ", kMaxBorder, "], is ", b);
  Shape y = c.shape(0).ranked() ? c.shape(0) : Shape::Fresh(4);
  const auto wanted = [&](size_t i) { return a.scale.empty() ? std::nullopt : std::optional(a.scale[i]); };
  HASTEN_ASSIGN(y[2], Kept(y[2], BorderOf(a, kTop), BorderOf(a, kBottom), wanted(0)));
  HASTEN_ASSIGN(y[3], Kept(y[3], BorderOf(a, kLeft), BorderOf(a, kRight), wanted(1)));
  c.Out(0, c.dtype(0), std::move(y));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<CropAttrs>();
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  const int64_t height = x.dims[2], width = x.dims[3];
  for (int64_t plane = 0; plane < x.dims[0] * x.dims[1]; ++plane)
    for (int64_t row = 0; row < y->dims[2]; ++row)
      CopyElements(x, (plane * height + BorderOf(a, kTop) + row) * width + BorderOf(a, kLeft), y,
                   (plane * y->dims[2] + row) * y->dims[3], y->dims[3]);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  const std::vector<int64_t> border = {1, 2, 3, 0}, none = {0, 0, 0, 0}, scale = {2, 3};
  return {{"border", {{DType::kF32, {2, 3, 5, 7}}}, {{"border", border}}},
          {"border and scale", {{DType::kF32, {1, 2, 5, 7}}}, {{"border", border}, {"scale", scale}}},
          {"no border", {{DType::kF16, {1, 1, 2, 3}}}, {{"border", none}}},
          {"zero-size", {{DType::kF32, {0, 3, 5, 7}}}, {{"border", border}}}};
}

}  // namespace

extern const OpDef kCrop = {
    .name = "Crop",
    .doc =
        "y = x without its border (left, top, right, bottom), or the part of size `scale` (height, width) from the "
        "left "
        "top border on. x: [n, c, h, w]; y: [n, c, h', w']; any dtype. Experimental in ONNX before 1.5.",
    .attrs = SchemaOf<CropAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Crop", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::experimental
