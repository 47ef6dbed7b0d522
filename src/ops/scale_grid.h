// How the scales and zero points of QuantizeLinear and DequantizeLinear lie over a tensor.
#pragma once
#include "ops/op.h"

namespace hasten {

// x seen as [outer, length, inner] with the axis in the middle: one scale for all, one per index of the axis, or a
// scale tensor [outer, blocks, inner] with one per block of `block` indices.
struct ScaleGrid {
  int64_t outer = 1, length = 1, inner = 1;
  int64_t block = 0;  // 0: not blocked
  bool per_axis = false;

  // Precondition: RequireScales passes.
  static ScaleGrid Of(const Dims& x, const Dims& scale, int64_t axis, int64_t block_size);
  // Calls f(element, scale index) for all elements in order.
  template <class F>
  void ForEach(F f) const {
    const int64_t blocks = block > 0 ? (length + block - 1) / block : 0;
    int64_t element = 0;
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t d = 0; d < length; ++d) {
        const int64_t first = block > 0 ? (o * blocks + d / block) * inner : per_axis ? d : 0;
        for (int64_t i = 0; i < inner; ++i)
          f(static_cast<size_t>(element++), static_cast<size_t>(block > 0 ? first + i : first));
      }
  }
};

// Input 1, the scale, and input 2, the zero point, fit input 0 in one of the three ways.
Status RequireScales(const InferCall& c, int64_t axis, int64_t block_size);
// The dtype that an attribute names; `fallback` where it is 0.
Result<DType> DTypeOr(int64_t attribute, std::string_view name, DType fallback);
// Opset 10 knew one scale for all only, and no attributes.
Status DownToOneScale(OnnxNode& n);

}  // namespace hasten
