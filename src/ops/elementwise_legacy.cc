// Binary and variadic ops of the opsets before numpy broadcasting.
#include "ops/elementwise.h"

namespace hasten {
namespace {

bool Known(const OnnxNode& n) { return n.TypeOf(0).shape.ranked() && n.TypeOf(1).shape.ranked(); }

// Dim i of `b` aligned to the right of a shape of `rank` dims: 1 where b has none.
Dim Aligned(const Shape& b, int rank, int i) {
  const int at = i - (rank - b.rank());
  return at < 0 ? Dim(1) : b[at];
}

// True if b broadcasts to a without changing it, as far as can be told.
bool FitsInto(const Shape& b, const Shape& a) {
  if (b.rank() > a.rank()) return false;
  for (int i = 0; i < a.rank(); ++i) {
    const Dim d = Aligned(b, a.rank(), i);
    if (!d.is(1) && (a[i].is(1) || NeverEqual(d, a[i]))) return false;
  }
  return true;
}

// b's axes [first, last) hold its dims that are not 1.
struct Core {
  int first, last;
};

Core CoreOf(const Shape& b) {
  Core core{0, b.rank()};
  while (core.first < core.last && b[core.first].is(1)) ++core.first;
  while (core.last > core.first && b[core.last - 1].is(1)) --core.last;
  return core;
}

Status NoOldForm(const OnnxNode& n) {
  return Status(Code::kUnsupported, Str(n.type, " of shapes ", n.TypeOf(0).shape, " and ", n.TypeOf(1).shape,
                                        " has no form at opset ", n.opset));
}

Status WriteBroadcast(OnnxNode& n, bool commutative) {
  // Where shapes are not known, input 1 is taken for the end of input 0's axes: with equal shapes that is right too.
  n.Set("broadcast", int64_t{1});
  if (!Known(n)) return {};
  if (commutative && !FitsInto(n.TypeOf(1).shape, n.TypeOf(0).shape)) std::swap(n.inputs[0], n.inputs[1]);
  const Shape a = n.TypeOf(0).shape, b = n.TypeOf(1).shape;
  if (a == b) {
    n.Drop("broadcast");
    return {};
  }
  if (!FitsInto(b, a)) return NoOldForm(n);
  const Core core = CoreOf(b);
  const int shift = a.rank() - b.rank();
  for (int i = core.first; i < core.last; ++i)
    if (b[i].is(1) && !a[shift + i].is(1)) return NoOldForm(n);
  std::vector<int64_t> ones;
  for (int i = 0; i < b.rank(); ++i)
    if (i < core.first || i >= core.last) ones.push_back(i);
  if (!ones.empty()) n.inputs[1] = n.Emit("Squeeze", {n.inputs[1]}, {{"axes", ones}});
  if (core.first < core.last && core.last < b.rank()) n.Set("axis", int64_t{shift + core.first});
  return {};
}

}  // namespace

Status DropConsumedInputs(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return {};
}

Status UpgradeLegacyBroadcast(OnnxNode& n) {
  n.Drop("consumed_inputs");
  const bool broadcast = n.Int("broadcast", 0) != 0;
  const auto axis = n.Take("axis");
  n.Drop("broadcast");
  const int64_t* from = axis ? std::get_if<int64_t>(&*axis) : nullptr;
  if (!broadcast || !from || !n.TypeOf(1).shape.ranked()) return {};
  const Shape &a = n.TypeOf(0).shape, &b = n.TypeOf(1).shape;
  if (b.rank() == 0 || (*from == -1 && b.rank() != 1)) return {};  // some exporters mean the last axes by -1
  if (!a.ranked())
    return Status(Code::kUnsupported, Str("axis ", *from, " of an input of unknown rank cannot be read"));
  HASTEN_ASSIGN(const int first, NormalizeAxis(*from, a.rank()));
  const int behind = a.rank() - first - b.rank();
  HASTEN_REQUIRE(behind >= 0, "input 1 of shape ", b, " must fit input 0 of shape ", a, " from axis ", first);
  if (behind == 0) return {};
  std::vector<int64_t> axes(static_cast<size_t>(behind));
  std::iota(axes.begin(), axes.end(), b.rank());
  n.inputs[1] = n.Emit("Unsqueeze", {n.inputs[1]}, {{"axes", axes}});
  return {};
}

Status DowngradeBroadcast(OnnxNode& n) { return WriteBroadcast(n, false); }
Status DowngradeCommutative(OnnxNode& n) { return WriteBroadcast(n, true); }

Status DowngradeVariadic(OnnxNode& n) {
  const Shape& first = n.TypeOf(0).shape;
  for (size_t i = 1; i < n.inputs.size(); ++i) {
    const Shape& other = n.TypeOf(i).shape;
    if (!first.ranked() || !other.ranked()) continue;
    bool differ = first.rank() != other.rank();
    for (int d = 0; !differ && d < first.rank(); ++d) differ = NeverEqual(first[d], other[d]);
    if (differ)
      return Status(Code::kUnsupported,
                    Str(n.type, " of shapes ", first, " and ", other, " has no form at opset ", n.opset));
  }
  return {};
}

}  // namespace hasten
