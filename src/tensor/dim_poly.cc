#include "tensor/dim_poly.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <iterator>

namespace hasten {
namespace {

using Poly = Dim::Poly;
using Atom = Poly::Atom;
using Monomial = Poly::Monomial;
using Op = Poly::Op;
using Term = Poly::Term;

std::atomic<uint64_t> next_fresh = 0;

// Keeps Fresh() clear of "?7" and "~7" that came in by name.
void Reserve(std::string_view name) {
  uint64_t n = 0;
  if (name.size() < 2 || (name[0] != '?' && name[0] != '~')) return;
  if (auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), n); error != std::errc()) return;
  uint64_t seen = next_fresh;
  while (seen <= n && n + 1 != 0 && !next_fresh.compare_exchange_weak(seen, n + 1)) {
  }
}

int64_t Weight(const Poly& p) {
  int64_t weight = 0;
  for (const Term& t : p.terms) {
    ++weight;
    for (const auto& atom : t.atoms) weight += atom->weight;
  }
  return weight;
}

Poly Overflow() {
  Poly p = Dim(0);
  p.overflow = true;
  return p;
}

Poly Collect(std::vector<Term> terms) {
  std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return Compare(a.atoms, b.atoms) < 0; });
  Poly out = Dim(0);
  for (Term& t : terms) {
    if (out.terms.empty() || Compare(out.terms.back().atoms, t.atoms) != 0) out.terms.push_back(std::move(t));
    else if (__builtin_add_overflow(out.terms.back().coef, t.coef, &out.terms.back().coef)) return Overflow();
  }
  std::erase_if(out.terms, [](const Term& t) { return t.coef == 0; });
  return out;
}

}  // namespace

// --- Order ---

int Compare(const Atom& a, const Atom& b) {
  if (&a == &b) return 0;
  if (a.op != b.op) return a.op < b.op ? -1 : 1;
  if (const int c = a.name.compare(b.name)) return c;
  if (const int c = Compare(a.a, b.a)) return c;
  return Compare(a.b, b.b);
}

int Compare(const Monomial& a, const Monomial& b) {
  if (a.size() != b.size()) return a.size() > b.size() ? -1 : 1;
  for (size_t i = 0; i < a.size(); ++i)
    if (const int c = Compare(*a[i], *b[i])) return c;
  return 0;
}

int Compare(const Dim& a, const Dim& b) {
  const Poly *p = Poly::Of(a), *q = Poly::Of(b);
  if (p == q) return p || a.value() == b.value() ? 0 : a.value() < b.value() ? -1 : 1;
  if (!p || !q) return p ? -1 : 1;
  for (size_t i = 0; i < std::min(p->terms.size(), q->terms.size()); ++i) {
    if (const int c = Compare(p->terms[i].atoms, q->terms[i].atoms)) return c;
    if (p->terms[i].coef != q->terms[i].coef) return p->terms[i].coef < q->terms[i].coef ? -1 : 1;
  }
  return p->terms.size() == q->terms.size() ? 0 : p->terms.size() < q->terms.size() ? -1 : 1;
}

// --- Ring ---

Poly Add(Poly a, const Poly& b) {
  if (a.overflow || b.overflow) return Overflow();
  a.terms.insert(a.terms.end(), b.terms.begin(), b.terms.end());
  return Collect(std::move(a.terms));
}

Poly Mul(const Poly& a, const Poly& b) {
  if (a.overflow || b.overflow || a.terms.size() * b.terms.size() > kMaxDimWeight) return Overflow();
  std::vector<Term> terms;
  for (const Term& s : a.terms) {
    for (const Term& t : b.terms) {
      Term& product = terms.emplace_back();
      if (__builtin_mul_overflow(s.coef, t.coef, &product.coef)) return Overflow();
      std::merge(s.atoms.begin(), s.atoms.end(), t.atoms.begin(), t.atoms.end(), std::back_inserter(product.atoms),
                 AtomLess);
    }
  }
  return Collect(std::move(terms));
}

Dim Dim::Of(Poly p) {
  if (p.overflow || Weight(p) > kMaxDimWeight) return UnknownDim();
  if (p.terms.empty()) return 0;
  if (p.terms[0].atoms.empty()) return p.terms[0].coef;
  return Dim(std::make_shared<const Poly>(std::move(p)));
}

Dim operator+(const Dim& a, const Dim& b) {
  int64_t sum = 0;
  if (a.is_const() && b.is_const() && !__builtin_add_overflow(a.value(), b.value(), &sum)) return sum;
  return Dim::Of(Add(a, b));
}

Dim operator-(const Dim& a, const Dim& b) {
  int64_t difference = 0;
  if (a.is_const() && b.is_const() && !__builtin_sub_overflow(a.value(), b.value(), &difference)) return difference;
  return Dim::Of(Add(a, Mul(b, Poly(-1))));
}

Dim operator*(const Dim& a, const Dim& b) {
  int64_t product = 0;
  if (a.is_const() && b.is_const() && !__builtin_mul_overflow(a.value(), b.value(), &product)) return product;
  return Dim::Of(Mul(a, b));
}

// --- Atoms ---

Dim UnknownDim() { return Dim::Symbol(Str("~", next_fresh++)); }

Dim FromAtom(Op op, std::string name, const Dim& a, const Dim& b) {
  const int64_t weight = op == Op::kSymbol ? 1 : 1 + Weight(a) + Weight(b);
  return Poly::ToDim(Poly({{{std::make_shared<const Atom>(Atom{op, std::move(name), a, b, weight})}, 1}}));
}

const Atom* BareAtom(const Dim& d) {
  const Poly* p = Poly::Of(d);
  if (!p || p->terms.size() != 1) return nullptr;
  const Term& t = p->terms[0];
  return t.coef == 1 && t.atoms.size() == 1 ? t.atoms[0].get() : nullptr;
}

Dim Dim::Symbol(std::string_view name) {
  Reserve(name);
  return FromAtom(Op::kSymbol, std::string(name), 0, 0);
}

Dim Dim::Fresh() { return Symbol(Str("?", next_fresh++)); }

std::optional<std::string> Dim::symbol() const {
  const Atom* atom = BareAtom(*this);
  return atom && atom->op == Op::kSymbol ? std::optional(atom->name) : std::nullopt;
}

bool operator==(const Dim& a, const Dim& b) { return Compare(a, b) == 0; }

// --- Text ---

namespace {

constexpr const char* kFunctions[] = {"", "floordiv", "min", "max"};

std::string SymbolText(const std::string& name) {
  const bool digit = !name.empty() && name[0] >= '0' && name[0] <= '9';
  const bool bare = !name.empty() && !digit && std::all_of(name.begin(), name.end(), IsDimNameChar);
  return bare ? name : Quote(name);
}

std::string AtomText(const Atom& atom) {
  if (atom.op == Op::kSymbol) return SymbolText(atom.name);
  return Str(kFunctions[static_cast<size_t>(atom.op)], "(", atom.a, ",", atom.b, ")");
}

std::string TermText(const Term& t) {
  std::string out = t.coef > 0 ? "+" : "";
  if (t.atoms.empty() || (t.coef != 1 && t.coef != -1)) AppendText(&out, t.coef);
  else if (t.coef == -1) out += '-';
  bool product = !out.empty() && out.back() >= '0' && out.back() <= '9';
  for (const auto& atom : t.atoms) {
    if (product) out += '*';
    product = true;
    out += AtomText(*atom);
  }
  return out;
}

}  // namespace

std::string Dim::Text() const {
  if (is_const()) return Str(value_);
  std::string out;
  for (const Term& t : poly_->terms) out += TermText(t);
  return out[0] == '+' ? out.substr(1) : out;
}

}  // namespace hasten
