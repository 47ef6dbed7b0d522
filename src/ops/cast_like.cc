#include "ops/conversion.h"

namespace hasten::ops {
namespace {

struct CastLikeAttrs {
  bool saturate = true;
  std::string round_mode = "up";
};
constexpr AttrField kFields[] = {Field<&CastLikeAttrs::saturate>("saturate"),
                                 Field<&CastLikeAttrs::round_mode>("round_mode")};

Status Infer(InferCall& c) {
  for (int i : {0, 1}) HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(PowerRoundingOf(c.attrs<CastLikeAttrs>().round_mode).status());
  const DType to = c.dtype(1);
  HASTEN_TRY(RequireConvertible(c.dtype(0), to));
  PropagateConversion(c, to);
  c.Out(0, to, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<CastLikeAttrs>();
  HASTEN_ASSIGN(const PowerRounding rounding, PowerRoundingOf(a.round_mode));
  return ConvertElements(c.input(0), {a.saturate, rounding}, &c.output(0));
}

Status DownTo15(OnnxNode& n) { return AbsentBefore(n, 19, {"saturate"}); }
Status DownTo23(OnnxNode& n) { return AbsentBefore(n, 24, {"round_mode"}); }

constexpr OnnxVersion kVersions[] = {{15, nullptr, DownTo15}, {19}, {21}, {23, nullptr, DownTo23}, {24}, {25}};

std::vector<Sample> Samples() {
  const SampleInput large = {DType::kF32, {3}, 0, 0, {1e9, 1.5, -1e9}};
  return {{"to i32", {{DType::kF32, {3, 5}, -9, 9}, {DType::kI32, {2}}}},
          {"to text", {{DType::kI64, {3}, -9, 9}, {DType::kString, {}, 0, 0, {}, {""}}}},
          {"saturates", {large, {DType::kF8E5M2, {1}}}},
          {"does not saturate", {large, {DType::kF8E5M2, {1}}}, {{"saturate", int64_t{0}}}},
          {"rounds down",
           {{DType::kF32, {3}, 0, 0, {1, 1.4, 1.6}}, {DType::kF8E8M0, {1}}},
           {{"round_mode", std::string("down")}}},
          {"scalar", {{DType::kF64, {}}, {DType::kF16, {0}}}},
          {"zero-size", {{DType::kF64, {0, 3}}, {DType::kF16, {}}}}};
}

}  // namespace

extern const OpDef kCastLike = {
    .name = "CastLike",
    .doc =
        "y = x in the data type of the second input, elementwise, by the rules of Cast. x, y: [d...]; like: any "
        "tensor.",
    .attrs = SchemaOf<CastLikeAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "CastLike", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
