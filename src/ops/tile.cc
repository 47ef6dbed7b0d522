#include "ops/movement.h"

namespace hasten::ops {
namespace {

// Each axis as a pair: repeats, entries.
Status Move(const Tensor& x, Tensor* y) {
  const Dims from = StridesOf(x.dims), to = StridesOf(y->dims);
  std::array<int64_t, 2 * Dims::kMaxRank> dims, from_strides, to_strides;
  const size_t rank = x.dims.size();
  for (size_t i = 0; i < rank; ++i) {
    if (x.dims[i] == 0) return {};
    dims[2 * i] = y->dims[i] / x.dims[i];
    dims[2 * i + 1] = x.dims[i];
    from_strides[2 * i] = 0;
    from_strides[2 * i + 1] = from[i];
    to_strides[2 * i] = x.dims[i] * to[i];
    to_strides[2 * i + 1] = to[i];
  }
  CopyStrided(x, 0, std::span(from_strides).first(2 * rank), y, 0, std::span(to_strides).first(2 * rank),
              std::span(dims).first(2 * rank));
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 1));
  HASTEN_TRY(c.RequireRank(1, 1));
  const Shape& x = c.shape(0);
  if (x.ranked()) HASTEN_TRY(c.RequireDims(1, 0, x.rank(), "repeats, one for each axis"));
  const auto repeats = c.KnownOf(1);
  if (!x.ranked() || !repeats) {
    c.Out(0, c.dtype(0), x.ranked() ? Shape::Fresh(x.rank()) : Shape::Unknown());
    return {};
  }
  HASTEN_REQUIRE(repeats->elements.size() == x.dims().size(), "repeats must have ", x.rank(), " entries, has ",
                 repeats->elements.size());
  Shape y = x;
  for (int i = 0; i < x.rank(); ++i) {
    const Dim& r = repeats->elements[static_cast<size_t>(i)];
    HASTEN_REQUIRE(!r.is_const() || r.value() >= 0, "repeats must not be negative, one is ", r);
    y[i] = x[i] * r;
  }
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), std::move(y)));
  MoveInts(c, Move);
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  return Move(c.input(0), y);
}

// Opset 1 repeated one axis: tiles and axis were scalars of x's dtype.
Status UpFrom1(OnnxNode& n) {
  const Tensor *tiles = n.ConstantOf(1), *axis = n.ConstantOf(2);
  const Shape& x = n.TypeOf(0).shape;
  if (!tiles || !axis || !x.ranked() || tiles->elements() != 1 || axis->elements() != 1)
    return Status(Code::kUnsupported, "Tile of opset 1 must have constant tiles and axis, and an input of known rank");
  std::vector<int64_t> repeats(x.dims().size(), 1);
  HASTEN_ASSIGN(const int a, NormalizeAxis(axis->Int(0), x.rank()));
  repeats[static_cast<size_t>(a)] = tiles->Int(0);
  n.inputs.resize(1);
  n.SetInput(1, n.AddConstant(VectorI64(repeats)));
  return {};
}
Status DownTo1(OnnxNode& n) {
  const Tensor* repeats = n.ConstantOf(1);
  const std::vector<int64_t> r = repeats ? ToInts(*repeats) : std::vector<int64_t>();
  const auto axis = std::find_if(r.begin(), r.end(), [](int64_t v) { return v != 1; });
  if (r.empty() || std::count(r.begin(), r.end(), 1) + 1 < static_cast<int64_t>(r.size()))
    return Status(Code::kUnsupported, "Tile at opset 1 must repeat one axis a constant number of times");
  const DType dtype = n.TypeOf(0).dtype == DType::kNone ? DType::kF32 : n.TypeOf(0).dtype;
  n.SetInput(1, n.AddConstant(ScalarOf(dtype, axis == r.end() ? 1 : static_cast<double>(*axis))));
  n.SetInput(2, n.AddConstant(ScalarOf(dtype, axis == r.end() ? 0 : static_cast<double>(axis - r.begin()))));
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, UpFrom1, DownTo1}, {6}, {13}};

std::vector<Sample> Samples() {
  return {{"both axes", {{DType::kF32, {2, 3}}, IntList({2, 3})}},
          {"once", {{DType::kF32, {2, 3}}, IntList({1, 1})}},
          {"middle axis", {{DType::kF16, {2, 3, 5}}, IntList({1, 4, 1})}},
          {"never", {{DType::kF32, {2, 3}}, IntList({2, 0})}},
          {"empty", {{DType::kF32, {0, 3}}, IntList({2, 2})}},
          {"scalar", {{DType::kI32, {}, -9, 9}, IntList({})}},
          {"u4", {{DType::kU4, {3}, 0, 15}, IntList({3})}},
          {"strings", {{DType::kString, {2}, 0, 0, {}, {"a", "b"}}, IntList({2})}}};
}

}  // namespace

extern const OpDef kTile = {
    .name = "Tile",
    .doc =
        "y[i0, i1, ...] = x[i0 mod d0, i1 mod d1, ...]: axis k of x repeated repeats[k] times (i64 [rank]). Any "
        "dtype.",
    .arity = {2, 2},
    .onnx = {"", "Tile", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
