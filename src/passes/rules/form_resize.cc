#include <algorithm>

#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"};
constexpr int kFirstOpset = 11;  // of Resize with coordinates

// What ONNX Runtime has a kernel for, one that is faster than these nodes.
bool IsServed(const Type& t) {
  constexpr DType kTypes[] = {DType::kF32, DType::kF16, DType::kI32, DType::kI8, DType::kU8};
  return std::find(std::begin(kTypes), std::end(kTypes), t.dtype) != std::end(kTypes) && t.shape.rank() <= 4;
}

bool IsRanked(const Type& t) { return t.is_tensor() && t.shape.ranked(); }

// How often each entry of x's axes stands in y: `cut` is x with axes of length 1 behind others, `repeated` has these
// axes longer, y has them merged with those in front.
std::optional<std::vector<int64_t>> FactorsOf(const Shape& x, const Shape& cut, const Shape& repeated, const Shape& y) {
  if (cut.rank() != repeated.rank() || x.rank() != y.rank()) return std::nullopt;
  std::vector<int64_t> out;
  int at = 0;
  for (int i = 0; i < x.rank(); ++i, ++at) {
    if (at >= cut.rank() || x[i].is(0) || !(cut[at] == x[i]) || !(repeated[at] == x[i])) return std::nullopt;
    int64_t factor = 1;
    if (at + 1 < cut.rank() && cut[at + 1].is(1) && repeated[at + 1].is_const() && repeated[at + 1].value() > 1)
      factor = repeated[++at].value();
    if (!(x[i] * factor == y[i])) return std::nullopt;
    out.push_back(factor);
  }
  if (at != cut.rank() || cut.rank() == x.rank()) return std::nullopt;
  return out;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  if (c.options().opset > 0 && c.options().opset < kFirstOpset) return false;
  const ValueId y = c.node(n).outputs[0], repeated = c.node(n).inputs[0];
  const NodeId repeat = c.Producer(repeated, {"Expand", "Tile"});
  if (repeat == kNone || !c.OnlyUse(repeated)) return false;
  const ValueId cut = c.node(repeat).inputs[0];
  const NodeId cuts = c.Producer(cut, {"Reshape", "Unsqueeze"});
  if (cuts == kNone || !c.OnlyUse(cut)) return false;
  const ValueId x = c.node(cuts).inputs[0];
  for (const NodeId m : {n, repeat, cuts})
    if (!c.node(m).epilogue.empty()) return false;
  for (const ValueId v : {x, cut, repeated, y})
    if (!IsRanked(c.type(v))) return false;
  const auto factors = FactorsOf(c.type(x).shape, c.type(cut).shape, c.type(repeated).shape, c.type(y).shape);
  // Where whole rows repeat, ONNX Runtime copies rows; keys and values of attention look so, too.
  if (!factors || factors->back() == 1 || !IsServed(c.type(x))) return false;
  const std::vector<float> scales(factors->begin(), factors->end());
  const ValueId by =
      c.AddConstant(c.value(y).name + ".scales", TensorOf(Dims{static_cast<int64_t>(scales.size())}, scales));
  HASTEN_ASSIGN(const ValueId out, c.Add("Resize", {x, kNone, by}, n,
                                         {{"mode", std::string("nearest")},
                                          {"coordinate_transformation_mode", std::string("asymmetric")},
                                          {"nearest_mode", std::string("floor")}}));
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kFormResize = {
    .name = "form_resize",
    .doc =
        "Reshape or Unsqueeze that puts axes of length 1 behind others, Expand or Tile of these, Reshape that merges "
        "them, the last axis among these -> Resize to the nearest entry.",
    .stage = Stage::kMerge,
    .target = Target::kFile,  // kernels of runs copy strided at least as fast
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules
