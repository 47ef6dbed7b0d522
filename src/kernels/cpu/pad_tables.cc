#include "kernels/cpu/table_copy.h"
#include "ops/pad.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.in[0].dtype); }

Status Run(KernelCall& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  const std::string& mode = c.attrs<PadAttrs>().mode;
  HASTEN_ASSIGN(const PadBorders borders, PadBordersOf(c));
  std::array<const int64_t*, Dims::kMaxRank> tables = {};
  for (int i = 0; i < x.dims.rank(); ++i) {
    const auto a = static_cast<size_t>(i);
    const PadBorder& b = borders[a];
    if (b.begin == 0 && b.end == 0) continue;
    HASTEN_ASSIGN(const auto table, c.Scratch<int64_t>(y.dims[a]));
    tables[static_cast<size_t>(PhysicalAxis(i, x.dims.rank(), c.layout))] = table.data();
    const int64_t first = std::max<int64_t>(b.begin, 0), end = std::min(y.dims[a], x.dims[a] + b.begin);
    for (int64_t j = 0; j < y.dims[a]; ++j) {
      const bool inside = j >= first && j < end;
      table[static_cast<size_t>(j)] = inside               ? j - b.begin
                                      : mode == "constant" ? TableCopy::kOutside
                                                           : PadSource(mode, b, x.dims[a], j);
    }
  }
  alignas(16) std::byte fill[16] = {};
  const int64_t size = BytesFor(x.dtype, 1);
  if (c.has(2) && c.input(2).elements() > 0) std::memcpy(fill, c.input(2).data, static_cast<size_t>(size));
  const TableCopy copy(size, PhysicalDims(x.dims, c.layout), PhysicalDims(y.dims, c.layout), tables);
  copy.Run(copy.rows() * c.chunk / c.chunks, copy.rows() * (c.chunk + 1) / c.chunks, x.data, fill, y.data);
  return {};
}

constexpr std::string_view kOps[] = {"Pad"};

}  // namespace

extern const Tactic kPadTables = {
    .name = "pad_tables",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
