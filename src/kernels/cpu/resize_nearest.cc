#include "kernels/cpu/table_copy.h"
#include "ops/resize.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) {
  const auto& a = call.attrs<ResizeAttrs>();
  return a.mode == "nearest" && MovesByBytes(call.in[0].dtype) &&
         a.coordinate_transformation_mode != "tf_crop_and_resize";
}

// The workspace: one word an axis, which says whether it changes, then the tables, in the order of the logical axes.
int64_t* Words(const KernelCall& c) { return reinterpret_cast<int64_t*>(c.workspace); }

Status Bind(const BoundShapes& s, Binding* binding) {
  HASTEN_TRY(BindByBytes(s, binding));
  binding->phases.insert(binding->phases.begin(), 1);
  const Dims y = *s.out[0].shape.Concrete();
  const int64_t words = std::accumulate(y.begin(), y.end(), static_cast<int64_t>(y.rank()));
  binding->workspace_bytes = y.elements() == 0 ? 0 : static_cast<size_t>(words) * sizeof(int64_t);
  return {};
}

Status MakeTables(const KernelCall& c) {
  const auto& a = c.attrs<ResizeAttrs>();
  const Dims& y = c.output(0).dims;
  HASTEN_ASSIGN(const ResizeAxes axes, ResizeAxesOf(c, a, y));
  const Resampling r = ResamplingOf(a);
  int64_t* table = Words(c) + y.rank();
  for (size_t i = 0; i < y.size(); ++i) {
    Words(c)[i] = !axes[i].identity;
    for (int64_t j = 0; j < y[i] && !axes[i].identity; ++j)
      table[j] = NearestEntry(r, axes[i], SourcePlace(r, axes[i], j).value_or(0));
    table += y[i];
  }
  return {};
}

Status Run(KernelCall& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  if (c.phase == 0) return MakeTables(c);
  std::array<const int64_t*, Dims::kMaxRank> tables = {};
  const int64_t* table = Words(c) + y.dims.rank();
  for (int i = 0; i < y.dims.rank(); ++i) {
    if (Words(c)[i]) tables[static_cast<size_t>(PhysicalAxis(i, y.dims.rank(), c.layout))] = table;
    table += y.dims[static_cast<size_t>(i)];
  }
  const TableCopy copy(BytesFor(x.dtype, 1), PhysicalDims(x.dims, c.layout), PhysicalDims(y.dims, c.layout), tables);
  const std::byte none[16] = {};
  copy.Run(copy.rows() * c.chunk / c.chunks, copy.rows() * (c.chunk + 1) / c.chunks, x.data, none, y.data);
  return {};
}

constexpr std::string_view kOps[] = {"Resize"};

}  // namespace

extern const Tactic kResizeNearest = {
    .name = "resize_nearest",
    .ops = kOps,
    .supports = Supports,
    .layouts = Layouts::kEither,
    .speed = 4,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
