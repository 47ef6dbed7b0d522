#include "tensor/dim_bounds.h"

#include <algorithm>

#include "tensor/dim_poly.h"

namespace hasten {
namespace {

constexpr int64_t kLargest = int64_t{1} << 40;  // so that sums with it do not overflow

bool HasExtremes(const Dim& d) {
  const Dim::Poly* poly = Dim::Poly::Of(d);
  if (!poly) return false;
  return std::any_of(poly->terms.begin(), poly->terms.end(), [](const Dim::Poly::Term& t) {
    return std::any_of(t.atoms.begin(), t.atoms.end(),
                       [](const auto& atom) { return atom->op != Dim::Poly::Op::kSymbol; });
  });
}

}  // namespace

void DimBounds::AtMost(const Dim& d, int64_t most) {
  const auto offset = d.Eval([](std::string_view) { return 0; });
  if (d.is_const() || !offset || most > kLargest || *offset < -kLargest || *offset > most) return;
  const auto symbol = (d - *offset).symbol();
  if (!symbol) return;
  const auto [bound, fresh] = bounds_.try_emplace(*symbol, Bound{most - *offset, 0});
  if (fresh) bound->second.rest = Dim::Fresh();
  bound->second.most = std::min(bound->second.most, most - *offset);
}

// With n = most - rest, comparing dims needs only that rest is not negative.
Dim DimBounds::Within(const Dim& d) const {
  if (bounds_.empty() || !HasExtremes(d)) return d;
  const Dim turned = d.Substitute([&](std::string_view name) -> std::optional<Dim> {
    const auto bound = bounds_.find(name);
    if (bound == bounds_.end()) return std::nullopt;
    return bound->second.most - bound->second.rest;
  });
  return turned.Substitute([&](std::string_view name) -> std::optional<Dim> {
    for (const auto& [symbol, bound] : bounds_)
      if (bound.rest.symbol() == name) return bound.most - Dim::Symbol(symbol);
    return std::nullopt;
  });
}

}  // namespace hasten
