#include "tensor/shape.h"

#include <algorithm>

namespace hasten {

Shape Shape::Fresh(int rank) {
  std::vector<Dim> dims;
  for (int i = 0; i < rank; ++i) dims.push_back(Dim::Fresh());
  return Shape(std::move(dims));
}

Dim Shape::Product(int from, int to) const {
  Dim n = 1;
  for (int i = from; i < to; ++i) n = n * (*this)[i];
  return n;
}

bool Shape::is_const() const {
  return ranked_ && dims_.size() <= Dims::kMaxRank &&
         std::all_of(dims_.begin(), dims_.end(), [](const Dim& d) { return d.is_const(); });
}

std::optional<Dims> Shape::Concrete() const {
  if (!is_const()) return std::nullopt;
  Dims out;
  for (const Dim& d : dims_) out.push_back(d.value());
  return out;
}

bool operator==(const Shape& a, const Shape& b) { return a.ranked_ == b.ranked_ && a.dims_ == b.dims_; }

std::string Shape::Text() const { return ranked_ ? "[" + Join(dims_, ",") + "]" : "[*]"; }

namespace {

// a is at most b for all values of the symbols, and 1 at least where b is: min(b, 512) beside b.
bool IsNoMore(const Dim& a, const Dim& b) { return Min(a, b) == a && Min(a, 1) == Min(b, 1); }

Result<Dim> BroadcastDim(const Dim& a, const Dim& b) {
  if (a == b || b.is(1)) return a;
  if (a.is(1)) return b;
  if (a.is_const() && b.is_const())
    return Status(Code::kInvalidModel, Str("dims ", a, " and ", b, " do not broadcast"));
  if (a.is_const()) return a;
  if (b.is_const()) return b;
  if (IsNoMore(a, b)) return b;
  if (IsNoMore(b, a)) return a;
  return Dim::Fresh();
}

}  // namespace

Result<Shape> Broadcast(const Shape& a, const Shape& b) {
  if (!a.ranked() || !b.ranked()) return Shape::Unknown();
  const Shape& wide = a.rank() >= b.rank() ? a : b;
  const Shape& narrow = a.rank() >= b.rank() ? b : a;
  Shape out = wide;
  const int shift = wide.rank() - narrow.rank();
  for (int i = 0; i < narrow.rank(); ++i) {
    auto dim = BroadcastDim(wide[shift + i], narrow[i]);
    if (!dim.ok()) return std::move(dim).status().At(Str("shapes ", a, " and ", b));
    out[shift + i] = *dim;
  }
  return out;
}

}  // namespace hasten
