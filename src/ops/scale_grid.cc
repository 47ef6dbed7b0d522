#include "ops/scale_grid.h"

namespace hasten {
namespace {

bool IsOne(const Shape& s) { return !NeverEqual(s.elements(), 1) && s.rank() <= 1; }

Status RequireSameShape(const InferCall& c) {
  if (!c.has(1) || !c.has(2) || !c.shape(1).ranked() || !c.shape(2).ranked()) return {};
  const Shape &scale = c.shape(1), &zero = c.shape(2);
  bool differ = scale.rank() != zero.rank() && !(IsOne(scale) && IsOne(zero));
  for (int i = 0; !differ && i < std::min(scale.rank(), zero.rank()); ++i) differ = NeverEqual(scale[i], zero[i]);
  HASTEN_REQUIRE(!differ, "scale and zero point must have one shape, are ", scale, " and ", zero);
  return {};
}

}  // namespace

Status RequireScales(const InferCall& c, int64_t axis, int64_t block_size) {
  HASTEN_REQUIRE(block_size >= 0, "block_size must not be negative, is ", block_size);
  HASTEN_TRY(RequireSameShape(c));
  if (!c.shape(0).ranked() || !c.shape(1).ranked()) return {};
  const Shape &x = c.shape(0), &scale = c.shape(1);
  if (scale.rank() == 0 || (scale.rank() == 1 && scale[0].is(1) && x.rank() != 1)) return {};
  if (block_size == 0) {
    HASTEN_REQUIRE(scale.rank() == 1, "scale must have rank 0 or 1, or block_size must be set; scale has shape ",
                   scale);
    if (IsOne(scale)) return {};
    HASTEN_ASSIGN(const int at, NormalizeAxis(axis, x.rank()));
    HASTEN_REQUIRE(!NeverEqual(scale[0], x[at]), "scale must hold one element or one per index of axis ", axis,
                   ", has shape ", scale, " for an input ", x);
    return {};
  }
  HASTEN_REQUIRE(scale.rank() == x.rank(), "scales of blocks must have the rank of the input ", x, ", have shape ",
                 scale);
  HASTEN_ASSIGN(const int at, NormalizeAxis(axis, x.rank()));
  for (int i = 0; i < x.rank(); ++i) {
    const Dim wanted = i == at ? CeilDiv(x[i], block_size) : x[i];
    HASTEN_REQUIRE(!NeverEqual(scale[i], wanted), "dim ", i, " of the scale must be ", wanted, " for an input ", x,
                   " in blocks of ", block_size, ", scale has shape ", scale);
  }
  return {};
}

ScaleGrid ScaleGrid::Of(const Dims& x, const Dims& scale, int64_t axis, int64_t block_size) {
  const bool blocked = block_size > 0 && scale.rank() == x.rank() && x.rank() > 0;
  if (!blocked && scale.elements() == 1) return {1, 1, x.elements(), 0, false};
  const int at = static_cast<int>(axis < 0 ? axis + x.rank() : axis);
  return {x.Product(0, at), x[static_cast<size_t>(at)], x.Product(at + 1, x.rank()), blocked ? block_size : 0, true};
}

Result<DType> DTypeOr(int64_t attribute, std::string_view name, DType fallback) {
  if (attribute == 0) return fallback;
  HASTEN_REQUIRE(attribute > 0 && attribute < kNumDTypes, name, " must be a data type of ONNX from 1 to ",
                 kNumDTypes - 1, ", is ", attribute);
  return static_cast<DType>(attribute);
}

Status DownToOneScale(OnnxNode& n) {
  const Shape& scale = n.TypeOf(1).shape;
  if (!scale.ranked() || !IsOne(scale))
    return Status(Code::kUnsupported, Str(n.type, " with scales of shape ", scale, " has no form at opset ", n.opset));
  n.Drop("axis");
  return {};
}

}  // namespace hasten
