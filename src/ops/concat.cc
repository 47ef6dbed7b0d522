#include "ops/concat.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {Field<&ConcatAttrs::axis>("axis")};

// Joins the known contents of rank-1 inputs.
void JoinInts(InferCall& c) {
  KnownInts out{{0}, {}};
  for (int i = 0; i < c.inputs(); ++i) {
    auto known = c.KnownOf(i);
    if (!known || known->dims.rank() != 1) return;
    out.elements.insert(out.elements.end(), known->elements.begin(), known->elements.end());
    if (static_cast<int64_t>(out.elements.size()) > kMaxKnownInts) return;
  }
  out.dims[0] = static_cast<int64_t>(out.elements.size());
  c.OutInts(0, std::move(out));
}

// Merges the shape of input i into `y`; the dim along `axis` is added up.
Status Append(const InferCall& c, int i, int axis, Shape* y, Dim* along) {
  const Shape& x = c.shape(i);
  HASTEN_REQUIRE(x.rank() == y->rank(), "inputs must have one rank, shapes are ", *y, " and ", x);
  *along = *along + x[axis];
  for (int d = 0; d < x.rank(); ++d) {
    if (d == axis) continue;
    HASTEN_ASSIGN((*y)[d], SameDim((*y)[d], x[d], Str("dim ", d, " of the inputs")));
  }
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, c.inputs()));
  const auto& axis = c.attrs<ConcatAttrs>().axis;
  HASTEN_REQUIRE(axis, "attribute 'axis' must be there");
  DType dtype = DType::kNone;
  Shape y;
  Dim along = 0;
  bool all_ranked = true;
  for (int i = 0; i < c.inputs(); ++i) {
    if (dtype == DType::kNone) dtype = c.dtype(i);
    HASTEN_REQUIRE(c.dtype(i) == DType::kNone || c.dtype(i) == dtype, "inputs must have one dtype, are ", Name(dtype),
                   " and ", Name(c.dtype(i)));
    all_ranked &= c.shape(i).ranked();
    if (!c.shape(i).ranked()) continue;
    HASTEN_ASSIGN(const int a, NormalizeAxis(*axis, c.shape(i).rank()));
    if (!y.ranked()) y = c.shape(i);
    HASTEN_TRY(Append(c, i, a, &y, &along));
  }
  if (y.ranked()) {
    HASTEN_ASSIGN(const int a, NormalizeAxis(*axis, y.rank()));
    y[a] = all_ranked ? along : Dim::Fresh();
    if (y.rank() == 1) JoinInts(c);
  }
  return OutShape(c, 0, dtype, std::move(y));
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  HASTEN_ASSIGN(const int axis, NormalizeAxis(*c.attrs<ConcatAttrs>().axis, y->dims.rank()));
  const int64_t outer = y->dims.Product(0, axis), row = y->dims.Product(axis, y->dims.rank());
  int64_t at = 0;
  for (int i = 0; i < c.inputs(); ++i) {
    const Tensor& x = c.input(i);
    const int64_t block = x.dims.Product(axis, x.dims.rank());
    CopyStrided(x, 0, Dims{block, 1}, y, at, Dims{row, 1}, Dims{outer, block});
    at += block;
  }
  return {};
}

// Opset 1 took axis 1 where none was given.
Status UpFrom1(OnnxNode& n) {
  if (!n.Find("axis")) n.Set("axis", int64_t{1});
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, UpFrom1}, {4}, {11}, {13}};

std::vector<Sample> Samples() {
  const auto axis = [](int64_t a) { return std::vector<NamedAttr>{{"axis", a}}; };
  return {{"axis 0", {{DType::kF32, {2, 3}}, {DType::kF32, {5, 3}}}, axis(0)},
          {"last axis, one empty", {{DType::kF32, {2, 3}}, {DType::kF32, {2, 0}}, {DType::kF32, {2, 1}}}, axis(-1)},
          {"one input", {{DType::kI64, {7}, -9, 9}}, axis(0)},
          {"middle axis", {{DType::kU8, {2, 1, 3}, 0, 255}, {DType::kU8, {2, 4, 3}, 0, 255}}, axis(1)},
          {"u4 rows start inside bytes", {{DType::kU4, {3, 3}, 0, 15}, {DType::kU4, {3, 2}, 0, 15}}, axis(1)},
          {"strings", {{DType::kString, {1}, 0, 0, {}, {"a"}}, {DType::kString, {2}, 0, 0, {}, {"b", ""}}}, axis(0)}};
}

}  // namespace

extern const OpDef kConcat = {
    .name = "Concat",
    .doc =
        "The inputs one after the other along `axis`; all other dims agree. x_i: [.., a_i, ..]; y: [.., sum of "
        "a_i, ..]. Any dtype, one for all.",
    .attrs = SchemaOf<ConcatAttrs>(kFields),
    .arity = {1, kMany},
    .onnx = {"", "Concat", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
