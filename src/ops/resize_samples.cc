#include "ops/resize.h"

namespace hasten {
namespace {

SampleInput Floats(std::vector<double> v) {
  return {DType::kF32, {static_cast<int64_t>(v.size())}, 0, 0, std::move(v)};
}

std::vector<NamedAttr> Mode(std::string mode, std::string transform = "half_pixel", std::vector<NamedAttr> more = {}) {
  more.push_back({"mode", std::move(mode)});
  more.push_back({"coordinate_transformation_mode", std::move(transform)});
  return more;
}

}  // namespace

std::vector<Sample> ResizeSamples() {
  const SampleInput x{DType::kF32, {1, 2, 4, 7}}, absent{DType::kNone, {}};
  const SampleInput up = Floats({1, 1, 2.5, 1.5}), down = Floats({1, 1, 0.6, 0.3}), half = Floats({1, 1, 2, 2});
  const std::vector<SampleInput> grow{x, absent, up}, shrink{x, absent, down};
  const NamedAttr antialias{"antialias", int64_t{1}}, exclude{"exclude_outside", int64_t{1}};
  const auto sized = [&](std::vector<double> sizes) {
    return std::vector<SampleInput>{x, absent, absent, IntList(sizes)};
  };
  std::vector<Sample> out = {
      {"linear, exclude outside", grow, Mode("linear", "half_pixel", {exclude})},
      {"cubic, exclude outside", shrink, Mode("cubic", "half_pixel", {exclude})},
      {"cubic, another coefficient", grow, Mode("cubic", "half_pixel", {{"cubic_coeff_a", -0.5F}})},
      {"linear, antialias", shrink, Mode("linear", "half_pixel", {antialias})},
      {"cubic, antialias, exclude outside", shrink, Mode("cubic", "half_pixel", {antialias, exclude})},
      {"antialias upwards", grow, Mode("cubic", "half_pixel", {antialias})},
      {"sizes", sized({1, 2, 3, 11}), Mode("linear")},
      {"sizes of 1", sized({1, 2, 1, 1}), Mode("cubic", "pytorch_half_pixel")},
      {"not larger", sized({9, 9}),
       Mode("nearest", "half_pixel",
            {{"keep_aspect_ratio_policy", std::string("not_larger")}, {"axes", std::vector<int64_t>{2, 3}}})},
      {"not smaller",
       {x, absent, absent, IntList({5, 9})},
       Mode("linear", "half_pixel",
            {{"keep_aspect_ratio_policy", std::string("not_smaller")}, {"axes", std::vector<int64_t>{3, -2}}})},
      {"crop, partly outside",
       {x, Floats({0, 0, 0.4, 0.6, 1, 1, 1.2, 0.1}), absent, IntList({1, 2, 3, 5})},
       Mode("linear", "tf_crop_and_resize", {{"extrapolation_value", 10.0F}})},
      {"crop, nearest",
       {x, Floats({-0.2, 0.9}), absent, IntList({6})},
       Mode("nearest", "tf_crop_and_resize", {{"extrapolation_value", -3.0F}, {"axes", std::vector<int64_t>{2}}})},
      {"u8 rounds", {{DType::kU8, {1, 1, 3, 3}, 0, 255}, absent, half}, Mode("cubic")},
      {"i8 nearest", {{DType::kI8, {1, 1, 3, 3}, -128, 127}, absent, half}, Mode("nearest")},
      {"f16", {{DType::kF16, {1, 1, 3, 5}}, absent, half}, Mode("linear")},
      {"1-D", {{DType::kF32, {13}}, absent, Floats({1.7})}, Mode("linear")},
      {"3-D linear", {{DType::kF32, {1, 1, 3, 2, 5}}, absent, Floats({1, 1, 2, 1.5, 0.5})}, Mode("linear")},
      {"to nothing", {x, absent, Floats({1, 1, 0.1, 1})}, Mode("linear")},
      {"strings", {{DType::kString, {2}, 0, 0, {}, {"a", "b"}}, absent, Floats({2})}, Mode("nearest")}};
  for (const char* transform :
       {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"}) {
    for (const char* mode : {"nearest", "linear", "cubic"}) {
      out.push_back({"a transform upwards", grow, Mode(mode, transform)});
      out.push_back({"a transform downwards", shrink, Mode(mode, transform)});
    }
  }
  for (const char* rounding : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
    for (const char* transform : {"half_pixel", "asymmetric"})
      out.push_back(
          {"a rounding", {x, absent, half}, Mode("nearest", transform, {{"nearest_mode", std::string(rounding)}})});
  return out;
}

}  // namespace hasten
