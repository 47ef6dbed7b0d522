#include <cstring>

#include "kernels/cpu/matrix_product.h"
#include "ops/matrix.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

// A constant B of two dims is packed at plan time; any other when it runs.
bool PacksB(const PlanCall& call) { return call.constant(1) && call.constant(1)->dims.rank() == 2; }

bool Supports(const PlanCall& call) {
  for (size_t i = 0; i < 2; ++i) {
    const Type& t = call.in[i];
    if (t.dtype != DType::kF32 || !t.shape.ranked() || t.shape.rank() < 2) return false;
  }
  return EpilogueSupported(call);
}

Status Pack(const PlanCall& call, int, Tensor* packed) {
  if (!PacksB(call)) return {};
  HASTEN_ASSIGN(*packed, PackMatrix(*call.constant(1), false));
  return {};
}

Type PackedType(const PlanCall& call, int) {
  return PacksB(call) ? PackedMatrixType(call.constant(1)->dims, false) : Type::Unknown();
}

struct Params {
  int64_t packed = 0, inner = 0, cols = 0;
};

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  Params p;
  if (PacksB(call)) p = {1, call.constant(1)->dims[0], call.constant(1)->dims[1]};
  params->resize(sizeof p);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Params params;
  std::memcpy(&params, s.params, sizeof params);
  const Dims a = *s.in[0].shape.Concrete(), y = *s.out[0].shape.Concrete();
  const Dims b = params.packed ? Dims{params.inner, params.cols} : *s.in[1].shape.Concrete();
  const MatMulShape shape = MatMulShapeOf(a, b);
  BoundProduct p;
  p.rows = shape.rows;
  p.inner = shape.inner;
  p.cols = shape.cols;
  p.b_packed = params.packed;
  if (shape.b_batch.elements() == 1 && shape.a_batch.elements() == shape.batch.elements()) {
    p.rows *= shape.batch.elements();  // one tall product
  } else {
    p.batch = shape.batch.elements();
    p.b_matrices = shape.b_batch.elements();
    p.batch_rank = shape.batch.rank();
    const Dims as = BroadcastStrides(shape.a_batch, shape.batch), bs = BroadcastStrides(shape.b_batch, shape.batch);
    for (size_t i = 0; i < shape.batch.size(); ++i) {
      p.batch_dims[i] = shape.batch[i];
      p.a_strides[i] = as[i];
      p.b_strides[i] = bs[i];
    }
  }
  p.epilogue = BindEpilogue(s.epilogue, s.epilogue_in, y, Layout::kPlain);
  FinishBinding(&p, binding);
  return {};
}

constexpr std::string_view kOps[] = {"MatMul"};

}  // namespace

extern const Tactic kMatMulPacked = {
    .name = "mat_mul_packed",
    .ops = kOps,
    .supports = Supports,
    .bound = 16,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .speed = 60,
    .packs = 1u << 1,
    .pack = Pack,
    .packed_type = PackedType,
    .prepare = Prepare,
    .bind = Bind,
    .run = RunProduct,
};

}  // namespace hasten::kernels::cpu
