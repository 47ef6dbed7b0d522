// com.microsoft.Attention: one product gives queries, keys and values of all heads.
#include <cstring>

#include "kernels/cpu/head_masks.h"
#include "kernels/cpu/matrix_product.h"
#include "ops/microsoft/self_attention.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;
using ops::microsoft::AttentionAttrs;

enum Input { kX, kWeights, kBias, kMask, kPast, kScoreBias };

bool Supports(const PlanCall& call) {
  for (size_t i = 0; i < call.in.size(); ++i)
    if (call.has(i) && i != kMask && (!call.in[i].is_tensor() || call.in[i].dtype != DType::kF32)) return false;
  return HeadMaskSupported(call, kMask, kScoreBias);
}

Status PackWeights(const PlanCall& call, int, Tensor* packed) {
  HASTEN_ASSIGN(*packed, PackMatrix(*call.constant(kWeights), false));
  return {};
}

Type PackedType(const PlanCall& call, int) { return PackedMatrixType(call.constant(kWeights)->dims, false); }

struct Params {
  int64_t packed = 0, columns = 0;
};

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  Params p;
  if (const Tensor* w = call.constant(kWeights)) p = {1, w->dims[1]};
  params->resize(sizeof p);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

// Phases 0 and 1 are the product's, into the workspace; then keys and values are packed, then queries attend.
struct Bound {
  BoundProduct product;
  TileAttention tiles;
  HeadMask mask;
  int64_t past = 0, columns = 0;
  int64_t projected = 0, packed = 0, gathered = 0;  // floats of the workspace before each part
  bool has_past = false;
  int64_t hidden() const { return tiles.heads * tiles.size; }
};

Status Bind(const BoundShapes& s, Binding* binding) {
  const auto& a = s.attrs<AttentionAttrs>();
  Params params;
  std::memcpy(&params, s.params, sizeof params);
  const auto given = [&](size_t i) { return i < s.in.size() && s.in[i].known(); };
  const Dims x = *s.in[kX].shape.Concrete();
  Bound b;
  b.columns = params.packed ? params.columns : (*s.in[kWeights].shape.Concrete())[1];
  const int64_t hidden = a.qkv_hidden_sizes.empty() ? b.columns / 3 : a.qkv_hidden_sizes[0];
  b.has_past = given(kPast);
  b.past = b.has_past ? (*s.in[kPast].shape.Concrete())[3] : 0;
  TileAttention& t = b.tiles;
  t = {.batch = x[0], .heads = a.num_heads, .kv_heads = a.num_heads, .queries = x[1]};
  t.keys = b.past + x[1];
  t.size = hidden / a.num_heads;
  t.value_size = (b.columns - 2 * hidden) / a.num_heads;
  const auto size = static_cast<double>(std::max<int64_t>(1, t.size));
  t.scale = a.scale && *a.scale != 0 ? *a.scale : static_cast<float>(1 / std::sqrt(size));
  t.Finish();
  b.mask = {.batch = t.batch, .queries = t.queries, .keys = t.keys, .past = b.past};
  b.mask.causal = a.unidirectional;
  b.mask.filter = a.mask_filter_value;
  if (given(kMask)) HASTEN_TRY(b.mask.BindMask(s.in[kMask]));
  if (given(kScoreBias)) b.mask.BindBias(*s.in[kScoreBias].shape.Concrete());
  BoundProduct& p = b.product;
  p.rows = x[0] * x[1];
  p.inner = x[2];
  p.cols = b.columns;
  p.b_packed = params.packed;
  if (given(kBias)) p.addend = BoundProduct::Addend::kColumns;
  FinishBinding(&p, binding);
  constexpr int64_t kFloat = sizeof(float);
  b.projected = (static_cast<int64_t>(binding->workspace_bytes) / kFloat + 15) / 16 * 16;
  b.packed = b.projected + (p.rows * p.cols + 15) / 16 * 16;
  b.gathered = b.packed + t.workspace_floats();
  const bool gathers = b.has_past && (s.out.size() < 2 || !s.out[1].known());
  const int64_t end = b.gathered + (gathers ? t.packing_chunks() * t.keys * (t.size + t.value_size) : 0);
  binding->workspace_bytes = static_cast<size_t>(end * kFloat);
  binding->phases.push_back(t.packing_chunks());
  binding->phases.push_back(t.attending_chunks());
  KeepBound(b, binding);
  return {};
}

float* Workspace(const KernelCall& c) { return reinterpret_cast<float*>(c.workspace); }

Status Project(const Bound& b, KernelCall& c) {
  Tensor to;
  to.dtype = DType::kF32;
  to.dims = {b.product.rows, b.product.cols};
  to.data = reinterpret_cast<std::byte*>(Workspace(c) + b.projected);
  Value projected(std::move(to));
  Value* out = &projected;
  KernelCall product = c;
  product.out = {&out, 1};
  product.bound = reinterpret_cast<const std::byte*>(&b.product);
  return RunProduct(product);
}

// Keys (0) or values (1) of one head, in one place.
Entries Collect(const Bound& b, const KernelCall& c, int64_t which, int64_t head) {
  const TileAttention& t = b.tiles;
  const int64_t size = which == 0 ? t.size : t.value_size, n = head % t.heads, batch = head / t.heads;
  const Entries fresh{Workspace(c) + b.projected + batch * t.queries * b.columns + (which + 1) * b.hidden() + n * size,
                      b.columns};
  if (!b.has_past && !c.wants(1)) return fresh;
  const int64_t heads = t.packing_chunks(), at = (which * heads + head) * size;
  // With a past, and in a present, values are as long as keys.
  float* to = c.wants(1) ? c.output(1).as<float>() + at * t.keys : Workspace(c) + b.gathered + at * t.keys;
  const float* past = b.past > 0 ? c.input(kPast).as<float>() + at * b.past : nullptr;
  JoinEntries(past, b.past, fresh, t.queries, size, nullptr, to);
  return {to, size};
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  const TileAttention& t = b.tiles;
  if (c.phase < 2) return Project(b, c);
  if (c.phase == 2) {
    const Entries keys = Collect(b, c, 0, c.chunk), values = Collect(b, c, 1, c.chunk);
    PackHead(t, keys, values, t.keys, c.chunk, Workspace(c) + b.packed);
    return {};
  }
  HeadMaskRules r;
  r.is = &b.mask;
  if (c.has(kMask)) r.mask = c.input(kMask).as<int32_t>();
  if (c.has(kScoreBias)) r.bias = c.input(kScoreBias).as<float>();
  const HeadRows q{Workspace(c) + b.projected, t.queries * b.columns, t.size, b.columns};
  const int64_t width = t.heads * t.value_size;
  const HeadRows y{c.output(0).as<float>(), t.queries * width, t.value_size, width};
  return AttendTiles(t, c, c.chunk, r.rules(), q, t.keys, Workspace(c) + b.packed, y);
}

constexpr std::string_view kOps[] = {"com.microsoft.Attention"};

}  // namespace

extern const Tactic kSelfAttentionTiles = {
    .name = "self_attention_tiles",
    .ops = kOps,
    .supports = Supports,
    .bound = 128,
    .numerics = Numerics::kReassociated,
    .speed = 30,
    .packs = 1u << kWeights,
    .pack = PackWeights,
    .packed_type = PackedType,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu
