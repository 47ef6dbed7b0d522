#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct ReshapeAttrs {
  bool allowzero = false;
};
constexpr AttrField kFields[] = {Field<&ReshapeAttrs::allowzero>("allowzero")};

// What is known of the output: dims as asked for, and the products that must agree.
struct Target {
  std::vector<Dim> dims;
  Dim in = 1, out = 1;  // without the dims that were copied, and without the inferred one
  int inferred = -1;    // where -1 stood
};

Result<Target> Resolve(const Shape& x, const std::vector<Dim>& want, bool allowzero) {
  Target t;
  std::vector<bool> copied(x.ranked() ? x.dims().size() : 0);
  for (size_t i = 0; i < want.size(); ++i) {
    const Dim& d = want[i];
    if (d.is(-1)) {
      HASTEN_REQUIRE(t.inferred < 0, "at most one dim may be -1, shape is [", Join(want, ","), "]");
      t.inferred = static_cast<int>(i);
      t.dims.push_back(Dim::Fresh());
    } else if (d.is(0) && !allowzero) {
      HASTEN_REQUIRE(!x.ranked() || i < copied.size(), "dim ", i, " is copied from an input of shape ", x);
      t.dims.push_back(x.ranked() ? x[static_cast<int>(i)] : Dim::Fresh());
      if (x.ranked()) copied[i] = true;
    } else {
      HASTEN_REQUIRE(!d.is_const() || d.value() >= 0, "dims must be at least -1, shape is [", Join(want, ","), "]");
      t.dims.push_back(d);
      t.out = t.out * d;
    }
  }
  for (size_t i = 0; i < copied.size(); ++i)
    if (!copied[i]) t.in = t.in * x[static_cast<int>(i)];
  return t;
}

Result<Shape> OutputShape(const Shape& x, const std::vector<Dim>& want, bool allowzero) {
  HASTEN_ASSIGN(Target t, Resolve(x, want, allowzero));
  if (!x.ranked()) return Shape(std::move(t.dims));
  if (t.inferred < 0) {
    HASTEN_REQUIRE(!NeverEqual(t.in, t.out), "input of shape ", x, " cannot become [", Join(want, ","), "]");
    return Shape(std::move(t.dims));
  }
  const Dim rest = Mod(t.in, t.out);
  HASTEN_REQUIRE(!t.out.is(0) && !NeverEqual(rest, 0), "input of shape ", x, " does not tell what -1 is in [",
                 Join(want, ","), "]");
  t.dims[static_cast<size_t>(t.inferred)] = FloorDiv(t.in, t.out);
  return Shape(std::move(t.dims));
}

Status Copy(const Tensor& x, Tensor* y) {
  CopyElements(x, 0, y, 0, x.elements());
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 1));
  HASTEN_TRY(c.RequireRank(1, 1));
  const auto want = c.KnownOf(1);
  if (want) {
    HASTEN_ASSIGN(Shape y, OutputShape(c.shape(0), want->elements, c.attrs<ReshapeAttrs>().allowzero));
    HASTEN_TRY(OutShape(c, 0, c.dtype(0), std::move(y)));
    MoveInts(c, [](const Tensor& x, Tensor* out) {
      HASTEN_REQUIRE(x.elements() == out->elements(), "counts differ");
      return Copy(x, out);
    });
    return {};
  }
  const bool rank_known = c.shape(1).ranked() && c.shape(1)[0].is_const() && c.shape(1)[0].value() <= Dims::kMaxRank;
  c.Out(0, c.dtype(0), rank_known ? Shape::Fresh(static_cast<int>(c.shape(1)[0].value())) : Shape::Unknown());
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  return Copy(c.input(0), y);
}

Status UpFrom1(OnnxNode& n) {
  n.Drop("consumed_inputs");
  return AttrIntsToInput(n, "shape", 1);
}
Status DownTo1(OnnxNode& n) { return InputToAttrInts(n, "shape", 1); }

// Before opset 14 a zero always copied: only a shape without zeros means the same in both.
Status DownTo13(OnnxNode& n) {
  const bool allowzero = n.Int("allowzero", 0) != 0;
  n.Drop("allowzero");
  if (!allowzero) return {};
  const Tensor* shape = n.ConstantOf(1);
  const std::vector<int64_t> dims = shape ? ToInts(*shape) : std::vector<int64_t>{0};
  if (std::find(dims.begin(), dims.end(), 0) == dims.end()) return {};
  return Status(Code::kUnsupported, Str("Reshape with allowzero needs opset 14, is written at ", n.opset));
}

constexpr OnnxVersion kVersions[] = {
    {1, UpFrom1, DownTo1}, {5}, {13, nullptr, DownTo13}, {14}, {19}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5}};
  const NamedAttr allowzero{"allowzero", int64_t{1}};
  return {{"one dim inferred", {x, IntList({-1, 6})}},
          {"zero copies", {x, IntList({0, -1})}},
          {"to rank 1", {x, IntList({30})}},
          {"scalar", {{DType::kF32, {1, 1}}, IntList({})}},
          {"allowzero", {{DType::kF32, {0, 7}}, IntList({3, 0})}, {allowzero}},
          {"empty, copied and inferred", {{DType::kF32, {0, 2, 7}}, IntList({0, -1})}},
          {"i4 packs", {{DType::kI4, {3, 3}, -8, 7}, IntList({9})}},
          {"strings", {{DType::kString, {2, 1}, 0, 0, {}, {"a", "bc"}}, IntList({2})}}};
}

}  // namespace

extern const OpDef kReshape = {
    .name = "Reshape",
    .doc =
        "The elements of x in the same order, in the shape that input 1 (i64 [k]) asks for. One dim may be -1: "
        "what the others leave. 0 copies the dim of x at that place, unless allowzero is set. Any dtype.",
    .attrs = SchemaOf<ReshapeAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "Reshape", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true, .metadata_only = true},
    .samples = Samples,
};

}  // namespace hasten::ops
