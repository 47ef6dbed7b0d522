#include "kernels/cpu/matrix_product.h"
#include "tensor/alignment.h"

namespace hasten::cpu {
namespace {

int64_t AlignFloats(int64_t n) { return (n + 15) / 16 * 16; }

// Phase 0: chunk = some panels of one matrix of B; then, for a transposed A, one chunk a matrix.
void PackOperands(KernelCall& c, const BoundProduct& p) {
  auto* workspace = reinterpret_cast<float*>(c.workspace);
  const int64_t per_matrix = p.b_packed ? 0 : (p.panels.count + p.pack_panels - 1) / p.pack_panels;
  const int64_t packing = per_matrix * p.b_matrices;
  if (c.chunk < packing) {
    const int64_t matrix = c.chunk / per_matrix, first = c.chunk % per_matrix * p.pack_panels;
    PackSource source{c.input(1).as<float>() + matrix * p.inner * p.cols, {}, p.cols, 1};
    if (p.b_transposed) source.row_step = 1, source.column_step = p.inner;
    PackPanels(p.panels, source, p.inner, first, std::min(p.panels.count, first + p.pack_panels),
               workspace + matrix * AlignFloats(p.packed_floats()));
    return;
  }
  const float* a = c.input(0).as<float>();
  float* to = workspace + (p.b_packed ? 0 : p.b_matrices * AlignFloats(p.packed_floats()));
  for (int64_t m = 0; m < p.rows; ++m)
    for (int64_t k = 0; k < p.inner; ++k) to[m * p.inner + k] = a[k * p.rows + m];
}

}  // namespace

void BoundProduct::MatrixOffsets(int64_t index, int64_t* a, int64_t* b) const {
  *a = *b = 0;
  for (int i = batch_rank - 1; i >= 0; --i) {
    const auto at = static_cast<size_t>(i);
    *a += index % batch_dims[at] * a_strides[at];
    *b += index % batch_dims[at] * b_strides[at];
    index /= batch_dims[at];
  }
}

void FinishBinding(BoundProduct* p, Binding* binding) {
  const TileKernels& kernels = BestTileKernels();
  p->panels = Panels::Of(p->cols, kernels);
  p->grid = ChunkGrid::Of(p->rows, p->panels, p->inner, kernels.rows);
  if (p->batch > 1) {  // batches are chunks enough
    p->grid.panel_blocks = std::max<int64_t>(1, p->grid.panel_blocks / p->batch);
  }
  constexpr int64_t kPackFloats = 16 << 10;
  p->pack_panels = std::max<int64_t>(1, kPackFloats / std::max<int64_t>(1, p->inner * kernels.lanes * kernels.vectors));
  int64_t packing = 0, floats = 0;
  if (!p->b_packed) {
    packing = p->b_matrices * ((p->panels.count + p->pack_panels - 1) / p->pack_panels);
    floats = p->b_matrices * AlignFloats(p->packed_floats());
  }
  if (p->a_transposed) {
    packing += 1;
    floats += p->rows * p->inner;
  }
  const bool empty = p->batch == 0 || p->rows == 0 || p->cols == 0;
  const int64_t chunks = empty ? 0 : p->batch * p->grid.chunks();
  binding->phases = {empty ? 0 : packing, chunks};
  binding->workspace_bytes = static_cast<size_t>(floats) * sizeof(float);
  KeepBound(*p, binding);
}

Status RunProduct(KernelCall& c) {
  const BoundProduct& p = *reinterpret_cast<const BoundProduct*>(c.bound);
  if (c.phase == 0) {
    PackOperands(c, p);
    return {};
  }
  const int64_t index = c.chunk / p.grid.chunks(), chunk = c.chunk % p.grid.chunks();
  const int64_t row_block = chunk / p.grid.panel_blocks, panel_block = chunk % p.grid.panel_blocks;
  const int64_t first = p.grid.first_row(row_block), last = p.grid.first_row(row_block + 1);
  int64_t a_matrix = 0, b_matrix = 0;
  p.MatrixOffsets(index, &a_matrix, &b_matrix);
  const auto* workspace = reinterpret_cast<const float*>(c.workspace);
  const TileKernels& kernels = BestTileKernels();
  BlockCall block;
  block.kernels = &kernels;
  block.panels = p.panels;
  block.first_panel = p.grid.first_panel(panel_block);
  block.last_panel = p.grid.first_panel(panel_block + 1);
  block.b = p.b_packed ? c.input(1).as<float>() : workspace + b_matrix * AlignFloats(p.packed_floats());
  block.length = p.inner;
  block.tiles = RowTiles::Of(last - first, kernels.rows);
  const float* a = c.input(0).as<float>() + a_matrix * p.rows * p.inner;
  if (p.a_transposed) a = workspace + (p.b_packed ? 0 : p.b_matrices * AlignFloats(p.packed_floats()));
  HASTEN_ASSIGN(const auto pointers, c.Scratch<const float*>(last - first));
  for (int64_t r = first; r < last; ++r) pointers[static_cast<size_t>(r - first)] = a + r * p.inner;
  block.a = pointers.data();
  float* y = c.output(0).as<float>();
  const int64_t base = index * p.rows;  // row of the whole output
  block.c = y + (base + first) * p.cols;
  block.c_step = p.cols;
  SetTail(p.epilogue, c, &block.tail);
  if (block.tail.residual) block.tail.residual += (base + first) * p.cols;
  if (p.addend == BoundProduct::Addend::kColumns) block.tail.bias = c.input(2).as<float>();
  if (p.addend == BoundProduct::Addend::kFull) block.tail.residual = c.input(2).as<float>() + first * p.cols;
  block.tail.residual_step = p.cols;
  block.tail.scale = p.alpha;
  MultiplyBlock(block);
  if (!p.epilogue.tail_only)
    ApplyEpilogue(p.epilogue, c, y, base + first, base + last, p.panels.start(block.first_panel),
                  std::min(p.cols, p.panels.start(block.last_panel)));
  return {};
}

Result<Tensor> PackMatrix(const Tensor& b, bool transposed) {
  HASTEN_ASSIGN(const Tensor aligned, Aligned(b));
  const int64_t k = b.dims[transposed ? 1 : 0], n = b.dims[transposed ? 0 : 1];
  const Panels panels = Panels::Of(n, BestTileKernels());
  HASTEN_ASSIGN(Tensor packed, NewTensor(DType::kF32, {1, panels.floats(k)}));
  PackSource source{aligned.as<float>(), {}, n, 1};
  if (transposed) source.row_step = 1, source.column_step = k;
  PackPanels(panels, source, k, 0, panels.count, packed.as<float>());
  return packed;
}

Type PackedMatrixType(const Dims& b, bool transposed) {
  const Panels panels = Panels::Of(b[transposed ? 0 : 1], BestTileKernels());
  return Type::Tensor(DType::kF32, Dims{1, panels.floats(b[transposed ? 1 : 0])});
}

}  // namespace hasten::cpu
