#include "ops/op.h"

namespace hasten::ops {
namespace {

struct BitCastAttrs {
  std::optional<int64_t> to;
};
constexpr AttrField kFields[] = {Field<&BitCastAttrs::to>("to")};

Status Infer(InferCall& c) {
  const auto& to = c.attrs<BitCastAttrs>().to;
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_REQUIRE(to, "attribute 'to' must be there");
  HASTEN_REQUIRE(*to > 0 && *to < kNumDTypes, "to must be a data type of ONNX from 1 to ", kNumDTypes - 1, ", is ",
                 *to);
  const DType from = c.dtype(0), dtype = static_cast<DType>(*to);
  HASTEN_REQUIRE(from != DType::kString && dtype != DType::kString, "strings have no bits to reinterpret");
  HASTEN_REQUIRE(from == DType::kNone || Bits(from) == Bits(dtype), "to must be as wide as input 0, is ", Name(dtype),
                 ", input is ", c.type(0));
  c.Out(0, dtype, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const Tensor& x = c.input(0);
  if (x.elements() > 0) std::memmove(c.output(0).data, x.data, static_cast<size_t>(x.bytes()));
  return {};
}

constexpr OnnxVersion kVersions[] = {{26}};

std::vector<Sample> Samples() {
  const auto to = [](DType t) { return std::vector<NamedAttr>{{"to", static_cast<int64_t>(t)}}; };
  return {{"f32 to i32", {{DType::kF32, {3, 5}}}, to(DType::kI32)},
          {"i64 to f64", {{DType::kI64, {7}, -9, 9}}, to(DType::kF64)},
          {"u16 to bf16", {{DType::kU16, {1033}, 0, 65535}}, to(DType::kBF16)},
          {"u4 to i4, part of a byte", {{DType::kU4, {3}, 0, 15}}, to(DType::kI4)},
          {"bool to u8", {{DType::kBool, {}, 0, 1}}, to(DType::kU8)},
          {"zero-size", {{DType::kU32, {0, 2}}}, to(DType::kF32)}};
}

}  // namespace

extern const OpDef kBitCast = {
    .name = "BitCast",
    .doc = "y = the bits of x as data type `to` of the same width, elementwise. x, y: [d...]; any dtype but string.",
    .attrs = SchemaOf<BitCastAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "BitCast", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .metadata_only = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
