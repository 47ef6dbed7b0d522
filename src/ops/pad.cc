#include "ops/pad.h"

namespace hasten {

int64_t PadSource(std::string_view mode, const PadBorder& b, int64_t dim, int64_t i) {
  const int64_t kept = b.Kept(dim), first = std::max<int64_t>(-b.begin, 0);
  int64_t at = i - std::max<int64_t>(b.begin, 0);
  if (mode == "edge") return first + std::clamp<int64_t>(at, 0, kept - 1);
  const int64_t period = mode == "wrap" ? kept : std::max<int64_t>(2 * (kept - 1), 1);
  at = (at % period + period) % period;
  return first + (at < kept ? at : period - at);
}

Result<PadBorders> PadBordersOf(const KernelCall& c) {
  PadBorders out;
  HASTEN_ASSIGN(const auto pads, c.Ints(1));
  std::span<const int64_t> axes;
  if (c.has(3)) {
    HASTEN_ASSIGN(axes, c.Ints(3));
  }
  const size_t n = pads.size() / 2;
  for (size_t i = 0; i < n; ++i) {
    HASTEN_ASSIGN(const int axis, NormalizeAxis(c.has(3) ? axes[i] : static_cast<int64_t>(i), c.input(0).dims.rank()));
    out[static_cast<size_t>(axis)] = {pads[i], pads[n + i]};
  }
  return out;
}

namespace ops {
namespace {

constexpr AttrField kFields[] = {Field<&PadAttrs::mode>("mode")};

constexpr int64_t kMaxPad = int64_t{1} << 60;

Status InferAxis(const InferCall& c, const Dim& begin, const Dim& end, int axis, Dim* y) {
  const Dim x = *y;
  *y = x + begin + end;
  if (!begin.is_const() || !end.is_const()) return {};
  for (int64_t pad : {begin.value(), end.value()})
    HASTEN_REQUIRE(pad >= -kMaxPad && pad <= kMaxPad, "pads must be at most ", kMaxPad, ", one is ", pad);
  if (!x.is_const() || c.attrs<PadAttrs>().mode == "constant") return {};
  const PadBorder border{begin.value(), end.value()};
  HASTEN_REQUIRE(y->is(0) || border.Kept(x.value()) > 0, "axis ", axis, " of ", x,
                 " entries has none to repeat for pads ", begin, " and ", end);
  return {};
}

Status InferDims(const InferCall& c, Shape* y) {
  const auto pads = c.KnownOf(1);
  const auto axes = c.ConstInts(3);
  if (!pads || (c.has(3) && !axes)) {
    *y = Shape::Fresh(y->rank());
    return {};
  }
  std::vector<int64_t> all(static_cast<size_t>(y->rank()));
  std::iota(all.begin(), all.end(), 0);
  HASTEN_ASSIGN(const Dims at, NormalizeAxes(axes ? *axes : all, y->rank()));
  const size_t n = at.size();
  HASTEN_REQUIRE(pads->elements.size() == 2 * n, "pads must have ", 2 * n, " entries, two an axis, has ",
                 pads->elements.size());
  for (size_t i = 0; i < n; ++i) {
    const auto axis = static_cast<int>(at[i]);
    HASTEN_TRY(InferAxis(c, pads->elements[i], pads->elements[n + i], axis, &(*y)[axis]));
  }
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 1));
  HASTEN_TRY(c.RequireTensor(2));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  HASTEN_TRY(RequireIndices(c, 3));
  const std::string& mode = c.attrs<PadAttrs>().mode;
  HASTEN_REQUIRE(mode == "constant" || mode == "reflect" || mode == "edge" || mode == "wrap",
                 "mode must be constant, reflect, edge or wrap, is ", Quote(mode));
  Shape y = c.shape(0);
  if (y.ranked()) {
    HASTEN_REQUIRE(y.rank() <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", y.rank());
    HASTEN_TRY(InferDims(c, &y));
  }
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

Status PadWithConstant(const KernelCall& c, const PadBorders& borders, Tensor* y) {
  const Tensor& x = c.input(0);
  if (c.has(2) && c.input(2).elements() > 0)
    Fill(c.input(2), 0, y);
  else
    FillZero(y);
  const Dims from = StridesOf(x.dims), to = StridesOf(y->dims);
  Dims count;
  int64_t from_at = 0, to_at = 0;
  for (size_t i = 0; i < x.dims.size(); ++i) {
    const int64_t begin = borders[i].begin, first = std::max<int64_t>(begin, 0);
    count.push_back(std::min(y->dims[i], x.dims[i] + begin) - first);
    from_at += (first - begin) * from[i];
    to_at += first * to[i];
  }
  CopyStrided(x, from_at, from, y, to_at, to, count);
  return {};
}

Status PadByRepeating(const KernelCall& c, std::string_view mode, const PadBorders& borders, Tensor* y) {
  const Tensor& x = c.input(0);
  const Dims strides = StridesOf(x.dims);
  std::array<std::span<const int64_t>, Dims::kMaxRank> tables;
  for (size_t i = 0; i < x.dims.size(); ++i) {
    HASTEN_ASSIGN(const auto table, c.Scratch<int64_t>(y->dims[i]));
    for (size_t j = 0; j < table.size(); ++j)
      table[j] = PadSource(mode, borders[i], x.dims[i], static_cast<int64_t>(j)) * strides[i];
    tables[i] = table;
  }
  CopyByTables(x, tables, y);
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  HASTEN_ASSIGN(const PadBorders borders, PadBordersOf(c));
  const std::string& mode = c.attrs<PadAttrs>().mode;
  return mode == "constant" ? PadWithConstant(c, borders, y) : PadByRepeating(c, mode, borders, y);
}

Status UpFrom1(OnnxNode& n) {
  if (auto pads = n.Take("paddings")) n.Set("pads", std::move(*pads));
  return {};
}
Status DownTo1(OnnxNode& n) {
  if (auto pads = n.Take("pads")) n.Set("paddings", std::move(*pads));
  return {};
}
Status UpFrom2(OnnxNode& n) {
  HASTEN_TRY(AttrIntsToInput(n, "pads", 1));
  return AttrFloatToInput(n, "value", 2);
}
Status DownTo2(OnnxNode& n) {
  HASTEN_TRY(InputToAttrFloat(n, "value", 2));
  return InputToAttrInts(n, "pads", 1);
}
// Before opset 18 pads named every axis.
Status DownTo13(OnnxNode& n) {
  if (!n.has(3)) return {};
  const Tensor *axes = n.ConstantOf(3), *pads = n.ConstantOf(1);
  const Shape& x = n.TypeOf(0).shape;
  if (!axes || !pads || !x.ranked())
    return Status(Code::kUnsupported, Str("Pad with axes needs opset 18, is written at ", n.opset));
  HASTEN_ASSIGN(const Dims at, NormalizeAxes(ToInts(*axes), x.rank()));
  const std::vector<int64_t> some = ToInts(*pads);
  HASTEN_REQUIRE(some.size() == 2 * at.size(), "pads must have two entries an axis");
  std::vector<int64_t> all(2 * x.dims().size());
  for (size_t i = 0; i < at.size(); ++i) {
    all[static_cast<size_t>(at[i])] = some[i];
    all[x.dims().size() + static_cast<size_t>(at[i])] = some[at.size() + i];
  }
  n.SetInput(1, n.AddConstant(VectorI64(all)));
  n.SetInput(3, kNone);
  n.TrimInputs();
  return {};
}
Status DownTo18(OnnxNode& n) {
  const std::string* mode = n.Get<std::string>("mode");
  if (!mode || *mode != "wrap") return {};
  return Status(Code::kUnsupported, Str("Pad with mode wrap needs opset 19, is written at ", n.opset));
}

constexpr OnnxVersion kVersions[] = {{1, UpFrom1, DownTo1},
                                     {2, UpFrom2, DownTo2},
                                     {11},
                                     {13, nullptr, DownTo13},
                                     {18, nullptr, DownTo18},
                                     {19},
                                     {21},
                                     {23},
                                     {24},
                                     {25}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {3, 5, 2}}, none{DType::kNone, {}}, seven{DType::kF32, {}, 0, 0, {7}};
  const auto mode = [](std::string m) { return std::vector<NamedAttr>{{"mode", std::move(m)}}; };
  const SampleInput pads = IntList({1, 2, 0, 2, 1, 3});
  return {{"constant zero", {x, pads}},
          {"constant seven", {x, pads, seven}},
          {"axes", {x, IntList({1, 2}), seven, IntList({-2})}},
          {"crops one side", {x, IntList({-1, 2, 0, 1, -3, 0}), seven}},
          {"crops everything", {x, IntList({0, -4, 0, 0, 2, 0}), seven}},
          {"reflect", {x, IntList({1, 2, 0, 2, 4, 1})}, mode("reflect")},
          {"reflect farther than the axis", {{DType::kF32, {3}}, IntList({7, 8})}, mode("reflect")},
          {"reflect one entry", {{DType::kF32, {1}}, IntList({2, 1})}, mode("reflect")},
          {"edge, one side cropped", {x, IntList({-1, 2, 1, 2, -1, 0})}, mode("edge")},
          {"wrap", {x, IntList({4, 1}), none, IntList({0})}, mode("wrap")},
          {"empty", {{DType::kF32, {0, 2}}, IntList({1, 0, 1, 1}), seven}},
          {"bool", {{DType::kBool, {3}, 0, 1}, IntList({1, 1}), {DType::kBool, {}, 0, 0, {1}}}},
          {"u4", {{DType::kU4, {3}, 0, 15}, IntList({2, 1})}, mode("edge")},
          {"strings", {{DType::kString, {1}, 0, 0, {}, {"a"}}, IntList({1, 1})}}};
}

}  // namespace

extern const OpDef kPad = {
    .name = "Pad",
    .doc =
        "Entries put around x. pads: i64 [2k], what comes in front of each of the k `axes` (input 3; default: "
        "all), then what comes behind; negative ones take entries away. Modes: constant (input 2, default 0), edge "
        "(the nearest entry kept), reflect (mirrored, the outermost entry once), wrap (periodic). Any dtype.",
    .attrs = SchemaOf<PadAttrs>(kFields),
    .arity = {2, 4},
    .onnx = {"", "Pad", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace ops
}  // namespace hasten
