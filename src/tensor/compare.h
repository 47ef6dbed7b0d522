// How far two values differ: the judge of `run --check` and of the conformance tests.
#pragma once
#include <string>

#include "tensor/value.h"

namespace hasten {

struct Tolerance {
  double relative = 1e-3, absolute = 1e-7;  // an element passes when |a - b| <= absolute + relative * |expected|
};

struct Difference {
  bool equal = true;         // every element within tolerance, and structure the same
  std::string what;          // where and how, if not: "element [0,3]: must be 1.5, is 1.75"
  double max_absolute = 0;   // over numeric elements that are finite in both
  std::string worst;         // where that is: "[0,3]", in a sequence "2: [0,3]"; empty if it is 0
  double max_relative = 0;   // |a - b| / |expected|
  double max_expected = 0;   // largest finite |expected|
  int64_t outside = 0, elements = 0;

  // Largest |a - b| over largest |expected|: the error measure of whole models.
  double scaled() const { return max_absolute == 0 ? 0 : max_absolute / (max_expected > 0 ? max_expected : 1); }
};

// Integers, bools and strings must be equal; NaN equals NaN, infinities equal themselves.
Difference Compare(const Value& actual, const Value& expected, const Tolerance& tolerance);

}  // namespace hasten
