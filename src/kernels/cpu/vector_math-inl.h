// Vector functions of single precision.  Included once per target, inside its namespace block; see pointwise_tile.cc.
//
// Errors over the whole range, in units of the last place of the result, as tests/vector_math_test.cc measures them
// against double: exp 1.5, log 1.5, erf 2, tanh 2.5, sigmoid 3.  Infinities, NaN and zeros are as std:: has them.

#if defined(HASTEN_VECTOR_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef HASTEN_VECTOR_MATH_INL
#undef HASTEN_VECTOR_MATH_INL
#else
#define HASTEN_VECTOR_MATH_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Horner(D d, V x, const float* c, int n) {
  V y = hn::Set(d, c[n - 1]);
  for (int i = n - 2; i >= 0; --i) y = hn::MulAdd(y, x, hn::Set(d, c[i]));
  return y;
}

// 2^n for integers n in [-126, 127].
template <class D, class V = hn::Vec<D>>
HWY_INLINE V PowerOfTwo(D d, hn::Vec<hn::RebindToSigned<D>> n) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127))));
}

// e^x: x = n ln 2 + r, |r| <= ln 2 / 2; 2^n in two factors, so that results may be denormal.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  constexpr float kPoly[] = {0.5f, 0.16666576266f, 0.041666854173f, 0.0083632003516f, 0.0013901306083f};
  // Beyond these the result is infinity and zero anyway; NaN stays.
  const V clamped = hn::Min(hn::Max(x, hn::Set(d, -104.0f)), hn::Set(d, 89.0f));
  const V n = hn::Round(hn::Mul(clamped, hn::Set(d, 1.44269504f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693145752f), clamped);
  r = hn::NegMulAdd(n, hn::Set(d, 1.42860677e-6f), r);
  const V p = hn::MulAdd(Horner(d, r, kPoly, 5), hn::Mul(r, r), hn::Add(r, hn::Set(d, 1.0f)));
  const auto whole = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(whole);
  const V y = hn::Mul(hn::Mul(p, PowerOfTwo(d, half)), PowerOfTwo(d, hn::Sub(whole, half)));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

// ln x: x = 2^n m, m in [sqrt 1/2, sqrt 2).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Log(D d, V x) {
  const hn::RebindToSigned<D> di;
  constexpr float kPoly[] = {0.33333331347f, -0.24999994040f, 0.20000714064f, -0.16668057442f, 0.14249323308f,
                             -0.12420149148f, 0.11677010357f, -0.11514556408f, 0.07037585229f};
  const auto small = hn::Lt(x, hn::Set(d, 1.17549435e-38f));
  const V scaled = hn::IfThenElse(small, hn::Mul(x, hn::Set(d, 0x1p23f)), x);
  const auto bits = hn::BitCast(di, scaled);
  const auto shifted = hn::Sub(bits, hn::Set(di, 0x3f3504f3));  // sqrt 1/2
  const auto n = hn::ShiftRight<23>(shifted);
  const V m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(n)));
  const V exponent = hn::Sub(hn::ConvertTo(d, n), hn::IfThenElseZero(small, hn::Set(d, 23.0f)));
  const V f = hn::Sub(m, hn::Set(d, 1.0f)), z = hn::Mul(f, f);
  V y = hn::Mul(hn::Mul(Horner(d, f, kPoly, 9), z), f);
  y = hn::MulAdd(exponent, hn::Set(d, 1.42860677e-6f), y);
  y = hn::NegMulAdd(z, hn::Set(d, 0.5f), y);
  y = hn::MulAdd(exponent, hn::Set(d, 0.693145752f), hn::Add(y, f));
  const V infinity = hn::Inf(d);
  y = hn::IfThenElse(hn::Eq(x, infinity), infinity, y);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(infinity), y);
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Lt(x, hn::Zero(d))), hn::NaN(d), y);
}

// 1 / (1 + e^-x), by e^-|x|, which cannot overflow.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f), e = Exp(d, hn::Neg(hn::Abs(x)));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Tanh(D d, V x) {
  constexpr float kPoly[] = {1.0f, -0.33333250880f, 0.13330931962f, -0.05370531976f, 0.02053993382f, -0.00560273603f};
  const V one = hn::Set(d, 1.0f), a = hn::Abs(x), z = hn::Mul(x, x);
  const V near = hn::Mul(x, Horner(d, z, kPoly, 6));
  const V e = Exp(d, hn::Mul(a, hn::Set(d, -2.0f)));
  const V far = hn::CopySign(hn::Div(hn::Sub(one, e), hn::Add(one, e)), x);
  return hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.625f)), near, hn::IfThenElse(hn::IsNaN(x), x, far));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Erf(D d, V x) {
  constexpr float kNear[] = {1.12837910652f,  -0.37612625957f, 0.11283585429f,  -0.026853811f,
                             0.00518832775f, -0.00080101925f, 0.0000785385762f};
  // -ln(1 - erf a) on [0.95, 4].
  constexpr float kFar[] = {-0.000309292023f, 1.13019025326f,  0.63189905882f, 0.11001165956f, -0.02638213523f,
                            0.00474573392f,   -0.00059380068f, 0.0000456943599f, -0.00000161831315f};
  const V a = hn::Min(hn::Abs(x), hn::Set(d, 4.0f));
  const V near = hn::Mul(x, Horner(d, hn::Mul(x, x), kNear, 7));
  const V e = Exp(d, hn::Neg(Horner(d, a, kFar, 9)));
  const V far = hn::CopySign(hn::Sub(hn::Set(d, 1.0f), e), x);
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 1.0f)), near, hn::IfThenElse(hn::IsNaN(x), x, far));
}

// ln(1 + e^x) = max(x, 0) + ln(1 + e), e = e^-|x|; what rounding 1 + e loses is divided out.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Softplus(D d, V x) {
  const V one = hn::Set(d, 1.0f), e = Exp(d, hn::Neg(hn::Abs(x))), u = hn::Add(one, e), lost = hn::Sub(u, one);
  const V log1p = hn::IfThenElse(hn::Eq(lost, hn::Zero(d)), e, hn::Div(hn::Mul(Log(d, u), e), lost));
  return hn::Add(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x), log1p);
}

// x tanh(ln(1 + e^x)) without the logarithm.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Mish(D d, V x) {
  const V two = hn::Set(d, 2.0f), w = Exp(d, hn::Neg(hn::Abs(x)));
  const auto negative = hn::Lt(x, hn::Zero(d));
  const V top = hn::IfThenElse(negative, hn::MulAdd(w, w, hn::Mul(two, w)), hn::MulAdd(two, w, hn::Set(d, 1.0f)));
  const V rest = hn::IfThenElse(negative, two, hn::Mul(hn::Mul(two, w), w));
  const V y = hn::Mul(x, hn::Div(top, hn::Add(top, rest)));
  return hn::IfThenElse(hn::Eq(x, hn::Neg(hn::Inf(d))), hn::Neg(hn::Zero(d)), y);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Gelu(D d, V x) {
  const V half = hn::Mul(x, hn::Set(d, 0.5f));
  const V e = Erf(d, hn::Mul(x, hn::Set(d, 0.70710678f)));
  return hn::MulAdd(half, e, half);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluTanh(D d, V x) {
  const V cube = hn::Mul(hn::Mul(x, x), x);
  const V inner = hn::Mul(hn::Set(d, 0.79788456f), hn::MulAdd(hn::Set(d, 0.044715f), cube, x));
  const V half = hn::Mul(x, hn::Set(d, 0.5f));
  return hn::MulAdd(half, Tanh(d, inner), half);
}

}  // namespace hasten::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
