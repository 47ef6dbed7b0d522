#include "kernels/cpu/strided_copy.h"
#include "ops/concat.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool Supports(const PlanCall& call) { return MovesByBytes(call.out[0].dtype); }

// Each input is a band of columns of the output, seen as a matrix.
Status Run(KernelCall& c) {
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const int logical, NormalizeAxis(*c.attrs<ConcatAttrs>().axis, y.dims.rank()));
  const int axis = PhysicalAxis(logical, y.dims.rank(), c.layout);
  const Dims dims = PhysicalDims(y.dims, c.layout);
  const int64_t outer = dims.Product(0, axis), row = dims.Product(axis, dims.rank());
  int64_t at = 0;
  for (int i = 0; i < c.inputs(); ++i) {
    const Tensor& x = c.input(i);
    const int64_t band = PhysicalDims(x.dims, c.layout).Product(axis, dims.rank()), size = BytesFor(y.dtype, 1);
    if (x.data != y.data + at * size)  // else it was computed in place
      StridedCopy::Of(size, Dims{outer, band}, Dims{band, 1}, Dims{row, 1}, 0, at)
          .RunChunk(c.chunk, c.chunks, x.data, y.data);
    at += band;
  }
  return {};
}

constexpr std::string_view kOps[] = {"Concat"};

}  // namespace

extern const Tactic kConcatStrided = {
    .name = "concat_strided",
    .ops = kOps,
    .supports = Supports,
    .in_place = true,
    .layouts = Layouts::kEither,
    .layout_inputs = kAllInputs,
    .speed = 4,
    .bind = BindByBytes,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
