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

}  // namespace

bool IntProductSupported(const PlanCall& call, bool floats) {
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
  return IntScalesSupported(call, roles, cols.value(), inner.value());
}

namespace {

struct Params {
  IntRoles roles;
  IntOutput output = IntOutput::kSums;
  double alpha = 1;
  int64_t packed = 0, inner = 0, cols = 0, b_transposed = 0;
};

}  // namespace

Status PrepareIntProduct(const PlanCall& call, std::vector<std::byte>* params) {
  const GemmAttrs gemm = GemmOf(call);
  Params p;
  p.roles = RolesOf(call);
  p.output = OutputOf(call);
  p.alpha = static_cast<double>(gemm.alpha);
  p.packed = PacksB(call);
  p.b_transposed = gemm.trans_b;
  const Shape& b = call.in[static_cast<size_t>(p.roles.b)].shape;
  p.inner = b[b.rank() - (gemm.trans_b ? 1 : 2)].value();
  p.cols = b[b.rank() - (gemm.trans_b ? 2 : 1)].value();
  params->resize(sizeof p);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

namespace {

IntSource SourceOf(Bytes b, const Params& p, std::span<const int32_t> zero) {
  IntSource source{b, {}, p.cols, 1, zero};
  if (p.b_transposed) source.row_step = 1, source.column_step = p.inner;
  return source;
}

}  // namespace

Type PackedIntProductType(const PlanCall& call, int input) {
  const IntRoles& roles = RolesOf(call);
  if (input != roles.b || !PacksB(call)) return Type::Unknown();
  const Dims& b = call.constant(static_cast<size_t>(roles.b))->dims;
  const bool transposed = GemmOf(call).trans_b;
  const Panels panels = Panels::Of(b[transposed ? 0 : 1], BestIntKernels().shape);
  return Type::Tensor(DType::kI16, Dims{1, PackedInts(panels, 1, b[transposed ? 1 : 0])});
}

Status PackIntProduct(const PlanCall& call, int input, Tensor* packed) {
  std::vector<std::byte> bytes;
  HASTEN_TRY(PrepareIntProduct(call, &bytes));
  Params p;
  std::memcpy(&p, bytes.data(), sizeof p);
  if (input != p.roles.b || !p.packed) return {};
  const Panels panels = Panels::Of(p.cols, BestIntKernels().shape);
  std::vector<int32_t> zero;
  const Tensor* zeros = call.constant(static_cast<size_t>(p.roles.b_zero));
  for (int64_t i = 0; zeros && i < zeros->elements(); ++i) zero.push_back(static_cast<int32_t>(zeros->Int(i)));
  HASTEN_ASSIGN(*packed, NewTensor(DType::kI16, {1, PackedInts(panels, 1, p.inner)}));
  PackIntPanels(panels, SourceOf(Bytes::Of(*call.constant(static_cast<size_t>(input))), p, zero), 1, p.inner, 0,
                panels.count, packed->as<int16_t>());
  return {};
}

namespace {

struct Bound {
  Params params;
  int64_t batch = 1, rows = 0, a_matrices = 1, b_matrices = 1;
  std::array<int64_t, Dims::kMaxRank> batch_dims = {}, a_strides = {}, b_strides = {};  // strides in matrices
  int batch_rank = 0;
  Panels panels;
  ChunkGrid grid;
  IntTables tables;
  int64_t rows_per_chunk = 1, widening = 0;  // chunks that widen rows of A; then one packs each matrix of B

  int64_t row_ints() const { return 2 * PairsOf(params.inner); }
  int64_t packed_ints() const { return (PackedInts(panels, 1, params.inner) + 31) / 32 * 32; }
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
  const IntKernels& kernels = BestIntKernels();
  b.panels = Panels::Of(p.cols, kernels.shape);
  b.grid = ChunkGrid::Of(b.rows, b.panels, p.inner, kernels.shape.rows);
  if (b.batch > 1) b.grid.panel_blocks = std::max<int64_t>(1, b.grid.panel_blocks / b.batch);
  b.tables = IntTables::Of(p.cols);
  b.rows_per_chunk = std::max<int64_t>(1, (64 << 10) / std::max<int64_t>(1, p.inner));
  const int64_t rows = b.a_matrices * b.rows;
  b.widening = (rows + b.rows_per_chunk - 1) / b.rows_per_chunk;
  binding->phases = {0, 0};
  if (b.batch > 0 && b.rows > 0 && p.cols > 0)
    binding->phases = {1 + b.widening + (p.packed ? 0 : b.b_matrices), b.batch * b.grid.chunks()};
  const int64_t ints = rows * b.row_ints() + 32 + (p.packed ? 0 : b.b_matrices * b.packed_ints());
  binding->workspace_bytes = static_cast<size_t>((b.tables.bytes() + 63) / 64 * 64 + ints * int64_t{sizeof(int16_t)});
  binding->data.resize(sizeof b);
  std::memcpy(binding->data.data(), &b, sizeof b);
  return {};
}

namespace {

// Tables, then packed matrices, then rows of A.
struct Workspace {
  std::byte* tables;
  int16_t *b, *a;
  Workspace(const KernelCall& c, const Bound& bound) : tables(c.workspace) {
    b = reinterpret_cast<int16_t*>(c.workspace + (bound.tables.bytes() + 63) / 64 * 64);
    a = b + (bound.params.packed ? 0 : bound.b_matrices * bound.packed_ints());
  }
};

Status PrepareOperands(KernelCall& c, const Bound& b) {
  const Params& p = b.params;
  const Workspace to(c, b);
  if (c.chunk == 0) {
    b.tables.Fill(c, p.roles, p.output, p.cols, p.alpha, to.tables);
    return {};
  }
  if (c.chunk <= b.widening) {
    const int64_t first = (c.chunk - 1) * b.rows_per_chunk;
    const int64_t last = std::min(first + b.rows_per_chunk, b.a_matrices * b.rows);
    WidenRows(Bytes::Of(c.input(p.roles.a)) + first * p.inner, last - first, p.inner, ZeroOf(c, p.roles.a_zero),
              to.a + first * b.row_ints());
    return {};
  }
  const int64_t matrix = c.chunk - 1 - b.widening;
  const int zeros = p.roles.b_zero;
  HASTEN_ASSIGN(const auto zero, c.Scratch<int32_t>(c.has(zeros) ? c.input(zeros).elements() : 0));
  for (size_t i = 0; i < zero.size(); ++i) zero[i] = static_cast<int32_t>(c.input(zeros).Int(static_cast<int64_t>(i)));
  PackIntPanels(b.panels, SourceOf(Bytes::Of(c.input(p.roles.b)) + matrix * p.inner * p.cols, p, zero), 1, p.inner, 0,
                b.panels.count, to.b + matrix * b.packed_ints());
  return {};
}

}  // namespace

Status RunIntProduct(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  const Params& p = b.params;
  if (c.phase == 0) return PrepareOperands(c, b);
  const Workspace from(c, b);
  const int64_t index = c.chunk / b.grid.chunks(), chunk = c.chunk % b.grid.chunks();
  const int64_t row_block = chunk / b.grid.panel_blocks, panel_block = chunk % b.grid.panel_blocks;
  const int64_t first = b.grid.first_row(row_block), last = b.grid.first_row(row_block + 1);
  int64_t a_matrix = 0, b_matrix = 0;
  b.Matrices(index, &a_matrix, &b_matrix);
  IntBlock block;
  block.panels = b.panels;
  block.first_panel = b.grid.first_panel(panel_block);
  block.last_panel = b.grid.first_panel(panel_block + 1);
  const int64_t start = b.panels.start(block.first_panel), width = b.panels.start(block.last_panel) - start;
  block.b = p.packed ? c.input(p.roles.b).as<int16_t>() : from.b + b_matrix * b.packed_ints();
  block.length = p.inner;
  block.rows = last - first;
  block.c_step = width;
  HASTEN_ASSIGN(const auto pointers, c.Scratch<const int16_t*>(last - first));
  HASTEN_ASSIGN(const auto sums, c.Scratch<int32_t>((last - first) * width));
  for (int64_t r = first; r < last; ++r)
    pointers[static_cast<size_t>(r - first)] = from.a + (a_matrix * b.rows + r) * b.row_ints();
  block.a = pointers.data();
  block.c = sums.data();
  MultiplyInts(block);
  const IntTail tail = IntTail::Of(c, p.roles, p.output, b.tables, from.tables);
  const int64_t n = std::min(p.cols - start, width);
  for (int64_t r = first; r < last; ++r)
    tail.Row(sums.data() + (r - first) * width, (index * b.rows + r) * p.cols + start, start, n);
  return {};
}

}  // namespace hasten::cpu
