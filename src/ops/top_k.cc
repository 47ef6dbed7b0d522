#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct TopKAttrs {
  int64_t axis = -1;
  bool largest = true, sorted = true;
};
constexpr AttrField kFields[] = {Field<&TopKAttrs::axis>("axis"), Field<&TopKAttrs::largest>("largest"),
                                 Field<&TopKAttrs::sorted>("sorted")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 1));
  HASTEN_TRY(RequireOneElement(c, 1));
  Shape y = c.shape(0);
  if (y.ranked()) {
    HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<TopKAttrs>().axis, y.rank()));
    const auto k = c.KnownOf(1);
    const Dim kept = k && k->elements.size() == 1 ? k->elements[0] : Dim::Fresh();
    HASTEN_REQUIRE(!kept.is_const() || kept.value() >= 0, "k must not be negative, is ", kept);
    HASTEN_REQUIRE(!NeverEqual(Max(kept, y[axis]), y[axis]), "k must be at most ", y[axis], ", is ", kept);
    y[axis] = kept;
  }
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), y));
  return OutShape(c, 1, DType::kI64, std::move(y));
}

// NaN is larger than every number.
bool Larger(double a, double b) { return std::isnan(a) ? !std::isnan(b) : a > b; }
bool Larger(int64_t a, int64_t b) { return a > b; }
bool Larger(uint64_t a, uint64_t b) { return a > b; }

// The first k of `order` become the places of the top k of `row`, best first; ties go to the lower place.
template <class T>
void SelectTop(std::span<const T> row, bool largest, int64_t k, std::span<int64_t> order) {
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t i, int64_t j) {
    const T a = row[static_cast<size_t>(i)], b = row[static_cast<size_t>(j)];
    if (largest ? Larger(a, b) : Larger(b, a)) return true;
    return !(largest ? Larger(b, a) : Larger(a, b)) && i < j;
  });
}

template <class T>
Status EvalRows(const KernelCall& c, std::span<const T> elements, int axis, Tensor* values, Tensor* places) {
  const Tensor& x = c.input(0);
  const int64_t dim = x.dims[static_cast<size_t>(axis)], k = places->dims[static_cast<size_t>(axis)];
  const int64_t inner = x.dims.Product(axis + 1, x.dims.rank());
  HASTEN_ASSIGN(const auto row, c.Scratch<T>(dim));
  HASTEN_ASSIGN(const auto order, c.Scratch<int64_t>(dim));
  for (int64_t r = 0; r < x.dims.Product(0, axis) * inner; ++r) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const int64_t from = r / inner * dim * inner + r % inner, to = r / inner * k * inner + r % inner;
    for (int64_t i = 0; i < dim; ++i) row[static_cast<size_t>(i)] = elements[static_cast<size_t>(from + i * inner)];
    SelectTop<T>(row, c.attrs<TopKAttrs>().largest, k, order);
    for (int64_t i = 0; i < k; ++i) {
      const int64_t place = order[static_cast<size_t>(i)];
      CopyElements(x, from + place * inner, values, to + i * inner, 1);
      places->SetInt(to + i * inner, place);
    }
  }
  return {};
}

Status Eval(KernelCall& c) {
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.attrs<TopKAttrs>().axis, x.dims.rank()));
  Dims dims = x.dims;
  dims[static_cast<size_t>(axis)] = c.input(1).Int(0);
  HASTEN_ASSIGN(Tensor* values, c.Allocate(0, x.dtype, dims));
  HASTEN_ASSIGN(Tensor* places, c.Allocate(1, DType::kI64, dims));
  switch (LaneOf(x.dtype)) {
    case Lane::kDouble: {
      HASTEN_ASSIGN(const auto v, c.Doubles(0));
      return EvalRows<double>(c, v, axis, values, places);
    }
    case Lane::kInt64: {
      HASTEN_ASSIGN(const auto v, c.Ints(0));
      return EvalRows<int64_t>(c, v, axis, values, places);
    }
    case Lane::kUint64: {
      HASTEN_ASSIGN(const auto v, c.Ints(0));
      return EvalRows<uint64_t>(c, {reinterpret_cast<const uint64_t*>(v.data()), v.size()}, axis, values, places);
    }
    default: return Status(Code::kUnsupported, Str("has no reference for ", Name(x.dtype)));
  }
}

// k became an input of one element.
Status UpFrom1(OnnxNode& n) {
  const auto k = n.Take("k");
  HASTEN_REQUIRE(k && std::holds_alternative<int64_t>(*k), "attribute 'k' must be an int");
  n.SetInput(1, n.AddConstant(VectorI64({{std::get<int64_t>(*k)}})));
  return {};
}
Status DownTo1(OnnxNode& n) { return InputToAttrInt(n, "k", 1); }
Status DownTo10(OnnxNode& n) {
  if (n.Int("largest", 1) == 0)
    return Status(Code::kUnsupported, Str("TopK of the smallest needs opset 11, is written at ", n.opset));
  n.Drop("largest");
  n.Drop("sorted");
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, UpFrom1, DownTo1}, {10, nullptr, DownTo10}, {11}, {24}};

std::vector<Sample> Samples() {
  const NamedAttr smallest{"largest", int64_t{0}};
  const SampleInput x{DType::kF32, {3, 7, 2}}, few{DType::kI32, {2, 11}, 0, 3};
  return {{"last axis", {{DType::kF32, {5, 13}}, IntList({4})}, {}, 2},
          {"middle axis", {x, IntList({3})}, {{"axis", int64_t{1}}}, 2},
          {"smallest, ties", {few, IntList({5})}, {smallest}, 2},
          {"largest, ties", {few, IntList({5})}, {}, 2},
          {"all", {{DType::kF16, {7}}, IntList({7})}, {}, 2},
          {"none", {x, IntList({0})}, {}, 2},
          {"u64 beyond i64", {{DType::kU64, {3}, 0, 0, {1, 0x1p63, 2}}, IntList({2})}, {}, 2},
          {"not sorted", {{DType::kF32, {5}}, IntList({2})}, {{"sorted", int64_t{0}}}, 2}};
}

}  // namespace

extern const OpDef kTopK = {
    .name = "TopK",
    .doc =
        "The k largest (or smallest) elements of each row along `axis`, best first, and their places (i64). Equal "
        "ones come in the order of their places, NaN counts as the largest. x: [.., n, ..]; k: one integer; "
        "outputs: [.., k, ..].",
    .attrs = SchemaOf<TopKAttrs>(kFields),
    .arity = {2, 2, 1, 2},
    .onnx = {"", "TopK", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
