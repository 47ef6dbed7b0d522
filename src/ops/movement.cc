#include "ops/movement.h"

namespace hasten {

Status RequireTensors(const InferCall& c, int n) {
  for (int i = 0; i < n; ++i) {
    HASTEN_REQUIRE(c.has(i), "input ", i, " must be there");
    HASTEN_TRY(c.RequireTensor(i));
  }
  return {};
}

Status RequireIndices(const InferCall& c, int i) {
  if (!c.has(i)) return {};
  HASTEN_TRY(c.RequireTensor(i));
  HASTEN_REQUIRE(c.dtype(i) == DType::kNone || IsInteger(c.dtype(i)), "input ", i, " must hold integers, is ",
                 c.type(i));
  HASTEN_REQUIRE(!c.shape(i).ranked() || c.shape(i).rank() <= 1, "input ", i, " must have rank 1, has shape ",
                 c.shape(i));
  return {};
}

Status RequireOneElement(const InferCall& c, int i) {
  if (!c.has(i)) return {};
  HASTEN_TRY(c.RequireTensor(i));
  HASTEN_REQUIRE(!c.shape(i).ranked() || !NeverEqual(c.shape(i).elements(), 1), "input ", i,
                 " must hold one element, has shape ", c.shape(i));
  return {};
}

Status OutShape(InferCall& c, int i, DType dtype, Shape shape) {
  if (shape.ranked()) {
    HASTEN_REQUIRE(shape.rank() <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", shape.rank());
    for (const Dim& d : shape.dims())
      HASTEN_REQUIRE(!d.is_const() || d.value() >= 0, "dims must not be negative, output ", i, " would be ", shape);
  }
  c.Out(i, dtype, std::move(shape));
  return {};
}

Result<Dim> SameDim(const Dim& a, const Dim& b, std::string_view what) {
  HASTEN_REQUIRE(!NeverEqual(a, b), what, " must agree, are ", a, " and ", b);
  return b.is_const() ? b : a;
}

Result<Dims> NormalizeAxes(std::span<const int64_t> axes, int rank) {
  Dims out;
  HASTEN_REQUIRE(axes.size() <= static_cast<size_t>(rank), "must have at most ", rank, " axes, has ", axes.size());
  for (int64_t axis : axes) {
    HASTEN_ASSIGN(const int a, NormalizeAxis(axis, rank));
    HASTEN_REQUIRE(std::find(out.begin(), out.end(), a) == out.end(), "axes must differ, are [", Join(axes, ","), "]");
    out.push_back(a);
  }
  return out;
}

std::optional<int64_t> KnownInt(const InferCall& c, int i) {
  const auto v = c.has(i) ? c.ConstInts(i) : std::nullopt;
  return v && v->size() == 1 ? std::optional((*v)[0]) : std::nullopt;
}

void MoveInts(InferCall& c, const std::function<Status(const Tensor&, Tensor*)>& move) {
  const auto known = c.KnownOf(0);
  const auto dims = c.outputs() > 0 ? c.out[0].shape.Concrete() : std::nullopt;
  if (!known || !dims || static_cast<int64_t>(known->elements.size()) != known->dims.elements()) return;
  const auto count = CheckedElements(*dims);
  if (!count.ok() || *count > kMaxKnownInts) return;
  auto from = NewTensor(DType::kI64, known->dims), to = NewTensor(DType::kI64, *dims);
  if (!from.ok() || !to.ok()) return;
  std::iota(from->as<int64_t>(), from->as<int64_t>() + from->elements(), 0);
  if (!move(*from, &*to).ok()) return;
  KnownInts out{*dims, {}};
  for (int64_t i = 0; i < *count; ++i)
    out.elements.push_back(known->elements[static_cast<size_t>(to->as<int64_t>()[i])]);
  c.OutInts(0, std::move(out));
}

Result<Tensor*> BoundOutput(const KernelCall& c, int i) {
  if (!c.wants(i) || !c.out[static_cast<size_t>(i)]->is_tensor())
    return Status(Code::kInvalidArgument, Str("output ", i, " has dims too large to count"));
  return &c.output(i);
}

Result<int64_t> NormalizeIndex(int64_t index, int64_t dim) {
  if (index < -dim || index >= dim)
    return Status(Code::kInvalidArgument, Str("index must be in [", -dim, ", ", dim, "), is ", index));
  return index < 0 ? index + dim : index;
}

void StridedWalk::Next() {
  for (size_t i = dims_.size(); i-- > 0;) {
    offset_ += strides_[i];
    if (++at_[i] < dims_[i]) return;
    offset_ -= strides_[i] * dims_[i];
    at_[i] = 0;
  }
}

SampleInput IntList(std::vector<double> v) {
  return {DType::kI64, {static_cast<int64_t>(v.size())}, 0, 0, std::move(v)};
}
SampleInput IntScalar(double v) { return {DType::kI64, {}, 0, 0, {v}}; }

}  // namespace hasten
