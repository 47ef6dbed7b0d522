#include "ops/region.h"

namespace hasten {
namespace {

Status Unknown(InferCall&) { return {}; }

Status EvalLess(KernelCall& c) {
  bool more = !c.has(1) || c.input(0).Int(0) < c.input(1).Int(0);
  if (c.has(2)) more = more && c.input(2).Int(0) != 0;
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, DType::kBool, {}));
  y->SetInt(0, more);
  return {};
}

Status EvalIncrement(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, DType::kI64, {}));
  y->SetInt(0, c.input(0).Int(0) + 1);
  return {};
}

Status EvalEmpty(KernelCall& c) {
  c.Set(0, Value::Sequence(DType::kNone, {}));
  return {};
}

Status EvalAppend(KernelCall& c) {
  // The planner gives the sequence as input and output alike: nobody else holds it, so appending moves it.
  std::vector<Value> elements = const_cast<Value&>(c.value(0)).TakeElements();
  HASTEN_ASSIGN(Value kept, c.Keep(c.value(1)));
  elements.push_back(std::move(kept));
  c.Set(0, Value::Sequence(DType::kNone, std::move(elements)));
  return {};
}

Status EvalSlice(KernelCall& c) {
  const Tensor& x = c.input(0);
  const auto& attrs = c.attrs<RegionAxisAttrs>();
  HASTEN_ASSIGN(const int axis, NormalizeAxis(attrs.axis, x.dims.rank()));
  int64_t at = c.input(1).Int(0);
  if (attrs.reverse) at = x.dims[axis] - 1 - at;
  HASTEN_REQUIRE(at >= 0 && at < x.dims[axis], "scan index ", at, " is outside of ", x);
  Dims dims = x.dims;
  dims.erase(axis);
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, x.dtype, dims));
  const int64_t outer = x.dims.Product(0, axis), inner = x.dims.Product(axis + 1, x.dims.rank());
  for (int64_t o = 0; o < outer; ++o) CopyElements(x, (o * x.dims[axis] + at) * inner, y, o * inner, inner);
  return {};
}

Status EmptyStack(KernelCall& c, const RegionAxisAttrs& attrs) {
  Dims dims;
  if (attrs.element.shape.ranked())
    for (const Dim& d : attrs.element.shape.dims()) dims.push_back(d.is_const() ? d.value() : 0);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(attrs.axis, dims.rank() + 1));
  dims.insert(axis, 0);
  const DType dtype = attrs.element.dtype == DType::kNone ? DType::kF32 : attrs.element.dtype;
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, dtype, dims));
  (void)y;
  return {};
}

Status EvalStack(KernelCall& c) {
  const auto& parts = c.value(0).elements();
  const auto& attrs = c.attrs<RegionAxisAttrs>();
  if (parts.empty()) return EmptyStack(c, attrs);
  const Tensor& first = parts[0].tensor();
  for (const Value& v : parts)
    HASTEN_REQUIRE(v.is_tensor() && v.tensor().dims == first.dims && v.tensor().dtype == first.dtype,
                   "scan outputs of one loop must have one shape, are ", first, " and ",
                   v.is_tensor() ? v.tensor().Text() : "no tensor");
  Dims dims = first.dims;
  HASTEN_ASSIGN(const int axis, NormalizeAxis(attrs.axis, dims.rank() + 1));
  const auto n = static_cast<int64_t>(parts.size());
  dims.insert(axis, n);
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, first.dtype, dims));
  const int64_t outer = dims.Product(0, axis), inner = dims.Product(axis + 1, dims.rank());
  for (int64_t i = 0; i < n; ++i) {
    const Tensor& part = parts[static_cast<size_t>(attrs.reverse ? n - 1 - i : i)].tensor();
    for (int64_t o = 0; o < outer; ++o) CopyElements(part, o * inner, y, (o * n + i) * inner, inner);
  }
  return {};
}

Status EvalAt(KernelCall& c) {
  if (c.value(0).is_tensor()) {
    c.Set(0, c.value(0));
    return {};
  }
  const auto& elements = c.value(0).elements();
  const int64_t i = c.input(1).Int(0);
  HASTEN_REQUIRE(i >= 0 && i < static_cast<int64_t>(elements.size()), "index ", i, " is outside of a sequence of ",
                 elements.size());
  c.Set(0, elements[static_cast<size_t>(i)]);
  return {};
}

Status EvalLength(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, DType::kI64, {}));
  if (!c.value(0).is_tensor()) {
    y->SetInt(0, static_cast<int64_t>(c.value(0).elements().size()));
    return {};
  }
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<RegionAxisAttrs>().axis, x.dims.rank()));
  y->SetInt(0, x.dims[axis]);
  return {};
}

Status EvalPad(KernelCall& c) {
  const Tensor& x = c.input(0);
  const int64_t n = c.input(1).Int(0);
  HASTEN_REQUIRE(x.dims.rank() > 0 && n >= 0, "cannot pad ", x, " to ", n, " entries");
  Dims dims = x.dims;
  dims[0] = n;
  HASTEN_ASSIGN(Tensor * y, c.Allocate(0, x.dtype, dims));
  if (x.dtype == DType::kString)
    std::fill_n(y->as<std::string>(), y->elements(), std::string());
  else
    std::memset(y->data, 0, static_cast<size_t>(y->bytes()));
  CopyElements(x, 0, y, 0, std::min(x.elements(), y->elements()));
  return {};
}

constexpr AttrField kFields[] = {InternalField<&RegionAxisAttrs::axis>("axis"),
                                 InternalField<&RegionAxisAttrs::reverse>("reverse"),
                                 InternalField<&RegionAxisAttrs::element>("element")};

constexpr OpDef Internal(std::string_view name, OpArity arity, Status (*eval)(KernelCall&)) {
  return {.name = name,
          .doc = "Internal to lowered regions.",
          .attrs = SchemaOf<RegionAxisAttrs>(kFields),
          .arity = arity,
          .infer = Unknown,
          .eval = eval};
}

}  // namespace

Status CallOp(const KernelCall& c, const OpDef& op, const Attrs& attrs, std::span<const Value* const> in, Value* out) {
  KernelCall inner = c;
  Value* outs[] = {out};
  inner.in = in;
  inner.out = outs;
  inner.attributes = &attrs;
  return op.eval(inner);
}

const OpDef kRegionLess = Internal("region.Less", {1, 3}, EvalLess);
const OpDef kRegionIncrement = Internal("region.Increment", {1, 1}, EvalIncrement);
const OpDef kRegionEmpty = Internal("region.Empty", {0, 0}, EvalEmpty);
const OpDef kRegionAppend = Internal("region.Append", {2, 2}, EvalAppend);
const OpDef kRegionSlice = Internal("region.Slice", {2, 2}, EvalSlice);
const OpDef kRegionStack = Internal("region.Stack", {1, 1}, EvalStack);
const OpDef kRegionAt = Internal("region.At", {2, 2}, EvalAt);
const OpDef kRegionPad = Internal("region.Pad", {2, 2}, EvalPad);
const OpDef kRegionLength = Internal("region.Length", {1, 1}, EvalLength);

}  // namespace hasten
