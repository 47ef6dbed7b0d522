#include "ops/conversion.h"
#include "ops/elementwise.h"
#include "ops/scale_grid.h"

namespace hasten::ops {
namespace {

struct QuantizeLinearAttrs {
  int64_t axis = 1;
  bool saturate = true;
  int64_t block_size = 0;
  int64_t output_dtype = 0;
  int64_t precision = 0;
};
constexpr AttrField kFields[] = {
    Field<&QuantizeLinearAttrs::axis>("axis"), Field<&QuantizeLinearAttrs::saturate>("saturate"),
    Field<&QuantizeLinearAttrs::block_size>("block_size"), Field<&QuantizeLinearAttrs::output_dtype>("output_dtype"),
    Field<&QuantizeLinearAttrs::precision>("precision")};

bool IsQuantized(DType t) { return t != DType::kF8E8M0 && (IsInteger(t) ? Bits(t) <= 16 : IsFloat(t) && Bits(t) <= 8); }

Status Infer(InferCall& c) {
  const auto& a = c.attrs<QuantizeLinearAttrs>();
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kNumber));
  HASTEN_TRY(RequireKind(c, 1, DTypeKind::kNumber));
  HASTEN_TRY(RequireKind(c, 2, DTypeKind::kNumber));
  HASTEN_TRY(RequireScales(c, a.axis, a.block_size));
  HASTEN_ASSIGN(const DType precision, DTypeOr(a.precision, "precision", DType::kF32));
  HASTEN_REQUIRE(IsFloat(precision), "precision must be a float data type, is ", Name(precision));
  const DType zero = c.has(2) ? c.dtype(2) : DType::kNone;
  HASTEN_ASSIGN(const DType out, DTypeOr(a.output_dtype, "output_dtype", c.has(2) ? zero : DType::kU8));
  HASTEN_REQUIRE(zero == DType::kNone || out == zero, "output_dtype must be that of the zero point, is ", Name(out),
                 ", zero point is ", Name(zero));
  HASTEN_REQUIRE(out == DType::kNone || IsQuantized(out),
                 "output must be of integers up to 16 bits or float 8, 6 or 4, is of ", Name(out));
  c.Out(0, out, c.shape(0));
  return {};
}

// In which x / scale is computed.  Scales that cannot divide (f8e8m0, integers) do so in a wider type.
DType PrecisionOf(const KernelCall& c) {
  const auto& a = c.attrs<QuantizeLinearAttrs>();
  if (a.precision != 0) return static_cast<DType>(a.precision);
  const DType scale = c.input(1).dtype;
  return !IsFloat(scale) ? DType::kF64 : scale == DType::kF8E8M0 ? DType::kF32 : scale;
}

double RoundTo(DType t, double v) {
  if (t == DType::kF64) return v;
  return t == DType::kF32 ? static_cast<double>(static_cast<float>(v)) : DecodeFloat(t, EncodeFloat(t, v));
}

// NaN becomes the least integer.
double Saturate(double v, DType t) {
  const double low = static_cast<double>(IntMin(t)), high = static_cast<double>(IntMax(t));
  return v > low ? std::min(v, high) : low;
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<QuantizeLinearAttrs>();
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto scale, c.Doubles(1));
  HASTEN_ASSIGN(const auto zero, c.Scratch<double>(c.input(1).elements()));
  std::fill(zero.begin(), zero.end(), 0.0);
  if (c.has(2)) ReadDoubles(c.input(2), 0, zero);
  const DType precision = PrecisionOf(c), out = c.output(0).dtype;
  for (double& s : scale) s = RoundTo(precision, s);
  ScaleGrid::Of(c.input(0).dims, c.input(1).dims, a.axis, a.block_size).ForEach([&](size_t i, size_t k) {
    const double quotient = RoundTo(precision, RoundTo(precision, x[i]) / scale[k]);
    x[i] = IsInteger(out) ? Saturate(std::nearbyint(quotient) + zero[k], out) : quotient + zero[k];
  });
  StoreReals(x, {.saturate = a.saturate}, &c.output(0), 0);
  return {};
}

Status DownTo10(OnnxNode& n) { return DownToOneScale(n); }
Status DownTo13(OnnxNode& n) { return AbsentBefore(n, 19, {"saturate"}); }
Status DownTo19(OnnxNode& n) { return AbsentBefore(n, 21, {"block_size", "output_dtype"}); }
Status DownTo21(OnnxNode& n) { return AbsentBefore(n, 23, {"precision"}); }

constexpr OnnxVersion kVersions[] = {{10, nullptr, DownTo10},
                                     {13, nullptr, DownTo13},
                                     {19, nullptr, DownTo19},
                                     {21, nullptr, DownTo21},
                                     {23},
                                     {24},
                                     {25},
                                     {28}};

std::vector<Sample> Samples() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const SampleInput x = {DType::kF32, {3, 5}, -300, 300}, half = {DType::kF32, {}, 0.5, 0.5};
  std::vector<Sample> out = {
      {"no zero point: u8", {x, half}},
      {"halves to even",
       {{DType::kF32, {6}, 0, 0, {0.25, 0.75, 1.25, -0.25, -0.75, 0.2}}, half, {DType::kI8, {}, 1, 1}}},
      {"infinities", {{DType::kF32, {2}, 0, 0, {kInfinity, -kInfinity}}, half, {DType::kI8, {}, 1, 1}}},
      {"per axis", {x, {DType::kF32, {5}, 0.5, 4}, {DType::kU8, {5}, 0, 255}}},
      {"per axis 0", {x, {DType::kF32, {3}, 0.5, 4}, {DType::kI8, {3}, -9, 9}}, {{"axis", int64_t{0}}}},
      {"one scale in a vector", {x, {DType::kF32, {1}, 2, 2}, {DType::kI16, {1}, 5, 5}}},
      {"blocks, the last one short",
       {x, {DType::kF32, {3, 3}, 0.5, 4}, {DType::kI8, {3, 3}, -9, 9}},
       {{"block_size", int64_t{2}}}},
      {"blocks of axis 0", {x, {DType::kF32, {2, 5}, 0.5, 4}}, {{"block_size", int64_t{2}}, {"axis", int64_t{-2}}}},
      {"output_dtype", {x, half}, {{"output_dtype", static_cast<int64_t>(DType::kI16)}}},
      {"f16", {{DType::kF16, {7}, -300, 300}, {DType::kF16, {}, 0.3, 0.3}, {DType::kI8, {}, 0, 0}}},
      {"precision",
       {{DType::kF32, {1033}, -300, 300}, {DType::kF32, {}, 2.3, 2.3}},
       {{"precision", static_cast<int64_t>(DType::kF16)}}},
      {"i32", {{DType::kI32, {7}, -300, 300}, {DType::kF32, {}, 2, 2}}},
      {"scale f8e8m0", {x, {DType::kF8E8M0, {}, 4, 4}, {DType::kI8, {}, 0, 0}}},
      {"scalar", {{DType::kF32, {}, -9, 9}, half}},
      {"zero-size", {{DType::kF32, {0, 3}}, half}}};
  for (DType t : {DType::kU16, DType::kI4, DType::kU4, DType::kI2, DType::kU2, DType::kF8E4M3FN, DType::kF8E4M3FNUZ,
                  DType::kF8E5M2, DType::kF8E5M2FNUZ, DType::kF4E2M1, DType::kF6E2M3, DType::kF6E3M2})
    out.push_back({"zero point of every dtype", {x, {DType::kF32, {}, 40, 40}, {t, {}, 0, 0}}});
  for (DType t : {DType::kF8E4M3FN, DType::kF8E5M2})
    out.push_back({"does not saturate",
                   {{DType::kF32, {2}, 0, 0, {1e9, -1e9}}, half, {t, {}, 0, 0}},
                   {{"saturate", int64_t{0}}}});
  return out;
}

}  // namespace

extern const OpDef kQuantizeLinear = {
    .name = "QuantizeLinear",
    .doc =
        "y = saturate(round(x / scale) + zero point), elementwise; rounding to nearest even, to float 8 and 4 once at "
        "the "
        "end. x, y: [d...]; x: number; y: the zero point's dtype, or `output_dtype`, or u8; scale, zero point: one "
        "element, "
        "[d_axis], or [d...] with d_axis in blocks of `block_size`. The quotient is rounded to `precision`, or scale's "
        "dtype.",
    .attrs = SchemaOf<QuantizeLinearAttrs>(kFields),
    .arity = {2, 3},
    .onnx = {"", "QuantizeLinear", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
