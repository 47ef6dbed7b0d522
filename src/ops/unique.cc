#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct UniqueAttrs {
  std::optional<int64_t> axis;
  bool sorted = true;
};
constexpr AttrField kFields[] = {Field<&UniqueAttrs::axis>("axis"), Field<&UniqueAttrs::sorted>("sorted")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 1));
  const auto& axis = c.attrs<UniqueAttrs>().axis;
  const Dim count = Dim::Fresh();
  Shape y{count};
  if (axis) {
    y = c.shape(0);
    if (y.ranked()) {
      HASTEN_ASSIGN(const int a, NormalizeAxis(*axis, y.rank()));
      y[a] = count;
    }
  }
  const Shape& x = c.shape(0);
  Dim items = Dim::Fresh();
  if (x.ranked() && !axis)
    items = x.elements();
  else if (x.ranked())
    items = x[*NormalizeAxis(*axis, x.rank())];
  HASTEN_TRY(OutShape(c, 0, c.dtype(0), std::move(y)));
  c.Out(1, DType::kI64, {count});
  c.Out(2, DType::kI64, {items});
  c.Out(3, DType::kI64, {count});
  return {};
}

// x cut along an axis: item i is the elements at (o, i, j) for all o and j.
struct Items {
  int64_t outer, count, inner;
  int64_t size() const { return outer * inner; }
  int64_t at(int64_t item, int64_t element) const { return (element / inner * count + item) * inner + element % inner; }
};

// Negative, zero or positive, as a comes before, with or behind b; NaN comes last, with NaN.
int Compare(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  return a < b ? -1 : a > b;
}
int Compare(int64_t a, int64_t b) { return a < b ? -1 : a > b; }
int Compare(uint64_t a, uint64_t b) { return a < b ? -1 : a > b; }
int Compare(const std::string& a, const std::string& b) { return a.compare(b); }
int Compare(const std::complex<double>& a, const std::complex<double>& b) {
  const int real = Compare(a.real(), b.real());
  return real ? real : Compare(a.imag(), b.imag());
}

struct Groups {
  std::vector<int64_t> first;  // item that stands for the group: its first
  std::vector<int64_t> count;
  std::vector<int64_t> of_item;  // group of each item
};

template <class T>
Groups GroupItems(const Items& items, const T* elements, bool sorted) {
  const auto compare = [&](int64_t a, int64_t b) {
    for (int64_t e = 0; e < items.size(); ++e)
      if (const int c = Compare(elements[items.at(a, e)], elements[items.at(b, e)])) return c;
    return 0;
  };
  std::vector<int64_t> order(static_cast<size_t>(items.count));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return compare(a, b) < 0; });
  Groups g;
  g.of_item.resize(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || compare(order[i - 1], order[i]) != 0) {
      g.first.push_back(order[i]);
      g.count.push_back(0);
    }
    ++g.count.back();
    g.of_item[static_cast<size_t>(order[i])] = static_cast<int64_t>(g.first.size()) - 1;
  }
  if (sorted) return g;
  std::vector<int64_t> by_first(g.first.size()), rank(g.first.size());
  std::iota(by_first.begin(), by_first.end(), 0);
  const auto first_of = [&](int64_t k) { return g.first[static_cast<size_t>(k)]; };
  std::sort(by_first.begin(), by_first.end(), [&](int64_t a, int64_t b) { return first_of(a) < first_of(b); });
  Groups out{{}, {}, std::move(g.of_item)};
  for (int64_t k : by_first) {
    rank[static_cast<size_t>(k)] = static_cast<int64_t>(out.first.size());
    out.first.push_back(first_of(k));
    out.count.push_back(g.count[static_cast<size_t>(k)]);
  }
  for (int64_t& k : out.of_item) k = rank[static_cast<size_t>(k)];
  return out;
}

Result<Groups> GroupByLane(const KernelCall& c, const Items& items, bool sorted) {
  const Tensor& x = c.input(0);
  switch (LaneOf(x.dtype)) {
    case Lane::kDouble: {
      HASTEN_ASSIGN(const auto v, c.Doubles(0));
      return GroupItems(items, v.data(), sorted);
    }
    case Lane::kInt64: {
      HASTEN_ASSIGN(const auto v, c.Ints(0));
      return GroupItems(items, v.data(), sorted);
    }
    case Lane::kUint64: {
      HASTEN_ASSIGN(const auto v, c.Ints(0));
      return GroupItems(items, reinterpret_cast<const uint64_t*>(v.data()), sorted);
    }
    case Lane::kComplex: {
      std::vector<std::complex<double>> v(static_cast<size_t>(x.elements()));
      ReadComplex(x, 0, v);
      return GroupItems(items, v.data(), sorted);
    }
    case Lane::kString: return GroupItems(items, x.as<std::string>(), sorted);
    default: return Status(Code::kUnsupported, Str("has no reference for ", Name(x.dtype)));
  }
}

Status Give(const KernelCall& c, int output, std::span<const int64_t> v) {
  if (!c.wants(output)) return {};
  HASTEN_ASSIGN(Tensor* y, c.Allocate(output, DType::kI64, {static_cast<int64_t>(v.size())}));
  WriteInts(y, 0, v);
  return {};
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<UniqueAttrs>();
  const Tensor& x = c.input(0);
  Dims dims = a.axis ? x.dims : Dims{x.elements()};
  HASTEN_ASSIGN(const int axis, NormalizeAxis(a.axis.value_or(0), dims.rank()));
  const Items items{dims.Product(0, axis), dims[static_cast<size_t>(axis)], dims.Product(axis + 1, dims.rank())};
  HASTEN_ASSIGN(const Groups g, GroupByLane(c, items, a.sorted));
  dims[static_cast<size_t>(axis)] = static_cast<int64_t>(g.first.size());
  HASTEN_ASSIGN(Tensor* y, c.Allocate(0, x.dtype, dims));
  int64_t to = 0;
  for (int64_t o = 0; o < items.outer; ++o) {
    for (int64_t first : g.first) {
      CopyElements(x, (o * items.count + first) * items.inner, y, to, items.inner);
      to += items.inner;
    }
  }
  HASTEN_TRY(Give(c, 1, g.first));
  HASTEN_TRY(Give(c, 2, g.of_item));
  return Give(c, 3, g.count);
}

constexpr OnnxVersion kVersions[] = {{11}, {28}};

std::vector<Sample> Samples() {
  const NamedAttr unsorted{"sorted", int64_t{0}};
  const SampleInput x{DType::kI32, {3, 7}, -3, 3};
  return {{"flattened", {x}, {}, 4},
          {"in order of appearance", {x}, {unsorted}, 4},
          {"rows", {{DType::kF32, {6, 2}, 0, 0, {1, 0, 0, 1, 1, 0, 2, 0, 0, 1, 1, 0}}}, {{"axis", int64_t{0}}}, 4},
          {"columns", {{DType::kI8, {2, 9}, 0, 1}}, {{"axis", int64_t{-1}}, unsorted}, 4},
          {"values alone", {{DType::kF16, {11}, -2, 2}}, {}, 1},
          {"scalar", {{DType::kF32, {}}}, {}, 4},
          {"empty", {{DType::kF32, {0}}}, {}, 4},
          {"strings", {{DType::kString, {3}, 0, 0, {}, {"b", "a", "b"}}}, {}, 4}};
}

}  // namespace

extern const OpDef kUnique = {
    .name = "Unique",
    .doc =
        "The distinct entries of x along `axis` (without it: of the flattened x), ascending, or in order of "
        "appearance where `sorted` is 0; then, i64 [k], [n], [k]: the first place of each, the number of the entry "
        "each place has, and how often each occurs. Entries compare element by element, NaN last and equal to NaN. "
        "Any dtype.",
    .attrs = SchemaOf<UniqueAttrs>(kFields),
    .arity = {1, 1, 1, 4},
    .onnx = {"", "Unique", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
