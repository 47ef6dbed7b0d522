// Inference of elementwise ops: dtypes, broadcasting, and symbolic contents.
#include "ops/elementwise.h"

namespace hasten {
namespace {

constexpr int64_t kMaxKnown = 4096;  // contents above this count are not carried

bool IsKind(DType t, DTypeKind kind) {
  switch (kind) {
    case DTypeKind::kAny: return true;
    case DTypeKind::kFloat: return IsFloat(t);
    case DTypeKind::kNumber: return IsFloat(t) || IsInteger(t);
    case DTypeKind::kInteger: return IsInteger(t);
    case DTypeKind::kBool: return t == DType::kBool;
  }
  return false;
}

constexpr std::string_view kKindNames[] = {"anything", "floats", "numbers", "integers", "bools"};

Status InferBroadcastAs(InferCall& c, DTypeKind kind, DType to) {
  DType dtype = DType::kNone;
  Shape shape = Shape::Scalar();
  for (int i = 0; i < c.inputs(); ++i) {
    HASTEN_REQUIRE(c.has(i), "input ", i, " must be there");
    HASTEN_TRY(RequireKind(c, i, kind));
    if (dtype == DType::kNone) dtype = c.dtype(i);
    HASTEN_REQUIRE(c.dtype(i) == DType::kNone || c.dtype(i) == dtype, "inputs must have one dtype, are ", Name(dtype),
                   " and ", Name(c.dtype(i)));
    HASTEN_ASSIGN(shape, Broadcast(shape, c.shape(i)));
  }
  c.Out(0, to == DType::kNone ? dtype : to, std::move(shape));
  return {};
}

// Above this magnitude a float dtype does not hold every whole number; 0 for types too narrow to be of interest.
int64_t WholeLimit(DType t) {
  switch (t) {
    case DType::kF64: return int64_t{1} << 53;
    case DType::kF32: return int64_t{1} << 24;
    case DType::kF16: return int64_t{1} << 11;
    case DType::kBF16: return int64_t{1} << 8;
    default: return 0;
  }
}

bool Holds(DType t, const Dim& d) {
  if (IsFloat(t)) {
    const int64_t limit = WholeLimit(t);
    return limit > 0 && (!d.is_const() || (d.value() >= -limit && d.value() <= limit));
  }
  if (!IsInteger(t) && t != DType::kBool) return false;
  if (!d.is_const()) return IsSigned(t) || NonNegative(d);
  if (d.value() < IntMin(t)) return false;
  return d.value() < 0 || static_cast<uint64_t>(d.value()) <= IntMax(t);
}

// Both contents broadcast to each other, through f.
std::optional<KnownInts> Combine(const KnownInts& a, const KnownInts& b, Dim (*f)(const Dim&, const Dim&)) {
  const auto dims = BroadcastDims(a.dims, b.dims);
  if (!dims.ok()) return std::nullopt;
  const auto count = CheckedElements(*dims);
  if (!count.ok() || *count > kMaxKnown) return std::nullopt;
  KnownInts out{*dims, {}};
  BroadcastWalk at(a.dims, *dims), bt(b.dims, *dims);
  for (int64_t i = 0; i < *count; ++i, at.Next(), bt.Next())
    out.elements.push_back(
        f(a.elements[static_cast<size_t>(at.offset())], b.elements[static_cast<size_t>(bt.offset())]));
  return out;
}

}  // namespace

Status RequireKind(const InferCall& c, int i, DTypeKind kind) {
  HASTEN_TRY(c.RequireTensor(i));
  if (!c.has(i) || c.dtype(i) == DType::kNone) return {};
  HASTEN_REQUIRE(IsKind(c.dtype(i), kind), "input ", i, " must hold ", kKindNames[static_cast<size_t>(kind)], ", is ",
                 c.type(i));
  return {};
}

Status InferSameAsInput(InferCall& c) {
  c.Out(0, c.type(0));
  return {};
}

Status InferFloats(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kFloat));
  return InferSameAsInput(c);
}

Status InferNumbers(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kNumber));
  return InferSameAsInput(c);
}

Status InferBroadcast(InferCall& c, DTypeKind kind) { return InferBroadcastAs(c, kind, DType::kNone); }
Status InferBroadcastToBool(InferCall& c, DTypeKind kind) { return InferBroadcastAs(c, kind, DType::kBool); }

Dim AnyInteger() { return FloorDiv(Dim(0), Dim(0)); }

Dim KnownLess(const Dim& a, const Dim& b) {
  if (NonNegative(b - a - 1)) return 1;
  return NonNegative(a - b) ? Dim(0) : Dim::Fresh();
}

std::optional<KnownInts> WholeNumbers(const InferCall& c, int i) {
  if (auto known = c.KnownOf(i)) return known;
  const Tensor* t = c.constant(i);
  if (!t || !IsFloat(t->dtype) || t->elements() > kMaxKnown) return std::nullopt;
  KnownInts known{t->dims, {}};
  for (double v : ToDoubles(*t)) {
    if (v != std::trunc(v) || std::abs(v) > 0x1p53) return std::nullopt;
    known.elements.push_back(static_cast<int64_t>(v));
  }
  return known;
}

void SetKnown(InferCall& c, DType dtype, KnownInts v) {
  for (const Dim& d : v.elements)
    if (!Holds(dtype, d)) return;
  c.OutInts(0, std::move(v));
}

void PropagateInts(InferCall& c, Dim (*f)(const Dim&, const Dim&)) {
  const auto a = WholeNumbers(c, 0), b = a ? WholeNumbers(c, 1) : std::nullopt;
  if (!b) return;
  if (auto out = Combine(*a, *b, f)) SetKnown(c, c.dtype(0), std::move(*out));
}

void PropagateInts(InferCall& c, Dim (*f)(const Dim&)) {
  auto a = WholeNumbers(c, 0);
  if (!a) return;
  for (Dim& d : a->elements) d = f(d);
  SetKnown(c, c.dtype(0), std::move(*a));
}

void PropagateVariadic(InferCall& c, Dim (*f)(const Dim&, const Dim&)) {
  auto total = WholeNumbers(c, 0);
  for (int i = 1; total && i < c.inputs(); ++i) {
    const auto v = WholeNumbers(c, i);
    total = v ? Combine(*total, *v, f) : std::nullopt;
  }
  if (total) SetKnown(c, c.dtype(0), std::move(*total));
}

void PropagateToBool(InferCall& c, Dim (*f)(const Dim&, const Dim&)) {
  const auto a = WholeNumbers(c, 0), b = a ? WholeNumbers(c, 1) : std::nullopt;
  if (!b) return;
  if (auto out = Combine(*a, *b, f)) c.OutInts(0, std::move(*out));
}

}  // namespace hasten
