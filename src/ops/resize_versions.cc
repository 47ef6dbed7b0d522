#include "ops/resize.h"

namespace hasten {
namespace {

Status NeedsOpset(const OnnxNode& n, std::string_view what, int opset) {
  return Status(Code::kUnsupported, Str("Resize with ", what, " needs opset ", opset, ", is written at ", n.opset));
}

std::string TextOf(const OnnxNode& n, std::string_view name, std::string_view fallback) {
  const std::string* v = n.Get<std::string>(name);
  return v ? *v : std::string(fallback);
}

// Input i (a value for each of `axes`) as one for each axis of the input; what other axes get is in `rest`.
Status SpreadOverAxes(OnnxNode& n, size_t i, const Dims& axes, const std::vector<double>& rest) {
  if (!n.has(i)) return {};
  const Tensor* some = n.ConstantOf(i);
  if (!some) return NeedsOpset(n, "axes", 18);
  if (some->elements() == 0) return {};
  const size_t groups = static_cast<size_t>(some->elements()) / std::max<size_t>(axes.size(), 1);
  const size_t rank = rest.size() / std::max<size_t>(groups, 1);
  HASTEN_REQUIRE(groups * axes.size() == static_cast<size_t>(some->elements()) && groups * rank == rest.size(),
                 "input ", i, " must have a value for each axis, has ", some->elements());
  HASTEN_ASSIGN(Tensor all, NewTensor(some->dtype, {static_cast<int64_t>(rest.size())}));
  WriteDoubles(&all, 0, rest);
  for (size_t g = 0; g < groups; ++g)
    for (size_t k = 0; k < axes.size(); ++k)
      CopyElements(*some, static_cast<int64_t>(g * axes.size() + k), &all, static_cast<int64_t>(g * rank) + axes[k], 1);
  n.SetInput(i, n.AddConstant(std::move(all)));
  return {};
}

}  // namespace

Status ResizeUpFrom10(OnnxNode& n) {
  n.Set("coordinate_transformation_mode", std::string("asymmetric"));
  n.Set("nearest_mode", std::string("floor"));
  if (n.inputs.size() > 1) n.inputs = {n.inputs[0], kNone, n.inputs[1]};
  return {};
}

Status ResizeDownTo10(OnnxNode& n) {
  const Tensor* sizes = n.ConstantOf(3);
  if (n.has(3) && !(sizes && sizes->elements() == 0)) return NeedsOpset(n, "sizes", 11);
  const std::string mode = TextOf(n, "mode", "nearest");
  const std::string transform = TextOf(n, "coordinate_transformation_mode", "half_pixel");
  const std::string rounding = TextOf(n, "nearest_mode", "round_prefer_floor");
  if (mode == "cubic") return NeedsOpset(n, "mode cubic", 11);
  if (transform != "asymmetric" || (mode == "nearest" && rounding != "floor")) return NeedsOpset(n, transform, 11);
  if (n.Int("exclude_outside", 0) != 0) return NeedsOpset(n, "exclude_outside", 11);
  n.attrs = {{"mode", mode}};
  n.inputs = {n.inputs[0], n.inputs.size() > 2 ? n.inputs[2] : kNone};
  return {};
}

// Opset 11 needed roi and scales, empty where they meant nothing.
Status ResizeDownTo11(OnnxNode& n) {
  for (size_t i : {size_t{1}, size_t{2}})
    if (!n.has(i)) n.SetInput(i, n.AddConstant(TensorOf(Dims{0}, std::span<const float>())));
  return {};
}

Status ResizeDownTo13(OnnxNode& n) {
  if (n.Int("antialias", 0) != 0) return NeedsOpset(n, "antialias", 18);
  if (TextOf(n, "keep_aspect_ratio_policy", "stretch") != "stretch")
    return NeedsOpset(n, "keep_aspect_ratio_policy", 18);
  n.Drop("antialias");
  n.Drop("keep_aspect_ratio_policy");
  const auto axes = n.Take("axes");
  if (!axes) return {};
  const Shape& x = n.TypeOf(0).shape;
  const auto* list = std::get_if<std::vector<int64_t>>(&*axes);
  if (!list || !x.ranked()) return NeedsOpset(n, "axes", 18);
  HASTEN_ASSIGN(const Dims at, NormalizeAxes(*list, x.rank()));
  const auto rank = static_cast<size_t>(x.rank());
  std::vector<double> roi(2 * rank, 1), sizes;
  std::fill_n(roi.begin(), rank, 0);
  HASTEN_TRY(SpreadOverAxes(n, 1, at, roi));
  HASTEN_TRY(SpreadOverAxes(n, 2, at, std::vector<double>(rank, 1)));
  if (!n.has(3)) return {};
  const auto concrete = x.Concrete();
  if (!concrete) return NeedsOpset(n, "axes", 18);
  sizes.assign(concrete->begin(), concrete->end());
  return SpreadOverAxes(n, 3, at, sizes);
}

Status ResizeDownTo18(OnnxNode& n) {
  if (TextOf(n, "coordinate_transformation_mode", "") == "half_pixel_symmetric")
    return NeedsOpset(n, "half_pixel_symmetric", 19);
  return {};
}

}  // namespace hasten
