#include "kernels/cpu/recurrent_cells.h"

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/recurrent_cells.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math.inc"

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE Vf Clip(Vf v, float limit) { return Between(v, Splat(-limit), Splat(limit)); }

// Those of the units from `at` on that a vector holds.
struct Gates {
  const CellUnits& s;
  int64_t at;
  HWY_INLINE Vf Load(const float* p) const { return LoadPart(p + at, s.units - at); }
  HWY_INLINE void Store(Vf v, float* p) const { StorePart(v, p + at, s.units - at); }
  HWY_INLINE Vf X(int64_t g) const { return Load(s.x + g * s.gate_step); }
  HWY_INLINE Vf H(int64_t g) const { return Load(s.h + g * s.gate_step); }
  HWY_INLINE Vf Bias(const float* b, int64_t g) const { return b ? Load(b + g * s.hidden) : Splat(0); }
  HWY_INLINE Vf Sum(int64_t g) const { return hn::Add(hn::Add(X(g), H(g)), hn::Add(Bias(s.wb, g), Bias(s.rb, g))); }
  HWY_INLINE Vf Peep(int64_t g, Vf c, Vf sum) const {
    return s.peephole ? hn::MulAdd(Load(s.peephole + g * s.hidden), c, sum) : sum;
  }
};

template <class F>
HWY_INLINE void ForEach(const CellUnits& s, F f) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(Df()));
  for (int64_t at = 0; at < s.units; at += lanes) f(Gates{s, at});
}

void Lstm(const CellUnits& s) {
  ForEach(s, [&](const Gates& g) HWY_ATTR {
    const Vf old = g.Load(s.c);
    const Vf input = Sigmoid(Clip(g.Peep(0, old, g.Sum(0)), s.clip));
    const Vf forget = s.input_forget ? hn::Sub(Splat(1), input) : Sigmoid(Clip(g.Peep(2, old, g.Sum(2)), s.clip));
    const Vf c = hn::MulAdd(forget, old, hn::Mul(input, Tanh(Clip(g.Sum(3), s.clip))));
    const Vf h = hn::Mul(Sigmoid(Clip(g.Peep(1, c, g.Sum(1)), s.clip)), Tanh(c));
    g.Store(c, s.c);
    g.Store(h, s.next);
    if (s.y) g.Store(h, s.y);
  });
}

void Gru(const CellUnits& s) {
  ForEach(s, [&](const Gates& g) HWY_ATTR {
    const Vf update = Sigmoid(Clip(g.Sum(0), s.clip));
    Vf product = hn::Add(g.H(2), g.Bias(s.rb, 2));
    if (s.reset_after) product = hn::Mul(product, Sigmoid(Clip(g.Sum(1), s.clip)));
    const Vf hidden = Tanh(Clip(hn::Add(hn::Add(g.X(2), g.Bias(s.wb, 2)), product), s.clip));
    const Vf old = g.Load(s.old);
    const Vf h = hn::MulAdd(update, old, hn::Mul(hn::Sub(Splat(1), update), hidden));
    g.Store(h, s.next);
    if (s.y) g.Store(h, s.y);
  });
}

void Reset(const CellUnits& s) {
  ForEach(s,
          [&](const Gates& g) HWY_ATTR { g.Store(hn::Mul(Sigmoid(Clip(g.Sum(1), s.clip)), g.Load(s.old)), s.next); });
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::cpu {
namespace {

HWY_EXPORT(Lstm);
HWY_EXPORT(Gru);
HWY_EXPORT(Reset);

}  // namespace

void LstmCell(const CellUnits& s) { HWY_DYNAMIC_DISPATCH(Lstm)(s); }
void GruCell(const CellUnits& s) { HWY_DYNAMIC_DISPATCH(Gru)(s); }
void GruReset(const CellUnits& s) { HWY_DYNAMIC_DISPATCH(Reset)(s); }

}  // namespace hasten::cpu
#endif
