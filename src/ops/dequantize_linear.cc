#include "ops/elementwise.h"
#include "ops/scale_grid.h"

namespace hasten::ops {
namespace {

struct DequantizeLinearAttrs {
  int64_t axis = 1;
  int64_t block_size = 0;
  int64_t output_dtype = 0;
};
constexpr AttrField kFields[] = {Field<&DequantizeLinearAttrs::axis>("axis"),
                                 Field<&DequantizeLinearAttrs::block_size>("block_size"),
                                 Field<&DequantizeLinearAttrs::output_dtype>("output_dtype")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<DequantizeLinearAttrs>();
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kNumber));
  HASTEN_TRY(RequireKind(c, 1, DTypeKind::kFloat));
  HASTEN_TRY(c.RequireTensor(2));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  HASTEN_TRY(RequireScales(c, a.axis, a.block_size));
  HASTEN_ASSIGN(const DType out, DTypeOr(a.output_dtype, "output_dtype", c.dtype(1)));
  HASTEN_REQUIRE(out == DType::kNone || (IsFloat(out) && Bits(out) >= 16),
                 "output must be of floats of 16 bits or more, is of ", Name(out));
  c.Out(0, out, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<DequantizeLinearAttrs>();
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto scale, c.Doubles(1));
  HASTEN_ASSIGN(const auto zero, c.Scratch<double>(c.input(1).elements()));
  std::fill(zero.begin(), zero.end(), 0.0);
  if (c.has(2)) ReadDoubles(c.input(2), 0, zero);
  ScaleGrid::Of(c.input(0).dims, c.input(1).dims, a.axis, a.block_size).ForEach([&](size_t i, size_t k) {
    x[i] = (x[i] - zero[k]) * scale[k];
  });
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

Status DownTo10(OnnxNode& n) { return DownToOneScale(n); }
Status DownTo19(OnnxNode& n) { return AbsentBefore(n, 21, {"block_size"}); }
Status DownTo21(OnnxNode& n) { return AbsentBefore(n, 23, {"output_dtype"}); }

constexpr OnnxVersion kVersions[] = {
    {10, nullptr, DownTo10}, {13}, {19, nullptr, DownTo19}, {21, nullptr, DownTo21}, {23}, {24}, {25}, {28}};

std::vector<Sample> Samples() {
  const SampleInput x = {DType::kU8, {3, 5}, 0, 255}, half = {DType::kF32, {}, 0.5, 0.5};
  std::vector<Sample> out = {
      {"no zero point", {x, half}},
      {"zero point", {x, half, {DType::kU8, {}, 128, 128}}},
      {"per axis", {x, {DType::kF32, {5}, 0.5, 4}, {DType::kU8, {5}, 0, 255}}},
      {"per axis 0", {x, {DType::kF32, {3}, 0.5, 4}, {DType::kU8, {3}, 0, 255}}, {{"axis", int64_t{-2}}}},
      {"blocks, the last one short",
       {x, {DType::kF32, {3, 3}, 0.5, 4}, {DType::kU8, {3, 3}, 0, 255}},
       {{"block_size", int64_t{2}}}},
      {"blocks of axis 0", {x, {DType::kF32, {2, 5}, 0.5, 4}}, {{"block_size", int64_t{2}}, {"axis", int64_t{0}}}},
      {"f16", {x, {DType::kF16, {}, 0.3, 0.3}}},
      {"bf16, f32 out", {x, {DType::kBF16, {}, 0.3, 0.3}}, {{"output_dtype", static_cast<int64_t>(DType::kF32)}}},
      {"scale f8e8m0", {x, {DType::kF8E8M0, {}, 4, 4}}, {{"output_dtype", static_cast<int64_t>(DType::kF16)}}},
      {"i32", {{DType::kI32, {1033}, -100000, 100000}, half}},
      {"scalar", {{DType::kI8, {}, -9, 9}, half}},
      {"zero-size", {{DType::kI8, {0, 3}}, half}}};
  for (DType t :
       {DType::kI8, DType::kU16, DType::kI16, DType::kI4, DType::kU4, DType::kI2, DType::kU2, DType::kF8E4M3FN,
        DType::kF8E4M3FNUZ, DType::kF8E5M2, DType::kF8E5M2FNUZ, DType::kF4E2M1, DType::kF6E2M3, DType::kF6E3M2})
    out.push_back({"every dtype", {{t, {7}, 0, 1}, half, {t, {}, 1, 1}}});
  return out;
}

}  // namespace

extern const OpDef kDequantizeLinear = {
    .name = "DequantizeLinear",
    .doc =
        "y = (x - zero point) * scale, elementwise. x, y: [d...]; x: number; y: float, of scale's dtype or "
        "`output_dtype`; "
        "scale, zero point: one element, [d_axis], or [d...] with d_axis in blocks of `block_size`; zero point: x's "
        "dtype, "
        "0 if absent.",
    .attrs = SchemaOf<DequantizeLinearAttrs>(kFields),
    .arity = {2, 3},
    .onnx = {"", "DequantizeLinear", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
