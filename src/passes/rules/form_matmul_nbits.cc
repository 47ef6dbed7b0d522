#include "ops/gemm.h"
#include "ops/microsoft/mat_mul_n_bits.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

using ops::microsoft::MatMulNBitsAttrs;

constexpr std::string_view kRoots[] = {"Gemm", "MatMul"};
constexpr int64_t kLeastBlock = 16, kMostBlock = 256;  // what ONNX Runtime has kernels for

// Weights [K, N], or [N, K], whose blocks along K have a scale each, and a zero point or none.
struct BlockWeights {
  const Tensor *q, *scales, *zeros;
  bool by_column;  // [N, K]
  MatMulNBitsAttrs attrs;

  // What makes signed numbers unsigned.
  int64_t offset() const { return IsSigned(q->dtype) ? int64_t{1} << (attrs.bits - 1) : 0; }
};

int64_t BitsOf(DType t) {
  if (t == DType::kI4 || t == DType::kU4) return 4;
  return t == DType::kI8 || t == DType::kU8 ? 8 : 0;
}

bool IsBlock(int64_t size, int64_t k) {
  return size >= kLeastBlock && size <= kMostBlock && (size & (size - 1)) == 0 && (size == kLeastBlock || size < 2 * k);
}

std::optional<BlockWeights> BlockWeightsOf(const RewriteContext& c, ValueId v, bool by_column) {
  const NodeId n = c.Producer(v, "DequantizeLinear");
  if (n == kNone || !c.OnlyUse(v) || !c.node(n).epilogue.empty() || c.type(v).dtype != DType::kF32) return std::nullopt;
  const std::vector<ValueId>& in = c.node(n).inputs;
  const bool has_zeros = in.size() > 2 && in[2] != kNone;
  BlockWeights w{c.Known(in[0]), c.Known(in[1]), has_zeros ? c.Known(in[2]) : nullptr, by_column, {}};
  if (!w.q || !w.scales || (has_zeros && !w.zeros) || w.q->dims.rank() != 2 || w.scales->dtype != DType::kF32)
    return std::nullopt;
  const int along = by_column ? 1 : 0;
  const auto axis = AttrOr<int64_t>(c.node(n), "axis", 1);
  w.attrs.k = w.q->dims[static_cast<size_t>(along)];
  w.attrs.n = w.q->dims[static_cast<size_t>(1 - along)];
  w.attrs.bits = BitsOf(w.q->dtype);
  w.attrs.block_size = AttrOr<int64_t>(c.node(n), "block_size", 0);
  if ((axis != along && axis != along - 2) || w.attrs.bits == 0 || w.attrs.k < 1 || w.attrs.n < 1 ||
      !IsBlock(w.attrs.block_size, w.attrs.k))
    return std::nullopt;
  const Dims blocks = by_column ? Dims{w.attrs.n, w.attrs.blocks()} : Dims{w.attrs.blocks(), w.attrs.n};
  return w.scales->dims == blocks && (!w.zeros || w.zeros->dims == blocks) ? std::optional(w) : std::nullopt;
}

// The numbers, or zero points, of one column after the other, from the low bits of each byte up.
Result<Tensor> Packed(const Tensor& t, const BlockWeights& w, const Dims& dims) {
  HASTEN_ASSIGN(Tensor out, NewTensor(DType::kU8, dims));
  const int64_t bits = w.attrs.bits, size = out.elements() / w.attrs.n, columns = t.dims[1];
  std::vector<int64_t> row(static_cast<size_t>(columns));
  for (int64_t r = 0; r < t.dims[0]; ++r) {
    ReadInts(t, r * columns, row);
    for (int64_t i = 0; i < columns; ++i) {
      const int64_t n = w.by_column ? r : i, k = w.by_column ? i : r;
      const auto number = static_cast<uint64_t>(row[static_cast<size_t>(i)] + w.offset());
      out.as<uint8_t>()[n * size + k * bits / 8] |= static_cast<uint8_t>(number << (k * bits % 8));
    }
  }
  return out;
}

Result<ValueId> AddScales(RewriteContext& c, const BlockWeights& w, const std::string& name) {
  HASTEN_ASSIGN(Tensor out, NewTensor(DType::kF32, {w.attrs.n, w.attrs.blocks()}));
  for (int64_t n = 0; n < w.attrs.n; ++n)
    for (int64_t b = 0; b < w.attrs.blocks(); ++b) {
      const int64_t at = n * w.attrs.blocks() + b;
      CopyElements(*w.scales, w.by_column ? at : b * w.attrs.n + n, &out, at, 1);
    }
  return c.AddConstant(name + ".scales", std::move(out));
}

// kNone where the op's default, the middle of the range, is meant.
Result<ValueId> AddZeros(RewriteContext& c, const BlockWeights& w, const std::string& name) {
  if (!w.zeros && w.offset() != 0) return kNone;
  const Dims dims{w.attrs.n, w.attrs.packed_zeros()};
  HASTEN_ASSIGN(Tensor out, w.zeros ? Packed(*w.zeros, w, dims) : NewTensor(DType::kU8, dims));
  return c.AddConstant(name + ".zeros", std::move(out));
}

struct Operands {
  ValueId a = kNone, b = kNone, bias = kNone;
  bool by_column = false;
};

std::optional<Operands> OperandsOf(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Shape& a = c.type(node.inputs[0]).shape;
  Operands out{node.inputs[0], node.inputs[1]};
  if (!node.epilogue.empty() || c.type(out.a).dtype != DType::kF32 || !a.ranked() || a.rank() < 2) return std::nullopt;
  if (node.op->name == "MatMul") return out;
  const auto& gemm = node.attrs.as<GemmAttrs>();
  out.by_column = gemm.trans_b;
  if (node.inputs.size() > 2) out.bias = node.inputs[2];
  return gemm.alpha == 1 && !gemm.trans_a && (out.bias == kNone || gemm.beta == 1) ? std::optional(out) : std::nullopt;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto from = OperandsOf(c, n);
  const auto w = from ? BlockWeightsOf(c, from->b, from->by_column) : std::nullopt;
  if (!w || (from->bias != kNone && c.dims(from->bias) != Dims{w->attrs.n})) return false;
  const MatMulNBitsAttrs& a = w->attrs;
  const std::string name = c.value(c.node(c.value(from->b).producer).inputs[0]).name;
  HASTEN_ASSIGN(Tensor packed, Packed(*w->q, *w, {a.n, a.blocks(), a.block_size * a.bits / 8}));
  HASTEN_ASSIGN(const ValueId scales, AddScales(c, *w, name));
  HASTEN_ASSIGN(const ValueId zeros, AddZeros(c, *w, name));
  std::vector<ValueId> inputs{from->a,   c.AddConstant(name + ".packed", std::move(packed)), scales, zeros, kNone,
                              from->bias};
  while (inputs.back() == kNone) inputs.pop_back();
  HASTEN_ASSIGN(const ValueId out, c.Add("com.microsoft.MatMulNBits", std::move(inputs), n,
                                         {{"K", a.k}, {"N", a.n}, {"bits", a.bits}, {"block_size", a.block_size}}));
  c.Replace(c.node(n).outputs[0], out);
  return true;
}

}  // namespace

extern const Rule kFormMatmulNbits = {
    .name = "form_matmul_nbits",
    .doc =
        "MatMul, or Gemm that adds a vector or nothing, of f32 and a known matrix of 4 or 8 bits that DequantizeLinear "
        "scales in blocks of the inner axis -> com.microsoft.MatMulNBits.",
    .stage = Stage::kContribWhole,
    .numerics = Numerics::kReassociated,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
