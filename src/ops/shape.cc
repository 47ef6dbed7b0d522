#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct ShapeAttrs {
  int64_t start = 0;
  std::optional<int64_t> end;
};
constexpr AttrField kFields[] = {Field<&ShapeAttrs::start>("start"), Field<&ShapeAttrs::end>("end")};

struct Range {
  int first, count;
};

Range AxesOf(const ShapeAttrs& a, int rank) {
  const auto clamp = [rank](int64_t v) { return static_cast<int>(std::clamp<int64_t>(v < 0 ? v + rank : v, 0, rank)); };
  const int first = clamp(a.start), end = a.end ? clamp(*a.end) : rank;
  return {first, std::max(end - first, 0)};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  const Shape& x = c.shape(0);
  if (!x.ranked()) {
    c.Out(0, DType::kI64, Shape::Fresh(1));
    return {};
  }
  const Range r = AxesOf(c.attrs<ShapeAttrs>(), x.rank());
  KnownInts dims{{r.count}, {}};
  for (int i = 0; i < r.count; ++i) dims.elements.push_back(x[r.first + i]);
  c.OutInts(0, std::move(dims));
  return OutShape(c, 0, DType::kI64, {Dim(r.count)});
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const Range r = AxesOf(c.attrs<ShapeAttrs>(), c.input(0).dims.rank());
  for (int i = 0; i < r.count; ++i) y->SetInt(i, c.input(0).dims[static_cast<size_t>(r.first + i)]);
  return {};
}

// Before opset 15 the whole shape was given: a Slice behind it takes the part.
Status DownTo13(OnnxNode& n) {
  const int64_t start = n.Int("start", 0), end = n.Int("end", std::numeric_limits<int64_t>::max());
  n.Drop("start");
  n.Drop("end");
  if (start == 0 && end == std::numeric_limits<int64_t>::max()) return {};
  if (n.opset < 10) {
    n.EmitAfter(0, "Slice", {}, {{"starts", std::vector<int64_t>{start}}, {"ends", std::vector<int64_t>{end}}});
  } else {
    n.EmitAfter(0, "Slice", {n.AddConstant(VectorI64({{start}})), n.AddConstant(VectorI64({{end}}))});
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {13, nullptr, DownTo13}, {15}, {19}, {21}, {23}, {24}, {25}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5, 7}};
  return {{"whole", {x}},
          {"part", {x}, {{"start", int64_t{1}}, {"end", int64_t{-1}}}},
          {"clamped", {x}, {{"start", int64_t{-9}}, {"end", int64_t{99}}}},
          {"start behind end", {x}, {{"start", int64_t{3}}, {"end", int64_t{1}}}},
          {"scalar", {{DType::kBool, {}, 0, 1}}},
          {"zero-size", {{DType::kF32, {0, 3}}}}};
}

}  // namespace

extern const OpDef kShape = {
    .name = "Shape",
    .doc =
        "The dims [start, end) of x as i64 [n]. Negative bounds count from the end, all are clamped to the rank. "
        "Any dtype.",
    .attrs = SchemaOf<ShapeAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "Shape", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
