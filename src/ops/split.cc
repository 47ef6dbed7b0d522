#include "ops/split.h"

namespace hasten {

Dim EqualSplit(const Dim& dim, int64_t n, int64_t i) {
  const Dim part = CeilDiv(dim, n);
  if (i == 0 || part * n == dim) return part;
  return Max(Min(part, dim - part * i), 0);
}

namespace ops {
namespace {

constexpr AttrField kFields[] = {Field<&SplitAttrs::axis>("axis"), Field<&SplitAttrs::num_outputs>("num_outputs")};

Status InferGiven(const InferCall& c, const Dim& dim, std::vector<Dim>* parts) {
  const auto sizes = c.KnownOf(1);
  if (!sizes) return {};
  HASTEN_REQUIRE(sizes->elements.size() == parts->size(), "split must have ", parts->size(),
                 " sizes, one an output, has ", sizes->elements.size());
  Dim sum = 0;
  for (const Dim& d : sizes->elements) {
    HASTEN_REQUIRE(!d.is_const() || d.value() >= 0, "split must not be negative, is ", d);
    sum = sum + d;
  }
  HASTEN_REQUIRE(!NeverEqual(sum, dim), "split must add up to ", dim, ", adds up to ", sum);
  *parts = sizes->elements;
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  HASTEN_TRY(RequireIndices(c, 1));
  const SplitAttrs& a = c.attrs<SplitAttrs>();
  const Shape& x = c.shape(0);
  const int64_t n = a.num_outputs.value_or(c.outputs());
  HASTEN_REQUIRE(n >= c.outputs() && n > 0, "num_outputs must be ", c.outputs(), ", is ", n);
  if (!x.ranked()) {
    for (int i = 0; i < c.outputs(); ++i) c.Out(i, c.dtype(0), Shape::Unknown());
    return {};
  }
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, x.rank()));
  std::vector<Dim> parts;
  for (int i = 0; i < c.outputs(); ++i) parts.push_back(c.has(1) ? Dim::Fresh() : EqualSplit(x[axis], n, i));
  if (c.has(1)) HASTEN_TRY(InferGiven(c, x[axis], &parts));
  const auto known = c.KnownOf(0);
  size_t at = 0;
  for (int i = 0; i < c.outputs(); ++i) {
    const Dim& part = parts[static_cast<size_t>(i)];
    Shape y = x;
    y[axis] = part;
    HASTEN_TRY(OutShape(c, i, c.dtype(0), std::move(y)));
    if (!known || known->dims.rank() != 1 || !part.is_const()) continue;
    const auto count = std::min(static_cast<size_t>(part.value()), known->elements.size() - at);
    const auto first = known->elements.begin() + static_cast<std::ptrdiff_t>(at);
    c.OutInts(i, {{static_cast<int64_t>(count)}, {first, first + static_cast<std::ptrdiff_t>(count)}});
    at += count;
  }
  return {};
}

Status Eval(KernelCall& c) {
  const SplitAttrs& a = c.attrs<SplitAttrs>();
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis, x.dims.rank()));
  const auto outputs = static_cast<int64_t>(c.out.size());
  const int64_t dim = x.dims[static_cast<size_t>(axis)];
  const int64_t outer = x.dims.Product(0, axis), inner = x.dims.Product(axis + 1, x.dims.rank());
  std::span<const int64_t> sizes;
  if (c.has(1)) {
    HASTEN_ASSIGN(sizes, c.Ints(1));
  }
  int64_t at = 0;
  for (int64_t i = 0; i < outputs; ++i) {
    const int64_t part =
        sizes.empty() ? EqualSplit(dim, a.num_outputs.value_or(outputs), i).value() : sizes[static_cast<size_t>(i)];
    if (c.wants(static_cast<int>(i))) {
      HASTEN_ASSIGN(Tensor * y, BoundOutput(c, static_cast<int>(i)));
      CopyStrided(x, at * inner, Dims{dim * inner, 1}, y, 0, Dims{part * inner, 1}, Dims{outer, part * inner});
    }
    at += part;
  }
  return {};
}

// Opset 1 had the sizes as an attribute or as a float input.
Status UpFrom1(OnnxNode& n) {
  if (n.has(1)) HASTEN_TRY(InputToAttrInts(n, "split", 1));
  return {};
}
Status UpFrom11(OnnxNode& n) { return AttrIntsToInput(n, "split", 1); }
Status DownTo11(OnnxNode& n) { return InputToAttrInts(n, "split", 1); }
Status UpFrom13(OnnxNode& n) {
  if (!n.has(1)) n.Set("num_outputs", static_cast<int64_t>(n.outputs.size()));
  return {};
}
// Before opset 18 equal parts had to be equal: others are written as sizes.
Status DownTo13(OnnxNode& n) {
  const int64_t parts = n.Int("num_outputs", 0);
  n.Drop("num_outputs");
  const Shape& x = n.TypeOf(0).shape;
  if (parts <= 0 || n.has(1) || !x.ranked()) return {};
  HASTEN_ASSIGN(const int axis, NormalizeAxis(n.Int("axis", 0), x.rank()));
  if (!x[axis].is_const() || x[axis].value() % parts == 0) return {};
  std::vector<int64_t> sizes;
  for (int64_t i = 0; i < parts; ++i) sizes.push_back(EqualSplit(x[axis], parts, i).value());
  n.SetInput(1, n.AddConstant(VectorI64(sizes)));
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, UpFrom1}, {2}, {11, UpFrom11, DownTo11}, {13, UpFrom13, DownTo13}, {18}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 7, 3}};
  const auto attrs = [](int64_t axis, int64_t n) { return std::vector<NamedAttr>{{"axis", axis}, {"num_outputs", n}}; };
  return {{"last part smaller", {x}, attrs(1, 3), 3},
          {"equal parts of axis 0", {x}, attrs(0, 2), 2},
          {"given, one empty", {x, IntList({4, 0, 3})}, {{"axis", int64_t{-2}}}, 3},
          {"one part", {x}, attrs(-1, 1), 1},
          {"more parts than entries", {{DType::kI32, {2}, -9, 9}}, attrs(0, 3), 3},
          {"u4 inside bytes", {{DType::kU4, {2, 5}, 0, 15}, IntList({2, 3})}, {{"axis", int64_t{1}}}, 2},
          {"strings", {{DType::kString, {2}, 0, 0, {}, {"a", "b"}}}, attrs(0, 2), 2}};
}

}  // namespace

extern const OpDef kSplit = {
    .name = "Split",
    .doc =
        "Cuts x along `axis` into its outputs: of the sizes in input 1 (i64 [n]), or into num_outputs equal parts "
        "of which the last is smaller if need be. Any dtype.",
    .attrs = SchemaOf<SplitAttrs>(kFields),
    .arity = {1, 2, 1, kMany},
    .onnx = {"", "Split", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace ops
}  // namespace hasten
