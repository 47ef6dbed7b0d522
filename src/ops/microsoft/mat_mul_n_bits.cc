#include "ops/microsoft/mat_mul_n_bits.h"

#include "ops/matrix.h"

namespace hasten::ops::microsoft {
namespace {

using enum MatMulNBitsAttrs::Input;

constexpr AttrField kFields[] = {
    Field<&MatMulNBitsAttrs::k>("K"),
    Field<&MatMulNBitsAttrs::n>("N"),
    Field<&MatMulNBitsAttrs::accuracy_level>("accuracy_level"),
    Field<&MatMulNBitsAttrs::bits>("bits"),
    Field<&MatMulNBitsAttrs::block_size>("block_size"),
    Field<&MatMulNBitsAttrs::weight_prepacked>("weight_prepacked"),
};

Status CheckAttrs(const MatMulNBitsAttrs& a) {
  constexpr int64_t kMax = int64_t{1} << 31;
  HASTEN_REQUIRE(a.k >= 1 && a.k < kMax && a.n >= 1 && a.n < kMax, "K and N must be at least 1, are ", a.k, " and ",
                 a.n);
  HASTEN_REQUIRE(a.bits == 2 || a.bits == 4 || a.bits == 8, "bits must be 2, 4 or 8, is ", a.bits);
  HASTEN_REQUIRE(a.block_size >= 16 && a.block_size < kMax && (a.block_size & (a.block_size - 1)) == 0,
                 "block_size must be a power of two from 16, is ", a.block_size);
  if (a.weight_prepacked != 0) return Status(Code::kUnsupported, "prepacked weights are not supported");
  return {};
}

// However the elements are shaped: some exporters write vectors.
Status RequireCount(const InferCall& c, int i, int64_t count) {
  HASTEN_TRY(c.RequireTensor(i));
  if (!c.has(i) || !c.shape(i).ranked()) return {};
  HASTEN_REQUIRE(!NeverEqual(c.shape(i).elements(), count), "input ", i, " must have ", count, " elements, has shape ",
                 c.shape(i));
  return {};
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<MatMulNBitsAttrs>();
  HASTEN_TRY(CheckAttrs(a));
  HASTEN_TRY(c.RequireTensor(kA));
  HASTEN_TRY(c.RequireSameDType(kA, kScales));
  HASTEN_TRY(c.RequireSameDType(kA, kBias));
  HASTEN_REQUIRE(c.dtype(kB) == DType::kNone || c.dtype(kB) == DType::kU8, "input 1 must be u8, is ", c.type(kB));
  HASTEN_TRY(RequireCount(c, kB, a.n * a.column_bytes()));
  HASTEN_TRY(RequireCount(c, kScales, a.n * a.blocks()));
  if (c.dtype(kZeros) != DType::kNone)
    HASTEN_TRY(RequireCount(c, kZeros, a.n * (c.dtype(kZeros) == DType::kU8 ? a.packed_zeros() : a.blocks())));
  HASTEN_TRY(RequireCount(c, kBias, a.n));
  if (c.has(kGroups) && c.shape(kGroups).ranked()) {
    const Dim count = c.shape(kGroups).elements();
    HASTEN_REQUIRE(!count.is_const() || count.value() >= a.k, "input 4 must have ", a.k, " elements, has shape ",
                   c.shape(kGroups));
  }
  Shape y = c.shape(kA);
  if (y.ranked()) {
    HASTEN_REQUIRE(y.rank() >= 1, "input 0 must have rank 1 at least, is a scalar");
    HASTEN_TRY(c.RequireDims(kA, y.rank() - 1, a.k, "K"));
    y[y.rank() - 1] = a.n;
  }
  c.Out(0, c.dtype(kA), std::move(y));
  return {};
}

// Number `i` of `bits` bits, packed from the low bits of each byte up.
int64_t Unpack(std::span<const int64_t> bytes, int64_t i, int64_t bits) {
  const int64_t per_byte = 8 / bits;
  return (bytes[static_cast<size_t>(i / per_byte)] >> (i % per_byte * bits)) & ((int64_t{1} << bits) - 1);
}

struct Weights {
  const MatMulNBitsAttrs& a;
  const Tensor& packed;
  std::span<const double> scales, zeros;  // zeros: empty where packed or absent
  std::span<const int64_t> packed_zeros, groups;

  double Zero(int64_t n, int64_t block) const {
    if (!zeros.empty()) return zeros[static_cast<size_t>(n * a.blocks() + block)];
    if (packed_zeros.empty()) return static_cast<double>(int64_t{1} << (a.bits - 1));
    const auto size = static_cast<size_t>(a.packed_zeros());
    return static_cast<double>(Unpack(packed_zeros.subspan(static_cast<size_t>(n) * size, size), block, a.bits));
  }
  // Column n of the weights.
  Status Read(int64_t n, std::span<int64_t> bytes, std::span<double> out) const {
    ReadInts(packed, n * static_cast<int64_t>(bytes.size()), bytes);
    for (int64_t k = 0; k < a.k; ++k) {
      const int64_t block = groups.empty() ? k / a.block_size : groups[static_cast<size_t>(k)];
      HASTEN_REQUIRE(block >= 0 && block < a.blocks(), "groups must be in [0, ", a.blocks(), "), one is ", block);
      out[static_cast<size_t>(k)] = (static_cast<double>(Unpack(bytes, k, a.bits)) - Zero(n, block)) *
                                    scales[static_cast<size_t>(n * a.blocks() + block)];
    }
    return {};
  }
};

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<MatMulNBitsAttrs>();
  Weights w{a, c.input(kB), {}, {}, {}, {}};
  HASTEN_ASSIGN(const auto x, c.Doubles(kA));
  HASTEN_ASSIGN(w.scales, c.Doubles(kScales));
  if (c.has(kZeros) && IsFloat(c.input(kZeros).dtype)) {
    HASTEN_ASSIGN(w.zeros, c.Doubles(kZeros));
  } else if (c.has(kZeros)) {
    HASTEN_ASSIGN(w.packed_zeros, c.Ints(kZeros));
  }
  if (c.has(kGroups)) {
    HASTEN_ASSIGN(w.groups, c.Ints(kGroups));
  }
  HASTEN_ASSIGN(const auto bytes, c.Scratch<int64_t>(a.column_bytes()));
  HASTEN_ASSIGN(const auto column, c.Scratch<double>(a.k));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(c.output(0).elements()));
  const int64_t rows = static_cast<int64_t>(x.size()) / a.k;
  for (int64_t n = 0; n < a.n; ++n) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    HASTEN_TRY(w.Read(n, bytes, column));
    const double bias = c.has(kBias) ? c.input(kBias).Double(n) : 0.0;
    for (int64_t m = 0; m < rows; ++m)
      y[static_cast<size_t>(m * a.n + n)] =
          bias + std::inner_product(column.begin(), column.end(), x.begin() + m * a.k, 0.0);
  }
  WriteDoubles(&c.output(0), 0, y);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kU = DType::kU8;
  const auto with = [](int64_t k, int64_t n, int64_t bits, int64_t block) {
    return std::vector<NamedAttr>{{"K", k}, {"N", n}, {"bits", bits}, {"block_size", block}};
  };
  const SampleInput x{kF, {2, 3, 37}}, b4{kU, {5, 3, 8}, 0, 255}, scales{kF, {5, 3}}, none{DType::kNone, {}};
  return {{"4 bits", {x, b4, scales}, with(37, 5, 4, 16)},
          {"2 bits", {x, {kU, {5, 3, 4}, 0, 255}, scales, {kU, {5, 1}, 0, 255}}, with(37, 5, 2, 16)},
          {"8 bits", {x, {kU, {5, 3, 16}, 0, 255}, scales, {kU, {5, 3}, 0, 255}}, with(37, 5, 8, 16)},
          {"packed zero points", {x, b4, scales, {kU, {5, 2}, 0, 255}}, with(37, 5, 4, 16)},
          {"float zero points", {x, b4, scales, {kF, {5, 3}, 0, 15}}, with(37, 5, 4, 16)},
          {"groups", {x, b4, scales, none, {DType::kI32, {37}, 0, 2}}, with(37, 5, 4, 16)},
          {"bias", {x, b4, scales, none, none, {kF, {5}}}, with(37, 5, 4, 16)},
          {"vectors of scales and zero points", {x, b4, {kF, {15}}, {kU, {10}, 0, 255}}, with(37, 5, 4, 16)},
          {"one block", {{kF, {1, 32}}, {kU, {1, 1, 16}, 0, 255}, {kF, {1, 1}}}, with(32, 1, 4, 32)},
          {"no rows", {{kF, {0, 37}}, b4, scales}, with(37, 5, 4, 16)},
          {"f16", {{DType::kF16, {3, 37}}, b4, {DType::kF16, {5, 3}}}, with(37, 5, 4, 16)}};
}

}  // namespace

extern const OpDef kMatMulNBits = {
    .name = "com.microsoft.MatMulNBits",
    .doc =
        "y = a W^T + bias, W[n, k] = (B[n, k] - zero[n, g]) * scale[n, g] for the block g = k / block_size, or "
        "groups[k]. a: float "
        "[..., K]; B: u8 [N, G, block_size * bits / 8], numbers of `bits` bits from the low bits up; scale: float [N, "
        "G]; zero: u8 [N, "
        "ceil(G * bits / 8)], packed likewise, or float [N, G], else 2^(bits - 1); groups: i32 [K]; bias: [N]; y: "
        "[..., N]; G = ceil(K / "
        "block_size).",
    .attrs = SchemaOf<MatMulNBitsAttrs>(kFields),
    .arity = {3, 6},
    .onnx = {"com.microsoft", "MatMulNBits", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops =
        [](const CostCall& c) {
          const auto y = c.out[0].shape.Concrete();
          return y ? 2.0 * static_cast<double>(y->elements()) * static_cast<double>(c.attrs<MatMulNBitsAttrs>().k)
                   : 0.0;
        },
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft
