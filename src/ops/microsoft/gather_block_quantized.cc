#include "ops/movement.h"

namespace hasten::ops::microsoft {
namespace {

struct GatherBlockAttrs {
  int64_t bits = 4, block_size = 128, gather_axis = 0, quantize_axis = 1;
};
constexpr AttrField kFields[] = {
    Field<&GatherBlockAttrs::bits>("bits"),
    Field<&GatherBlockAttrs::block_size>("block_size"),
    Field<&GatherBlockAttrs::gather_axis>("gather_axis"),
    Field<&GatherBlockAttrs::quantize_axis>("quantize_axis"),
};
enum Input { kData, kIndices, kScales, kZeros };

// How many numbers a byte of u8 data holds.
int64_t PerByte(const GatherBlockAttrs& a, DType t) { return t == DType::kU8 ? 8 / a.bits : 1; }

Status CheckAttrs(const GatherBlockAttrs& a, DType t) {
  HASTEN_REQUIRE(a.bits == 2 || a.bits == 4 || a.bits == 8, "bits must be 2, 4 or 8, is ", a.bits);
  const bool whole = a.block_size == 0 && IsFloat(t);
  HASTEN_REQUIRE(
      whole || (a.block_size >= 16 && a.block_size < (int64_t{1} << 31) && (a.block_size & (a.block_size - 1)) == 0),
      "block_size must be a power of two from 16, is ", a.block_size);
  return {};
}

Status CheckScales(const InferCall& c, const Shape& data, int quantize, int64_t block) {
  for (int i : {kScales, kZeros}) {
    if (!c.has(i) || !c.shape(i).ranked()) continue;
    const Shape& s = c.shape(i);
    HASTEN_REQUIRE(s.rank() == data.rank(), "input ", i, " must have the rank of ", data, ", has shape ", s);
    if (i == kZeros) continue;
    for (int k = 0; k < s.rank(); ++k) {
      const Dim want = k != quantize ? data[k] : block == 0 ? Dim(1) : CeilDiv(data[k], block);
      HASTEN_REQUIRE(!NeverEqual(s[k], want) || (k != quantize && s[k].is(1) && IsFloat(c.dtype(kData))), "axis ", k,
                     " of input 2 must be ", want, ", is ", s[k]);
    }
  }
  return {};
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<GatherBlockAttrs>();
  HASTEN_TRY(RequireTensors(c, 3));
  HASTEN_TRY(c.RequireTensor(kZeros));
  HASTEN_TRY(c.RequireSameDType(kData, kZeros));
  const DType t = c.dtype(kData);
  HASTEN_TRY(CheckAttrs(a, t));
  HASTEN_REQUIRE(c.dtype(kIndices) == DType::kNone || IsInteger(c.dtype(kIndices)), "indices must be integers, are ",
                 c.type(kIndices));
  HASTEN_REQUIRE(!c.has(kZeros) || !IsFloat(t), "float data must come without zero points");
  const Shape& packed = c.shape(kData);
  if (!packed.ranked() || t == DType::kNone || !c.shape(kIndices).ranked()) {
    c.Out(0, c.dtype(kScales), Shape::Unknown());
    return {};
  }
  HASTEN_ASSIGN(const int gather, NormalizeAxis(a.gather_axis, packed.rank()));
  HASTEN_ASSIGN(const int quantize, NormalizeAxis(a.quantize_axis, packed.rank()));
  Shape data = packed;
  data[data.rank() - 1] = data[data.rank() - 1] * PerByte(a, t);
  HASTEN_REQUIRE(PerByte(a, t) == 1 || gather == 0, "gather_axis of packed data must be 0, is ", gather);
  HASTEN_REQUIRE(PerByte(a, t) == 1 || data.rank() > 1, "packed data must have rank 2 at least, has shape ", packed);
  HASTEN_TRY(CheckScales(c, data, quantize, a.block_size));
  std::vector<Dim> y(data.dims().begin(), data.dims().begin() + gather);
  y.insert(y.end(), c.shape(kIndices).dims().begin(), c.shape(kIndices).dims().end());
  y.insert(y.end(), data.dims().begin() + gather + 1, data.dims().end());
  return OutShape(c, 0, c.dtype(kScales), Shape(std::move(y)));
}

// Number `at` of a row-major array, perhaps packed within bytes from the low bits up.
double NumberAt(const Tensor& t, int64_t at, int64_t bits, int64_t per_byte) {
  if (per_byte == 1) return t.Double(at);
  return static_cast<double>((t.Int(at / per_byte) >> (at % per_byte * bits)) & ((int64_t{1} << bits) - 1));
}

// What dequantises an element of the data.
struct Blocks {
  const Tensor& scales;
  const Tensor* zeros;
  Dims scale_dims, scale_strides, zero_strides;
  int64_t bits, per_byte, block;
  int quantize;
  double default_zero;

  // (q - zero) * scale for the element at `place` of the data.
  double Value(double q, const Dims& place) const {
    int64_t scale = 0, zero = 0;
    for (int k = 0; k < place.rank(); ++k) {
      const int64_t at = k != quantize ? place[k] : block == 0 ? 0 : place[k] / block;
      if (scale_dims[k] > 1) scale += at * scale_strides[k];
      zero += at * zero_strides[k];
    }
    return (q - (zeros ? NumberAt(*zeros, zero, bits, per_byte) : default_zero)) * scales.Double(scale);
  }
};

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<GatherBlockAttrs>();
  const Tensor& data = c.input(kData);
  Tensor& y = c.output(0);
  Dims dims = data.dims;
  const int64_t per_byte = PerByte(a, data.dtype);
  dims.back() *= per_byte;
  HASTEN_ASSIGN(const int gather, NormalizeAxis(a.gather_axis, dims.rank()));
  HASTEN_ASSIGN(const int quantize, NormalizeAxis(a.quantize_axis, dims.rank()));
  const Tensor* zeros = c.has(kZeros) ? &c.input(kZeros) : nullptr;
  Dims zero_dims = zeros ? zeros->dims : c.input(kScales).dims;
  if (zeros) zero_dims.back() *= per_byte;
  const Blocks blocks{c.input(kScales),
                      zeros,
                      c.input(kScales).dims,
                      StridesOf(c.input(kScales).dims),
                      StridesOf(zero_dims),
                      a.bits,
                      per_byte,
                      a.block_size,
                      quantize,
                      data.dtype == DType::kU8 ? static_cast<double>(int64_t{1} << (a.bits - 1)) : 0.0};
  HASTEN_ASSIGN(const auto indices, c.Ints(kIndices));
  const int64_t outer = dims.Product(0, gather), size = dims[static_cast<size_t>(gather)],
                inner = dims.Product(gather + 1, dims.rank());
  const Dims strides = StridesOf(dims);
  Dims place = Dims::Filled(dims.rank(), 0);
  int64_t to = 0;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t index : indices) {
      if (c.stopped()) return Status(Code::kCancelled, "stopped");
      const int64_t row = index < 0 ? index + size : index;
      for (int64_t i = 0; i < inner; ++i, ++to) {
        if (row < 0 || row >= size) {
          y.SetDouble(to, 0);
          continue;
        }
        const int64_t at = (o * size + row) * inner + i;
        for (int k = 0; k < dims.rank(); ++k) place[k] = at / strides[k] % dims[k];
        y.SetDouble(to, blocks.Value(NumberAt(data, at, a.bits, per_byte), place));
      }
    }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const SampleInput indices{DType::kI64, {2, 3}, -5, 4};
  const NamedAttr block{"block_size", int64_t{16}};
  return {{"i4", {{DType::kI4, {5, 32}, -8, 7}, indices, {kF, {5, 2}}}, {block}},
          {"u4 with zero points",
           {{DType::kU4, {5, 37}, 0, 15}, indices, {kF, {5, 3}}, {DType::kU4, {5, 3}, 0, 15}},
           {block}},
          {"4 bits in bytes", {{DType::kU8, {5, 16}, 0, 255}, indices, {kF, {5, 2}}}, {block}},
          {"4 bits in bytes, zero points",
           {{DType::kU8, {5, 16}, 0, 255}, indices, {kF, {5, 2}}, {DType::kU8, {5, 1}, 0, 255}},
           {block}},
          {"2 bits", {{DType::kU8, {5, 8}, 0, 255}, indices, {kF, {5, 2}}}, {block, {"bits", int64_t{2}}}},
          {"8 bits", {{DType::kU8, {5, 32}, 0, 255}, indices, {kF, {5, 2}}}, {block, {"bits", int64_t{8}}}},
          {"other axes",
           {{DType::kI4, {32, 5}, -8, 7}, {DType::kI32, {3}, 0, 4}, {kF, {2, 5}}},
           {block, {"gather_axis", int64_t{1}}, {"quantize_axis", int64_t{0}}}},
          {"out of range gives zeros",
           {{DType::kI4, {5, 32}, -8, 7}, {DType::kI64, {2}, 0, 0, {1, 9}}, {kF, {5, 2}}},
           {block}},
          {"f8, one block", {{DType::kF8E4M3FN, {5, 7}}, indices, {kF, {5, 1}}}, {{"block_size", int64_t{0}}}}};
}

}  // namespace

extern const OpDef kGatherBlockQuantized = {
    .name = "com.microsoft.GatherBlockQuantized",
    .doc =
        "Gather along gather_axis of (data - zero) * scale, where scale and zero belong to blocks of block_size along "
        "quantize_axis (0: "
        "all of it); an index out of range gives zeros. data: i4, u4, f8, f4, or u8 that packs 8 / bits numbers along "
        "the last axis, "
        "[.., s, ..]; indices: integers [q...]; scale: float, zero: dtype of data, packed likewise, else 0, or 2^(bits "
        "- 1) in u8; y: "
        "dtype of scale [.., q..., ..].",
    .attrs = SchemaOf<GatherBlockAttrs>(kFields),
    .arity = {3, 4},
    .onnx = {"com.microsoft", "GatherBlockQuantized", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
