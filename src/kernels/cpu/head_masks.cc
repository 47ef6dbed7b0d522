#include "kernels/cpu/head_masks.h"

#include "kernels/cpu/row_kernels.h"

namespace hasten::cpu {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();

bool Hides(const HeadMaskRules& r, int64_t b, int64_t s, int64_t t) {
  const HeadMask& m = *r.is;
  switch (m.rank) {
    case 1: return t >= r.mask[b] || (m.starts && t < r.mask[b + m.batch]);
    case 2: return r.mask[b * m.keys + t] <= 0;
    case 3: return r.mask[(b * m.queries + s) * m.keys + t] <= 0;
    default: return false;
  }
}

// What a causal query sees at most.
int64_t Horizon(const HeadMask& m, int64_t s) {
  return m.causal && s + 1 < m.queries ? std::min(m.keys, m.past + s + 1) : m.keys;
}

// Terms are as the reference has them, but where f32 would lose the scores under them: what is hidden as all else is
// not, which softmax does not see (`note`), and what lies ahead takes no part where nothing can be as low.
KeyRange KeysOf(const void* context, int64_t b, int64_t s) {
  const auto& r = *static_cast<const HeadMaskRules*>(context);
  const HeadMask& m = *r.is;
  const int64_t horizon = Horizon(m, s);
  const bool mild = m.rank == 0 || m.filter >= -1e38f;
  KeyRange keys{0, mild && !r.bias ? horizon : m.keys, 0};
  if (m.rank == 0 || !mild) return keys;
  int64_t t = 0;
  while (t < horizon && Hides(r, b, s, t)) ++t;
  keys.note = t == horizon;
  return keys;
}

void Change(const void* context, int64_t b, int64_t head, int64_t s, const KeyRange& keys, int64_t from, int64_t n,
            float* scores) {
  const auto& r = *static_cast<const HeadMaskRules*>(context);
  const HeadMask& m = *r.is;
  const int64_t seen = std::clamp<int64_t>(Horizon(m, s) - from, 0, n);
  if (m.rank != 0 && keys.note == 0)
    for (int64_t j = 0; j < seen; ++j)
      if (Hides(r, b, s, from + j)) scores[j] += m.filter;
  for (int64_t j = seen; j < n; ++j) scores[j] += kLowest;
  if (!r.bias) return;
  const float* bias = r.bias + b * m.bias_batch + head * m.bias_head + s * m.bias_row + from;
  AddRows(scores, bias, std::clamp<int64_t>(m.bias_keys - from, 0, n), scores);
}

}  // namespace

Status HeadMask::BindMask(const Type& mask) {
  if (!mask.known()) return {};
  const Dims dims = *mask.shape.Concrete();
  rank = dims.rank();
  const int64_t places = rank == 1 ? batch : rank == 2 ? batch * keys : batch * queries * keys;
  HASTEN_REQUIRE(dims.elements() >= places, "the mask must cover ", batch, " rows of ", keys, " keys, has shape ",
                 dims.Text());
  starts = rank == 1 && dims[0] == 2 * batch;
  return {};
}

void HeadMask::BindBias(const Dims& bias) {
  bias_keys = bias_row = bias[3];
  bias_head = bias[1] == 1 ? 0 : bias[2] * bias[3];
  bias_batch = bias[0] == 1 ? 0 : bias[1] * bias[2] * bias[3];
}

bool HeadMaskSupported(const PlanCall& call, size_t mask, size_t bias) {
  if (call.has(bias) && call.in[bias].dtype != DType::kF32) return false;
  if (!call.has(mask)) return true;
  const Type& m = call.in[mask];
  return m.dtype == DType::kI32 && m.shape.ranked() && m.shape.rank() <= 3;
}

ScoreRules HeadMaskRules::rules() const {
  const bool changes = mask || bias || is->causal;
  return {.context = this, .keys = KeysOf, .change = changes ? Change : nullptr};
}

}  // namespace hasten::cpu
