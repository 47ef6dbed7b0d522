#include "kernels/cpu/int_product.h"

#include <cstring>

#include "kernels/cpu/gemm_block.h"
#include "kernels/cpu/int_scales.h"
#include "ops/gemm.h"
#include "ops/matrix.h"

namespace hasten::cpu {
namespace {

struct Entry {
  std::string_view op;
  IntRoles roles;
};
constexpr Entry kEntries[] = {
    {"MatMulInteger", {.a_zero = 2, .b_zero = 3}},
    {"QLinearMatMul", {.a_scale = 1, .a_zero = 2, .b = 3, .b_scale = 4, .b_zero = 5, .y_scale = 6, .y_zero = 7}},
    {"com.microsoft.QGemm",
     {.a_scale = 1, .a_zero = 2, .b = 3, .b_scale = 4, .b_zero = 5, .bias = 6, .y_scale = 7, .y_zero = 8}},
    {"com.microsoft.MatMulIntegerToFloat", {.a_scale = 2, .a_zero = 4, .b_scale = 3, .b_zero = 5, .bias = 6}},
    // A's scale and zero point are made by the kernel.
    {"com.microsoft.DynamicQuantizeMatMul", {.a_scale = 5, .a_zero = 6, .b_scale = 2, .b_zero = 3, .bias = 4}},
};

const IntRoles& RolesOf(const PlanCall& call) {
  for (const Entry& e : kEntries)
    if (e.op == call.node->op->name) return e.roles;
  return kEntries[0].roles;
}
// QGemm's alpha and orders.
GemmAttrs GemmOf(const PlanCall& call) {
  return call.node->op->name == "com.microsoft.QGemm" ? call.attrs<GemmAttrs>() : GemmAttrs{};
}
IntOutput OutputOf(const PlanCall& call) {
  const IntRoles& roles = RolesOf(call);
  if (roles.a_scale < 0) return IntOutput::kSums;
  return roles.y_scale >= 0 && call.has(static_cast<size_t>(roles.y_scale)) ? IntOutput::kQuantized
                                                                            : IntOutput::kFloats;
}

// A constant B of two dims is packed at plan time; any other when it runs.
bool PacksB(const PlanCall& call) {
  const IntRoles& roles = RolesOf(call);
  const Tensor* b = call.constant(static_cast<size_t>(roles.b));
  const auto zero = static_cast<size_t>(roles.b_zero);
  return b && b->dims.rank() == 2 && (!call.has(zero) || call.constant(zero));
}

std::vector<int32_t> ZerosOf(const Tensor* zeros) {
  std::vector<int32_t> out;
  for (int64_t i = 0; zeros && i < zeros->elements(); ++i) out.push_back(static_cast<int32_t>(zeros->Int(i)));
  return out;
}

IntSource SourceOf(Bytes b, int64_t inner, int64_t cols, bool transposed, std::span<const int32_t> zero) {
  if (transposed) return {b, {}, 1, inner, zero};
  return {b, {}, cols, 1, zero};
}

// Precondition: the op's shapes are known to fit each other.
bool PacksAsQuads(const PlanCall& call) {
  if (!PacksB(call)) return false;
  const IntRoles& roles = RolesOf(call);
  const Tensor& b = *call.constant(static_cast<size_t>(roles.b));
  const std::vector<int32_t> zero = ZerosOf(call.constant(static_cast<size_t>(roles.b_zero)));
  const bool transposed = GemmOf(call).trans_b;
  const int64_t inner = b.dims[transposed ? 1 : 0], cols = b.dims[transposed ? 0 : 1];
  return FitQuads(SourceOf(Bytes::Of(b), inner, cols, transposed, zero), inner, cols);
}

}  // namespace

bool IntProductSupported(const PlanCall& call, IntFormat format, bool floats) {
  if ((OutputOf(call) == IntOutput::kFloats) != floats) return false;
  const IntRoles& roles = RolesOf(call);
  const Type &a = call.in[static_cast<size_t>(roles.a)], &b = call.in[static_cast<size_t>(roles.b)];
  for (const Type* t : {&a, &b})
    if (!IsByte(t->dtype) || !t->shape.ranked() || t->shape.rank() < 2) return false;
  const GemmAttrs gemm = GemmOf(call);
  if (gemm.trans_a) return false;
  const Dim &inner = b.shape[b.shape.rank() - (gemm.trans_b ? 1 : 2)],
            &cols = b.shape[b.shape.rank() - (gemm.trans_b ? 2 : 1)];
  if (!inner.is_const() || !cols.is_const()) return false;
  const DType y = call.out[0].dtype;
  switch (OutputOf(call)) {
    case IntOutput::kSums: break;
    case IntOutput::kQuantized:
      if (!IsByte(y)) return false;
      break;
    case IntOutput::kFloats:
      if (y != DType::kF32) return false;
      break;
  }
  if (!BestIntTiles(format) || (format == IntFormat::kQuads && !PacksAsQuads(call))) return false;
  return IntScalesSupported(call, roles, cols.value(), inner.value());
}

namespace {

struct Params {
  IntFormat format = IntFormat::kPairs;
  IntRoles roles;
  IntOutput output = IntOutput::kSums;
  double alpha = 1;
  IntTables tables;
  int64_t packed = 0, inner = 0, cols = 0, b_transposed = 0;
};

}  // namespace

Status PrepareIntProduct(const PlanCall& call, IntFormat format, std::vector<std::byte>* params) {
  const GemmAttrs gemm = GemmOf(call);
  Params p;
  p.format = format;
  p.roles = RolesOf(call);
  p.output = OutputOf(call);
  p.alpha = static_cast<double>(gemm.alpha);
  p.packed = PacksB(call);
  p.b_transposed = gemm.trans_b;
  const Shape& b = call.in[static_cast<size_t>(p.roles.b)].shape;
  p.inner = b[b.rank() - (gemm.trans_b ? 1 : 2)].value();
  p.cols = b[b.rank() - (gemm.trans_b ? 2 : 1)].value();
  params->resize(sizeof p);
  p.tables = IntTables::Known(call, p.roles, p.output, p.cols, p.alpha, params);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

Type PackedIntProductType(const PlanCall& call, int input, IntFormat format) {
  const IntRoles& roles = RolesOf(call);
  if (input != roles.b || !PacksB(call)) return Type::Unknown();
  const Dims& b = call.constant(static_cast<size_t>(roles.b))->dims;
  const bool transposed = GemmOf(call).trans_b;
  return Type::Tensor(DType::kI32,
                      Dims{PackedInts::Of(format, b[transposed ? 0 : 1], 1, b[transposed ? 1 : 0]).size()});
}

Status PackIntProduct(const PlanCall& call, int input, IntFormat format, Tensor* packed) {
  const IntRoles& roles = RolesOf(call);
  if (input != roles.b || !PacksB(call)) return {};
  const Tensor& b = *call.constant(static_cast<size_t>(input));
  const bool transposed = GemmOf(call).trans_b;
  const int64_t inner = b.dims[transposed ? 1 : 0], cols = b.dims[transposed ? 0 : 1];
  const PackedInts shape = PackedInts::Of(format, cols, 1, inner);
  const std::vector<int32_t> zero = ZerosOf(call.constant(static_cast<size_t>(roles.b_zero)));
  HASTEN_ASSIGN(*packed, NewTensor(DType::kI32, {shape.size()}));
  shape.Pack(SourceOf(Bytes::Of(b), inner, cols, transposed, zero), packed->as<int32_t>());
  return {};
}

namespace {

struct Bound {
  Params params;
  int64_t batch = 1, rows = 0, a_matrices = 1, b_matrices = 1;
  std::array<int64_t, Dims::kMaxRank> batch_dims = {}, a_strides = {}, b_strides = {};  // strides in matrices
  int batch_rank = 0;
  PackedInts shape;
  ChunkGrid grid;
  bool copied = false;                      // A
  int64_t rows_per_chunk = 1, copying = 0;  // chunks that copy rows of A; before them one packs each matrix of B

  int64_t matrices() const { return params.packed ? 0 : b_matrices; }  // to pack
  int64_t row_bytes() const { return params.inner * BytesOf(params.format); }
  int64_t a_rows() const { return a_matrices * rows; }
  // The workspace: tables, what sums begin with, packed matrices, rows of A.
  int64_t starts_at() const { return params.tables.workspace_bytes(); }
  int64_t matrices_at() const { return starts_at() + shape.width() * int64_t{sizeof(int32_t)}; }
  int64_t rows_at() const { return matrices_at() + matrices() * shape.size() * int64_t{sizeof(int32_t)}; }
  int64_t workspace_bytes() const { return rows_at() + (copied ? a_rows() * row_bytes() : 0) + 64; }
  void Matrices(int64_t index, int64_t* a, int64_t* b) const {
    *a = *b = 0;
    for (int i = batch_rank - 1; i >= 0; --i) {
      const auto at = static_cast<size_t>(i);
      *a += index % batch_dims[at] * a_strides[at];
      *b += index % batch_dims[at] * b_strides[at];
      index /= batch_dims[at];
    }
  }
};

void BindBatch(const MatMulShape& shape, Bound* b) {
  b->rows = shape.rows;
  if (shape.b_batch.elements() == 1 && shape.a_batch.elements() == shape.batch.elements()) {
    b->rows *= shape.batch.elements();  // one tall product
    return;
  }
  b->batch = shape.batch.elements();
  b->a_matrices = shape.a_batch.elements();
  b->b_matrices = shape.b_batch.elements();
  b->batch_rank = shape.batch.rank();
  const Dims as = BroadcastStrides(shape.a_batch, shape.batch), bs = BroadcastStrides(shape.b_batch, shape.batch);
  for (size_t i = 0; i < shape.batch.size(); ++i) {
    b->batch_dims[i] = shape.batch[i];
    b->a_strides[i] = as[i];
    b->b_strides[i] = bs[i];
  }
}

}  // namespace

Status BindIntProduct(const BoundShapes& s, Binding* binding) {
  Bound b;
  std::memcpy(&b.params, s.params, sizeof b.params);
  Params& p = b.params;
  const Dims a = *s.in[static_cast<size_t>(p.roles.a)].shape.Concrete();
  Dims matrix = {p.inner, p.cols};
  if (!p.packed && !p.b_transposed) matrix = *s.in[static_cast<size_t>(p.roles.b)].shape.Concrete();
  BindBatch(MatMulShapeOf(a, matrix), &b);
  b.shape = PackedInts::Of(p.format, p.cols, 1, p.inner);
  b.grid = ChunkGrid::Of(b.rows, b.shape.panels, p.inner, BestIntTiles(p.format)->shape.rows);
  if (b.batch > 1) b.grid.panel_blocks = std::max<int64_t>(1, b.grid.panel_blocks / b.batch);
  b.copied = !ReadInPlace(p.format, s.in[static_cast<size_t>(p.roles.a)].dtype);
  b.rows_per_chunk = std::max<int64_t>(1, (64 << 10) / std::max<int64_t>(1, p.inner));
  if (b.copied) b.copying = (b.a_rows() + b.rows_per_chunk - 1) / b.rows_per_chunk;
  binding->phases = {0, 0};
  if (b.batch > 0 && b.rows > 0 && p.cols > 0)
    binding->phases = {1 + b.matrices() + b.copying, b.batch * b.grid.chunks()};
  binding->workspace_bytes = static_cast<size_t>(b.workspace_bytes());
  KeepBound(b, binding);
  return {};
}

namespace {

void CopyRows(const KernelCall& c, const Bound& b, int64_t chunk, std::byte* to) {
  const Params& p = b.params;
  const int64_t first = chunk * b.rows_per_chunk, last = std::min(first + b.rows_per_chunk, b.a_rows());
  CopyNumbers(p.format, Bytes::Of(c.input(p.roles.a)) + first * p.inner, (last - first) * p.inner,
              to + first * b.row_bytes());
}

Status PackMatrix(const KernelCall& c, const Bound& b, int64_t matrix) {
  const Params& p = b.params;
  auto* to = reinterpret_cast<int32_t*>(c.workspace + b.matrices_at());
  const int zeros = p.roles.b_zero;
  HASTEN_ASSIGN(const auto zero, c.Scratch<int32_t>(c.has(zeros) ? c.input(zeros).elements() : 0));
  for (size_t i = 0; i < zero.size(); ++i) zero[i] = static_cast<int32_t>(c.input(zeros).Int(static_cast<int64_t>(i)));
  const Bytes from = Bytes::Of(c.input(p.roles.b)) + matrix * p.inner * p.cols;
  b.shape.Pack(SourceOf(from, p.inner, p.cols, p.b_transposed != 0, zero), to + matrix * b.shape.size());
  return {};
}

int32_t ZeroOfA(const KernelCall& c, const Params& p) {
  return ZeroIn(p.format, c.input(p.roles.a).dtype == DType::kI8, ZeroOf(c, p.roles.a_zero));
}

Status PrepareOperands(KernelCall& c, const Bound& b) {
  const Params& p = b.params;
  if (c.chunk > b.matrices()) {
    CopyRows(c, b, c.chunk - 1 - b.matrices(), c.workspace + b.rows_at());
    return {};
  }
  if (c.chunk > 0) return PackMatrix(c, b, c.chunk - 1);
  if (p.tables.known_at == 0) p.tables.Fill(IntScaling::Of(c, p.roles), p.output, p.cols, p.alpha, c.workspace);
  auto* start = reinterpret_cast<int32_t*>(c.workspace + b.starts_at());
  if (p.packed) StartSums(c.input(p.roles.b).as<int32_t>(), b.shape.width(), ZeroOfA(c, p), start);
  return {};
}

Status MultiplyChunk(KernelCall& c, const Bound& b) {
  const Params& p = b.params;
  const int64_t index = c.chunk / b.grid.chunks(), chunk = c.chunk % b.grid.chunks();
  const int64_t row_block = chunk / b.grid.panel_blocks, panel_block = chunk % b.grid.panel_blocks;
  const int64_t first = b.grid.first_row(row_block), last = b.grid.first_row(row_block + 1);
  int64_t a_matrix = 0, b_matrix = 0;
  b.Matrices(index, &a_matrix, &b_matrix);
  HASTEN_ASSIGN(const auto rows, c.Scratch<const std::byte*>(last - first));
  const std::byte* a = b.copied ? c.workspace + b.rows_at() : c.input(p.roles.a).data;
  for (int64_t r = first; r < last; ++r)
    rows[static_cast<size_t>(r - first)] = a + (a_matrix * b.rows + r) * b.row_bytes();
  if (!b.copied) HASTEN_TRY(CopyRowsAtEnd(c, a + b.a_rows() * b.row_bytes(), b.row_bytes(), rows));
  constexpr int64_t kOffset[] = {0};
  IntBlock block{.shape = b.shape, .a = rows.data(), .offset = kOffset, .rows = last - first};
  if (p.packed) {
    block.b = c.input(p.roles.b).as<int32_t>();
    block.start = reinterpret_cast<const int32_t*>(c.workspace + b.starts_at());
  } else {
    block.b = reinterpret_cast<const int32_t*>(c.workspace + b.matrices_at()) + b_matrix * b.shape.size();
    HASTEN_ASSIGN(const auto start, c.Scratch<int32_t>(b.shape.width()));
    StartSums(block.b, b.shape.width(), ZeroOfA(c, p), start.data());
    block.start = start.data();
  }
  block.first_panel = b.grid.first_panel(panel_block);
  block.last_panel = b.grid.first_panel(panel_block + 1);
  block.row_elements = p.cols;
  block.element = (index * b.rows + first) * p.cols;
  return MultiplyInts(c, block, IntTail::Of(c, p.roles, p.output, p.tables));
}

}  // namespace

Status RunIntProduct(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  return c.phase == 0 ? PrepareOperands(c, b) : MultiplyChunk(c, b);
}

}  // namespace hasten::cpu
