
#include "kernels/cpu/pointwise_loop.h"
#include "kernels/cpu/row_kernels.h"
#include "ops/softmax.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr int64_t kColumns = 512;  // of rows that are not contiguous, at a time

struct Bound {
  SoftmaxRows rows;
  int64_t rows_per_chunk, columns_per_chunk;  // in a chunk; columns only where rows are not contiguous
  int64_t column_chunks;
  bool log;
  PointwiseLoop epilogue;
};

bool Supports(const PlanCall& call) { return call.in[0].dtype == DType::kF32 && RangeEpilogueSupported(call); }

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  params->assign(1, std::byte{call.node->op->name == "LogSoftmax"});
  return {};
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b = {};
  const Dims x = *s.in[0].shape.Concrete();
  b.rows = RowsOf(x, s.attrs<SoftmaxAttrs>());
  b.log = std::to_integer<bool>(*static_cast<const std::byte*>(s.params));
  b.epilogue = BindRangeEpilogue(s);
  constexpr int64_t kElements = 8192;
  const int64_t block = std::max<int64_t>(1, b.rows.size * b.rows.inner);
  b.rows_per_chunk = std::max<int64_t>(1, kElements / block);
  // An epilogue runs over what is contiguous: whole blocks.
  const bool split = b.rows.inner > kColumns / 2 && !s.epilogue;
  b.columns_per_chunk = split ? kColumns : std::max<int64_t>(1, b.rows.inner);
  b.column_chunks = (b.rows.inner + b.columns_per_chunk - 1) / b.columns_per_chunk;
  binding->phases = {std::max<int64_t>(1, (b.rows.outer + b.rows_per_chunk - 1) / b.rows_per_chunk * b.column_chunks)};
  KeepBound(b, binding);
  return {};
}

// Rows [o, o] of columns [begin, begin + n), n <= kColumns.
void RunColumns(const Bound& b, const float* x, int64_t n, float* y) {
  float top[kColumns], total[kColumns];
  std::fill(top, top + n, -std::numeric_limits<float>::infinity());
  std::fill(total, total + n, 0.0f);
  const int64_t step = b.rows.inner;
  for (int64_t i = 0; i < b.rows.size; ++i) FoldColumns(Fold::kMax, x + i * step, n, nullptr, top);
  if (b.log) {
    for (int64_t i = 0; i < b.rows.size; ++i) FoldColumns(Fold::kExp, x + i * step, n, top, total);
    float one[kColumns];
    for (int64_t j = 0; j < n; ++j) {
      total[j] = -std::log(total[j]);
      one[j] = 1;
    }
    for (int64_t i = 0; i < b.rows.size; ++i) AffineColumns(x + i * step, n, top, one, total, y + i * step);
  } else {
    for (int64_t i = 0; i < b.rows.size; ++i) ExpColumns(x + i * step, n, top, total, y + i * step);
    for (int64_t j = 0; j < n; ++j) total[j] = 1 / total[j];
    for (int64_t i = 0; i < b.rows.size; ++i) AffineColumns(y + i * step, n, nullptr, total, nullptr, y + i * step);
  }
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  if (b.rows.size * b.rows.inner == 0) return {};
  const float* x = c.input(0).as<float>();
  float* y = c.output(0).as<float>();
  const int64_t block = b.rows.size * b.rows.inner;
  const int64_t first = c.chunk / b.column_chunks * b.rows_per_chunk;
  const int64_t last = std::min(b.rows.outer, first + b.rows_per_chunk);
  const int64_t from = c.chunk % b.column_chunks * b.columns_per_chunk;
  const int64_t to = std::min(b.rows.inner, from + b.columns_per_chunk);
  for (int64_t o = first; o < last; ++o) {
    if (b.rows.inner == 1) {
      (b.log ? LogSoftmaxRow : SoftmaxRow)(x + o * block, b.rows.size, y + o * block);
    } else {
      for (int64_t j = from; j < to; j += kColumns)
        RunColumns(b, x + o * block + j, std::min(kColumns, to - j), y + o * block + j);
    }
    if (c.epilogue) HASTEN_TRY(FinishRange(b.epilogue, c, o * block, (o + 1) * block));
  }
  return {};
}

constexpr std::string_view kOps[] = {"Softmax", "LogSoftmax"};

}  // namespace

extern const Tactic kSoftmaxRows = {
    .name = "softmax_rows",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .in_place = true,
    .speed = 2,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
