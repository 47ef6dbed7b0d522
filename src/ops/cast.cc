#include "ops/conversion.h"

namespace hasten::ops {
namespace {

struct CastAttrs {
  std::optional<int64_t> to;
  bool saturate = true;
  std::string round_mode = "up";
};
constexpr AttrField kFields[] = {Field<&CastAttrs::to>("to"), Field<&CastAttrs::saturate>("saturate"),
                                 Field<&CastAttrs::round_mode>("round_mode")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<CastAttrs>();
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_REQUIRE(a.to, "attribute 'to' must be there");
  HASTEN_REQUIRE(*a.to > 0 && *a.to < kNumDTypes, "to must be a data type of ONNX from 1 to ", kNumDTypes - 1, ", is ",
                 *a.to);
  HASTEN_TRY(PowerRoundingOf(a.round_mode).status());
  const auto to = static_cast<DType>(*a.to);
  HASTEN_TRY(RequireConvertible(c.dtype(0), to));
  PropagateConversion(c, to);
  c.Out(0, to, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<CastAttrs>();
  HASTEN_ASSIGN(const PowerRounding rounding, PowerRoundingOf(a.round_mode));
  return ConvertElements(c.input(0), {a.saturate, rounding}, &c.output(0));
}

// Opset 1 spelled the type out; the names are those of TensorProto.DataType, in order.
constexpr std::string_view kTypeNames[] = {"UNDEFINED", "FLOAT",  "UINT8", "INT8",    "UINT16", "INT16",  "INT32",
                                           "INT64",     "STRING", "BOOL",  "FLOAT16", "DOUBLE", "UINT32", "UINT64"};

Status UpFrom1(OnnxNode& n) {
  const auto* name = n.Get<std::string>("to");
  if (!name) return {};
  const auto* at = std::find(std::begin(kTypeNames), std::end(kTypeNames), *name);
  HASTEN_REQUIRE(at != std::end(kTypeNames), "to must name a data type of ONNX, is ", Quote(*name));
  n.Set("to", static_cast<int64_t>(at - kTypeNames));
  return {};
}

Status DownTo1(OnnxNode& n) {
  const int64_t to = n.Int("to", 0);
  if (to <= 0 || to >= static_cast<int64_t>(std::size(kTypeNames)))
    return Status(Code::kUnsupported, Str("data type ", to, " has no name at opset ", n.opset));
  n.Set("to", std::string(kTypeNames[to]));
  return {};
}

Status DownTo13(OnnxNode& n) { return AbsentBefore(n, 19, {"saturate"}); }
Status DownTo23(OnnxNode& n) { return AbsentBefore(n, 24, {"round_mode"}); }

constexpr OnnxVersion kVersions[] = {
    {1, UpFrom1, DownTo1}, {6}, {9}, {13, nullptr, DownTo13}, {19}, {21}, {23, nullptr, DownTo23}, {24}, {25}, {28}};

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<NamedAttr> To(DType t) { return {{"to", static_cast<int64_t>(t)}}; }

// From a few dtypes to every dtype, then what only some pairs show.
std::vector<Sample> Samples() {
  const SampleInput reals = {DType::kF32, {11}, 0, 0, {0, -0.0, 1, -1.5, 2.5, 0.3, -8, 7, 1e-9, 447, 40000}};
  const SampleInput integers = {DType::kI16, {9}, 0, 0, {0, 1, -1, 7, -8, 100, 255, -129, 32767}};
  std::vector<Sample> out;
  for (int t = 1; t < kNumDTypes; ++t) {
    out.push_back({"from f32", {reals}, To(static_cast<DType>(t))});
    out.push_back({"from i16", {integers}, To(static_cast<DType>(t))});
    if (static_cast<DType>(t) != DType::kString)
      out.push_back({"to f32", {{static_cast<DType>(t), {5}, 0, 1}}, To(DType::kF32)});
  }
  for (DType t : {DType::kF8E4M3FN, DType::kF8E4M3FNUZ, DType::kF8E5M2, DType::kF8E5M2FNUZ, DType::kF8E8M0}) {
    const SampleInput special = {DType::kF32, {6}, 0, 0, {1e30, kInfinity, kNaN, 1e39, 0, 1e-44}};
    out.push_back({"saturates", {special}, To(t)});
    out.push_back({"does not saturate", {special}, {{"to", static_cast<int64_t>(t)}, {"saturate", int64_t{0}}}});
  }
  for (const char* mode : {"up", "down", "nearest"})
    out.push_back({"powers of two",
                   {{DType::kF32, {5}, 0, 0, {1, 1.4, 1.5, 1.6, 3}}},
                   {{"to", static_cast<int64_t>(DType::kF8E8M0)}, {"round_mode", std::string(mode)}}});
  out.push_back({"u64 beyond f32", {{DType::kU64, {2}, 0, 0, {0x1p63 + 0x1p40, 3}}}, To(DType::kF32)});
  out.push_back({"f64 to i64", {{DType::kF64, {4}, 0, 0, {-1.9, 1e18, 2.5, -0x1p62}}}, To(DType::kI64)});
  out.push_back(
      {"from text", {{DType::kString, {5}, 0, 0, {}, {"1.5", " -2e3", "+INF", "nan", "7"}}}, To(DType::kF32)});
  out.push_back({"integers from text",
                 {{DType::kString, {3}, 0, 0, {}, {"9223372036854775807", "-1", "100.5"}}},
                 To(DType::kI64)});
  out.push_back({"special values to text", {{DType::kF64, {3}, 0, 0, {kNaN, -kInfinity, 0.1}}}, To(DType::kString)});
  out.push_back({"prime, beyond one tile", {{DType::kF32, {1033}, -9, 9}}, To(DType::kI32)});
  out.push_back({"scalar", {{DType::kI64, {}, -9, 9}}, To(DType::kF32)});
  out.push_back({"zero-size", {{DType::kF32, {0, 3}}}, To(DType::kI8)});
  return out;
}

}  // namespace

extern const OpDef kCast = {
    .name = "Cast",
    .doc =
        "y = x in data type `to`, elementwise. x, y: [d...]. Floats round to nearest even, to f8e8m0 by `round_mode`; "
        "`saturate` lets float 8 take the largest value for what overflows. Integers keep the low bits, floats to "
        "integers truncate, strings hold decimal numbers.",
    .attrs = SchemaOf<CastAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Cast", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
