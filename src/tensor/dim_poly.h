// The normal form behind Dim: internal to the dim_*.cc files.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tensor/dim.h"

namespace hasten {

// Canonical by construction: terms sorted by monomial, coefficients not zero, atoms built by the functions below only.
struct Dim::Poly {
  enum class Op : uint8_t { kSymbol, kFloorDiv, kMin, kMax };
  struct Atom {
    Op op;
    std::string name;  // of a symbol
    Dim a, b;          // of the rest
    int64_t weight;    // nodes of the expression tree
  };
  using Monomial = std::vector<std::shared_ptr<const Atom>>;  // sorted; powers repeat the atom
  struct Term {
    Monomial atoms;
    int64_t coef;
  };

  Poly(const Dim& d) {
    if (d.poly_) *this = *d.poly_;
    else if (d.value_ != 0) terms.push_back({{}, d.value_});
  }
  explicit Poly(std::vector<Term> t) : terms(std::move(t)) {}

  static const Poly* Of(const Dim& d) { return d.poly_.get(); }
  static Dim ToDim(Poly p) { return Dim::Of(std::move(p)); }

  std::vector<Term> terms;  // leading term first
  bool overflow = false;
};

// Characters of a symbol that Text() prints without quotes; it does not start with a digit.
inline bool IsDimNameChar(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '?' || c == '~';
}

// Bounds time, memory and recursion on hostile models: expressions above it become unknown.
inline constexpr int64_t kMaxDimWeight = 1000;

// Order of atoms, of monomials (leading first: graded lexicographic, which products respect, as division needs) and of
// dims (constants last).  Negative: a comes first.
int Compare(const Dim::Poly::Atom& a, const Dim::Poly::Atom& b);
int Compare(const Dim::Poly::Monomial& a, const Dim::Poly::Monomial& b);
int Compare(const Dim& a, const Dim& b);
inline bool AtomLess(const std::shared_ptr<const Dim::Poly::Atom>& a, const std::shared_ptr<const Dim::Poly::Atom>& b) {
  return Compare(*a, *b) < 0;
}

Dim::Poly Add(Dim::Poly a, const Dim::Poly& b);
Dim::Poly Mul(const Dim::Poly& a, const Dim::Poly& b);

// A symbol that stands for any integer, "~7".
Dim UnknownDim();
Dim FromAtom(Dim::Poly::Op op, std::string name, const Dim& a, const Dim& b);
// The atom that d consists of, or null.
const Dim::Poly::Atom* BareAtom(const Dim& d);

}  // namespace hasten
