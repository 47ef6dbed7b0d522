#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>

#include "tensor/dim_poly.h"

namespace hasten {
namespace {

using Poly = Dim::Poly;
using Atom = Poly::Atom;
using Monomial = Poly::Monomial;
using Op = Poly::Op;
using Term = Poly::Term;

// --- Lower bounds ---

std::optional<int64_t> LowerBound(const Dim& d);
bool NonNegative(const Dim& d) { return LowerBound(d).value_or(-1) >= 0; }

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

std::optional<int64_t> LowerBound(const Atom& atom) {
  if (atom.op == Op::kSymbol) return atom.name.starts_with('~') ? std::nullopt : std::optional<int64_t>(0);
  const auto a = LowerBound(atom.a), b = LowerBound(atom.b);
  if (atom.op == Op::kMax && (!a || !b)) return a ? a : b;
  if (!a || !b) return std::nullopt;
  if (atom.op == Op::kMax) return std::max(*a, *b);
  if (atom.op == Op::kMin) return std::min(*a, *b);
  if (atom.b.is_const() && *b > 0) return FloorDivide(*a, *b);
  return *a >= 0 && *b >= 0 ? std::optional<int64_t>(0) : std::nullopt;
}

std::optional<int64_t> LowerBound(const Dim& d) {
  if (d.is_const()) return d.value();
  int64_t sum = 0;
  for (const Term& t : Poly::Of(d)->terms) {
    int64_t product = t.coef;
    if (product < 0 && !t.atoms.empty()) return std::nullopt;
    for (const auto& atom : t.atoms) {
      const auto bound = LowerBound(*atom);
      if (!bound || *bound < 0 || __builtin_mul_overflow(product, *bound, &product)) return std::nullopt;
    }
    if (__builtin_add_overflow(sum, product, &sum)) return std::nullopt;
  }
  return sum;
}

// --- Division ---

struct Division {
  Poly quotient, remainder;
};

std::optional<Monomial> Quotient(const Monomial& a, const Monomial& b) {
  if (!std::includes(a.begin(), a.end(), b.begin(), b.end(), AtomLess)) return std::nullopt;
  Monomial out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out), AtomLess);
  return out;
}

// a == quotient * b + remainder, where no term of the remainder has a multiple of b's leading term in it; a constant
// remainder of a constant b lies in [0, b).  Precondition: b's leading coefficient is positive.
std::optional<Division> Divide(Poly a, const Poly& b) {
  const Term& lead = b.terms[0];
  Division out{Poly(0), Poly(0)};
  for (int64_t step = 0; !a.terms.empty(); ++step) {
    const Term t = a.terms[0];
    if (const auto atoms = Quotient(t.atoms, lead.atoms)) {
      const int64_t q = t.atoms.empty() ? FloorDivide(t.coef, lead.coef) : t.coef / lead.coef;
      if (q != 0) {
        out.quotient.terms.push_back({*atoms, q});
        a = Add(std::move(a), Mul(Mul(b, Poly(-1)), Poly({{*atoms, q}})));
      }
    }
    if (a.overflow || step == kMaxDimWeight) return std::nullopt;
    if (a.terms.empty() || Compare(a.terms[0].atoms, t.atoms) != 0) continue;
    out.remainder.terms.push_back(std::move(a.terms[0]));
    a.terms.erase(a.terms.begin());
  }
  return out;
}

// Precondition: a > 0.
int64_t Gcd(int64_t a, int64_t b) {
  const uint64_t magnitude = b < 0 ? 0 - static_cast<uint64_t>(b) : static_cast<uint64_t>(b);
  return static_cast<int64_t>(std::gcd(static_cast<uint64_t>(a), magnitude));
}

// Divides coefficients by g (the constant one rounding down) and monomials by m, of which they are multiples.
Dim Reduce(Poly p, int64_t g, const Monomial& m) {
  for (Term& t : p.terms) t = {*Quotient(t.atoms, m), FloorDivide(t.coef, g)};
  std::erase_if(p.terms, [](const Term& t) { return t.coef == 0; });
  return Poly::ToDim(std::move(p));
}

// floor(r / c) for c > 0 and r a remainder of Divide.
Dim FloorByConstant(const Dim& r, int64_t c) {
  if (r.is_const()) return FloorDivide(r.value(), c);
  const std::vector<Term>& terms = Poly::Of(r)->terms;
  int64_t g = c;
  for (const Term& t : terms)
    if (!t.atoms.empty()) g = Gcd(g, t.coef);
  if (g > 1) return FloorByConstant(Reduce(r, g, {}), c / g);
  if (terms[0].coef < 0) return 0 - FloorByConstant(c - 1 - r, c);
  const Dim offset = terms.back().atoms.empty() ? terms.back().coef : 0;
  const Atom* inner = BareAtom(r - offset);
  int64_t product = 0;
  const bool nested = inner && inner->op == Op::kFloorDiv && inner->b.is_const();
  if (nested && !__builtin_mul_overflow(inner->b.value(), c, &product))
    return FloorDiv(inner->a + offset * inner->b, product);
  return FromAtom(Op::kFloorDiv, "", r, c);
}

// 0 <= a < b for every value of the symbols.
bool IsBelow(const Dim& a, const Dim& b) { return NonNegative(a) && NonNegative(b - a - 1); }

Dim FloorByPolynomial(const Dim& r, const Dim& b) {
  if (r.is(0)) return 0;
  const Poly p = r, q = b;
  int64_t g = q.terms[0].coef;
  Monomial m = q.terms[0].atoms;
  for (const Poly* poly : {&p, &q}) {
    for (const Term& t : poly->terms) {
      Monomial both;
      std::set_intersection(m.begin(), m.end(), t.atoms.begin(), t.atoms.end(), std::back_inserter(both), AtomLess);
      m = std::move(both);
      g = Gcd(g, t.coef);
    }
  }
  if (g > 1 || !m.empty()) return FloorDiv(Reduce(p, g, m), Reduce(q, g, m));
  if (IsBelow(r, b)) return 0;
  return FromAtom(Op::kFloorDiv, "", r, b);
}

// --- Min and Max ---

int64_t Extreme(Op op, int64_t a, int64_t b) { return op == Op::kMin ? std::min(a, b) : std::max(a, b); }

Dim Extreme(Op op, const Dim& a, const Dim& b);

// What op(x, y) is when x is itself a Min or Max that has to do with y.
std::optional<Dim> Absorb(Op op, const Dim& x, const Dim& y) {
  const Atom* atom = BareAtom(x);
  if (!atom || (atom->op != Op::kMin && atom->op != Op::kMax)) return std::nullopt;
  if (atom->a == y || atom->b == y) return atom->op == op ? x : y;
  if (atom->op == op && atom->b.is_const() && y.is_const())
    return Extreme(op, atom->a, Extreme(op, atom->b.value(), y.value()));
  return std::nullopt;
}

Dim Extreme(Op op, const Dim& a, const Dim& b) {
  if (NonNegative(b - a)) return op == Op::kMin ? a : b;
  if (NonNegative(a - b)) return op == Op::kMin ? b : a;
  if (auto d = Absorb(op, a, b)) return *d;
  if (auto d = Absorb(op, b, a)) return *d;
  return Compare(a, b) < 0 ? FromAtom(op, "", a, b) : FromAtom(op, "", b, a);
}

std::optional<int64_t> EvalAtom(const Atom& atom, const Dim::Lookup& lookup) {
  if (atom.op == Op::kSymbol) return lookup(atom.name);
  const auto a = atom.a.Eval(lookup), b = atom.b.Eval(lookup);
  if (!a || !b) return std::nullopt;
  if (atom.op != Op::kFloorDiv) return Extreme(atom.op, *a, *b);
  if (*b == 0 || (*b == -1 && *a == std::numeric_limits<int64_t>::min())) return std::nullopt;
  return FloorDivide(*a, *b);
}

}  // namespace

Dim FloorDiv(const Dim& a, const Dim& b) {
  if (b.is(0)) return UnknownDim();
  if (b.is(1)) return a;
  const Poly divisor = b;
  if (divisor.terms[0].coef < 0) return FloorDiv(0 - a, 0 - b);
  if (!b.is_const() && IsBelow(a, b)) return 0;
  auto division = Divide(a, divisor);
  const Dim rest = division ? Dim::Of(std::move(division->remainder)) : a;
  const Dim fraction = b.is_const() ? FloorByConstant(rest, b.value()) : FloorByPolynomial(rest, b);
  return division ? Dim::Of(std::move(division->quotient)) + fraction : fraction;
}

Dim CeilDiv(const Dim& a, const Dim& b) { return 0 - FloorDiv(0 - a, b); }
Dim Mod(const Dim& a, const Dim& b) { return b.is(0) ? UnknownDim() : a - b * FloorDiv(a, b); }
Dim Min(const Dim& a, const Dim& b) { return Extreme(Op::kMin, a, b); }
Dim Max(const Dim& a, const Dim& b) { return Extreme(Op::kMax, a, b); }

bool NeverEqual(const Dim& a, const Dim& b) { return NonNegative(a - b - 1) || NonNegative(b - a - 1); }

std::optional<int64_t> Dim::Eval(const Lookup& lookup) const {
  if (is_const()) return value_;
  int64_t sum = 0;
  for (const Term& t : poly_->terms) {
    int64_t product = t.coef;
    for (const auto& atom : t.atoms) {
      const auto v = EvalAtom(*atom, lookup);
      if (!v || __builtin_mul_overflow(product, *v, &product)) return std::nullopt;
    }
    if (__builtin_add_overflow(sum, product, &sum)) return std::nullopt;
  }
  return sum;
}

Dim Dim::Substitute(const std::function<std::optional<Dim>(std::string_view)>& lookup) const {
  if (is_const()) return *this;
  const auto replace = [&](const std::shared_ptr<const Atom>& atom) -> Dim {
    if (atom->op == Op::kSymbol) return lookup(atom->name).value_or(Of(Poly({{{atom}, 1}})));
    const Dim a = atom->a.Substitute(lookup), b = atom->b.Substitute(lookup);
    return atom->op == Op::kFloorDiv ? FloorDiv(a, b) : Extreme(atom->op, a, b);
  };
  Dim sum = 0;
  for (const Term& t : poly_->terms) {
    Dim product = t.coef;
    for (const auto& atom : t.atoms) product = product * replace(atom);
    sum = sum + product;
  }
  return sum;
}

}  // namespace hasten
