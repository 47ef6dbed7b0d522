// What CumSum and CumProd share: running results along an axis.
#pragma once
#include "ops/movement.h"

namespace hasten {

struct CumulativeAttrs {
  bool exclusive = false, reverse = false;
};
inline constexpr AttrField kCumulativeFields[] = {Field<&CumulativeAttrs::exclusive>("exclusive"),
                                                  Field<&CumulativeAttrs::reverse>("reverse")};

Status InferCumulative(InferCall& c);
std::vector<Sample> CumulativeSamples();

// Output 0 = op over the elements up to each place along the axis in input 1 (exclusive: up to the one before),
// starting from `unit`.  Integers wrap; floats are rounded on store only.
template <class Op>
Status EvalCumulative(KernelCall& c, int unit, Op op) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  const auto& a = c.attrs<CumulativeAttrs>();
  const Dims& dims = c.input(0).dims;
  HASTEN_ASSIGN(const int axis, NormalizeAxis(c.input(1).Int(0), dims.rank()));
  const int64_t n = dims[static_cast<size_t>(axis)], inner = dims.Product(axis + 1, dims.rank());
  const auto run = [&]<class T>(T* v) {
    for (int64_t r = 0; r < dims.Product(0, axis) * inner; ++r) {
      T* row = v + r / inner * n * inner + r % inner;
      T total = static_cast<T>(unit);
      for (int64_t i = 0; i < n; ++i) {
        T& element = row[(a.reverse ? n - 1 - i : i) * inner];
        const T next = op(total, element);
        element = a.exclusive ? total : next;
        total = next;
      }
    }
  };
  if (LaneOf(y->dtype) == Lane::kDouble) {
    HASTEN_ASSIGN(const auto v, c.Doubles(0));
    run(v.data());
    WriteDoubles(y, 0, v);
    return {};
  }
  HASTEN_REQUIRE(IsInteger(y->dtype), "must be numbers, are ", Name(y->dtype));
  HASTEN_ASSIGN(const auto v, c.Ints(0));
  run(reinterpret_cast<uint64_t*>(v.data()));
  WriteInts(y, 0, v);
  return {};
}

}  // namespace hasten
