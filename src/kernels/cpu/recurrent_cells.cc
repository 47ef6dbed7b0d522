#include "kernels/cpu/recurrent_cells.h"

#include "kernels/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/recurrent_cells.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// After Highway's own.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

// A vector of units of which `n` are there.
struct Part {
  int64_t n;
  bool whole() const { return n >= static_cast<int64_t>(hn::Lanes(D())); }
  HWY_INLINE V Load(const float* p) const {
    const D d;
    return whole() ? hn::LoadU(d, p) : hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(n)), d, p);
  }
  HWY_INLINE void Store(V v, float* p) const {
    const D d;
    if (whole()) return hn::StoreU(v, d, p);
    hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, p);
  }
};

HWY_INLINE V Clamp(V v, float limit) {  // NaN stays NaN
  const D d;
  const V high = hn::Set(d, limit), low = hn::Neg(high);
  v = hn::IfThenElse(hn::Lt(v, low), low, v);
  return hn::IfThenElse(hn::Gt(v, high), high, v);
}
HWY_INLINE V Sigmoid(V v) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(Clamp(v, 80.0f)))));
}
HWY_INLINE V Tanh(V v) { return hn::Tanh(D(), Clamp(v, 20.0f)); }

struct Gates {
  const CellUnits& s;
  int64_t at;
  Part part;
  HWY_INLINE V X(int64_t g) const { return part.Load(s.x + g * s.gate_step + at); }
  HWY_INLINE V H(int64_t g) const { return part.Load(s.h + g * s.gate_step + at); }
  HWY_INLINE V Bias(const float* b, int64_t g) const { return b ? part.Load(b + g * s.hidden + at) : hn::Zero(D()); }
  HWY_INLINE V Sum(int64_t g) const { return hn::Add(hn::Add(X(g), H(g)), hn::Add(Bias(s.wb, g), Bias(s.rb, g))); }
  HWY_INLINE V Peep(int64_t g, V c, V sum) const {
    return s.peephole ? hn::MulAdd(part.Load(s.peephole + g * s.hidden + at), c, sum) : sum;
  }
};

template <class F>
HWY_INLINE void ForEach(const CellUnits& s, F f) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(D()));
  for (int64_t at = 0; at < s.units; at += lanes) f(Gates{s, at, {s.units - at}});
}

void Lstm(const CellUnits& s) {
  ForEach(s, [&](const Gates& g) HWY_ATTR {
    const V old = g.part.Load(s.c + g.at);
    const V input = Sigmoid(Clamp(g.Peep(0, old, g.Sum(0)), s.clip));
    const V forget =
        s.input_forget ? hn::Sub(hn::Set(D(), 1.0f), input) : Sigmoid(Clamp(g.Peep(2, old, g.Sum(2)), s.clip));
    const V c = hn::MulAdd(forget, old, hn::Mul(input, Tanh(Clamp(g.Sum(3), s.clip))));
    const V h = hn::Mul(Sigmoid(Clamp(g.Peep(1, c, g.Sum(1)), s.clip)), Tanh(c));
    g.part.Store(c, s.c + g.at);
    g.part.Store(h, s.next + g.at);
    if (s.y) g.part.Store(h, s.y + g.at);
  });
}

void Gru(const CellUnits& s) {
  ForEach(s, [&](const Gates& g) HWY_ATTR {
    const V update = Sigmoid(Clamp(g.Sum(0), s.clip));
    V product = hn::Add(g.H(2), g.Bias(s.rb, 2));
    if (s.reset_after) product = hn::Mul(product, Sigmoid(Clamp(g.Sum(1), s.clip)));
    const V hidden = Tanh(Clamp(hn::Add(hn::Add(g.X(2), g.Bias(s.wb, 2)), product), s.clip));
    const V old = g.part.Load(s.old + g.at);
    const V h = hn::MulAdd(update, old, hn::Mul(hn::Sub(hn::Set(D(), 1.0f), update), hidden));
    g.part.Store(h, s.next + g.at);
    if (s.y) g.part.Store(h, s.y + g.at);
  });
}

void Reset(const CellUnits& s) {
  ForEach(s, [&](const Gates& g) HWY_ATTR {
    g.part.Store(hn::Mul(Sigmoid(Clamp(g.Sum(1), s.clip)), g.part.Load(s.old + g.at)), s.next + g.at);
  });
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
