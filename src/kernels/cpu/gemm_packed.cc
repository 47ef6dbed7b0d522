#include <cstring>

#include "kernels/cpu/matrix_product.h"
#include "ops/gemm.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

bool ScalesAddend(const PlanCall& call) { return call.attrs<GemmAttrs>().beta != 1; }

// C is absent, a row of columns, or as large as the product.  A constant one has its factor multiplied in when packed.
bool AddendSupported(const PlanCall& call) {
  if (!call.has(2)) return true;
  const Type& c = call.in[2];
  if (c.dtype != DType::kF32 || !c.shape.ranked() || (ScalesAddend(call) && !call.constant(2))) return false;
  const Shape& y = call.out[0].shape;
  if (!y.ranked() || c.shape.rank() < 1 || !(c.shape[c.shape.rank() - 1] == y[1])) return false;
  return c.shape.rank() == 1 || c.shape[0].is(1) || c.shape[0] == y[0];
}

bool Supports(const PlanCall& call) {
  return call.in[0].dtype == DType::kF32 && call.in[1].dtype == DType::kF32 && AddendSupported(call) &&
         EpilogueSupported(call);
}

Status ScaleAddend(const PlanCall& call, Tensor* packed) {
  if (!ScalesAddend(call)) return {};
  HASTEN_ASSIGN(*packed, Clone(*call.constant(2)));
  const float beta = call.attrs<GemmAttrs>().beta;
  for (int64_t i = 0; i < packed->elements(); ++i) packed->as<float>()[i] *= beta;
  return {};
}

Status Pack(const PlanCall& call, int input, Tensor* packed) {
  if (input == 2) return ScaleAddend(call, packed);
  HASTEN_ASSIGN(*packed, PackMatrix(*call.constant(1), call.attrs<GemmAttrs>().trans_b));
  return {};
}

Type PackedType(const PlanCall& call, int input) {
  if (input == 2) return ScalesAddend(call) ? Type::Tensor(DType::kF32, call.constant(2)->dims) : Type::Unknown();
  return PackedMatrixType(call.constant(1)->dims, call.attrs<GemmAttrs>().trans_b);
}

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  const int64_t packed = call.constant(1) != nullptr;
  params->resize(sizeof packed);
  std::memcpy(params->data(), &packed, sizeof packed);
  return {};
}

Status Bind(const BoundShapes& s, Binding* binding) {
  int64_t packed = 0;
  std::memcpy(&packed, s.params, sizeof packed);
  const auto& a = s.attrs<GemmAttrs>();
  const Dims x = *s.in[0].shape.Concrete(), y = *s.out[0].shape.Concrete();
  BoundProduct p;
  p.rows = y[0];
  p.cols = y[1];
  p.inner = x[a.trans_a ? 0 : 1];
  p.a_transposed = a.trans_a;
  p.b_transposed = a.trans_b;
  p.b_packed = packed;
  p.alpha = a.alpha;
  p.epilogue = BindEpilogue(s.epilogue, s.epilogue_in, y, Layout::kPlain);
  if (s.in.size() > 2 && s.in[2].known()) {
    const bool full = s.in[2].shape.Concrete()->elements() != y[1] || (y[0] == 1 && s.in[2].shape.rank() == 2);
    p.addend = full ? BoundProduct::Addend::kFull : BoundProduct::Addend::kColumns;
    if (full ? p.epilogue.residual >= 0 : p.epilogue.bias >= 0) p.epilogue.tail_only = false;
  }
  FinishBinding(&p, binding);
  return {};
}

constexpr std::string_view kOps[] = {"Gemm"};

}  // namespace

extern const Tactic kGemmPacked = {
    .name = "gemm_packed",
    .ops = kOps,
    .supports = Supports,
    .bound = 16,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .speed = 60,
    .packs = 1u << 1 | 1u << 2,
    .pack = Pack,
    .packed_type = PackedType,
    .prepare = Prepare,
    .bind = Bind,
    .run = RunProduct,
};

}  // namespace hasten::kernels::cpu
