// Worked calls that elementwise ops share.
#include "ops/elementwise.h"

namespace hasten {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void Append(std::vector<Sample>* to, std::vector<Sample> more) {
  to->insert(to->end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::vector<Sample> RealSamples(double low, double high) {
  return {{"odd", {{DType::kF32, {3, 5}, low, high}}},
          {"prime, beyond one tile", {{DType::kF32, {1033}, low, high}}},
          {"scalar", {{DType::kF32, {}, low, high}}},
          {"zero-size", {{DType::kF32, {0, 2}, low, high}}},
          {"f16", {{DType::kF16, {7}, low, high}}},
          {"bf16", {{DType::kBF16, {1, 11}, low, high}}},
          {"f64", {{DType::kF64, {13}, low, high}}},
          {"special values", {{DType::kF32, {7}, 0, 0, {kNaN, kInfinity, -kInfinity, -0.0, 0, 1, -1}}}}};
}

std::vector<Sample> NumberSamples() {
  std::vector<Sample> out = RealSamples(-3, 3);
  Append(&out, {{"i8, the least too", {{DType::kI8, {5}, 0, 0, {-128, -127, 0, 1, 127}}}},
                {"i32", {{DType::kI32, {7}, -9, 9}}},
                {"i64", {{DType::kI64, {3}, -9, 9}}},
                {"u8", {{DType::kU8, {7}, 0, 255}}}});
  return out;
}

std::vector<Sample> RealPairSamples() {
  return {{"same shape", {{DType::kF32, {3, 5}, -3, 3}, {DType::kF32, {3, 5}, -3, 3}}},
          {"prime, beyond one tile", {{DType::kF32, {1033}, -3, 3}, {DType::kF32, {1033}, -3, 3}}},
          {"both sides broadcast", {{DType::kF32, {4, 1, 3}, -3, 3}, {DType::kF32, {5, 1}, -3, 3}}},
          {"per channel", {{DType::kF32, {2, 3, 5, 7}, -3, 3}, {DType::kF32, {3, 1, 1}, -3, 3}}},
          {"scalar on the left", {{DType::kF32, {}, -3, 3}, {DType::kF32, {7}, -3, 3}}},
          {"scalars", {{DType::kF32, {}, -3, 3}, {DType::kF32, {1}, -3, 3}}},
          {"zero-size", {{DType::kF32, {0, 3}, -3, 3}, {DType::kF32, {1, 3}, -3, 3}}},
          {"f16", {{DType::kF16, {7}, -3, 3}, {DType::kF16, {7}, -3, 3}}},
          {"f64", {{DType::kF64, {2, 3}, -3, 3}, {DType::kF64, {3}, -3, 3}}},
          {"special values",
           {{DType::kF32, {8, 1}, 0, 0, {kNaN, kInfinity, -kInfinity, -0.0, 0, 1, -1, 2.5}},
            {DType::kF32, {8}, 0, 0, {kNaN, kInfinity, -kInfinity, -0.0, 0, 1, -1, 2.5}}}}};
}

std::vector<Sample> NumberPairSamples() {
  std::vector<Sample> out = RealPairSamples();
  Append(
      &out,
      {{"i8 wraps",
        {{DType::kI8, {7, 1}, 0, 0, {-128, -127, -3, 0, 1, 100, 127}}, {DType::kI8, {5}, 0, 0, {-128, -1, 0, 3, 127}}}},
       {"u8 wraps", {{DType::kU8, {7}, 0, 255}, {DType::kU8, {7}, 0, 255}}},
       {"i32", {{DType::kI32, {3, 5}, -9, 9}, {DType::kI32, {5}, -9, 9}}},
       {"i64 beyond the precision of f64",
        {{DType::kI64, {2}, 0, 0, {0x1p53, -0x1p62}}, {DType::kI64, {2, 1}, 0, 0, {1, -3}}}},
       {"u64 in the upper half", {{DType::kU64, {2}, 0, 0, {0x1p63, 5}}, {DType::kU64, {2, 1}, 0, 0, {0x1p63, 3}}}}});
  return out;
}

std::vector<Sample> IntegerPairSamples(DType dtype, double low, double high) {
  return {{"same shape", {{dtype, {3, 5}, low, high}, {dtype, {3, 5}, low, high}}},
          {"prime, beyond one tile", {{dtype, {1033}, low, high}, {dtype, {1033}, low, high}}},
          {"both sides broadcast", {{dtype, {4, 1, 3}, low, high}, {dtype, {5, 1}, low, high}}},
          {"scalars", {{dtype, {}, low, high}, {dtype, {}, low, high}}},
          {"zero-size", {{dtype, {0}, low, high}, {dtype, {1}, low, high}}}};
}

}  // namespace hasten
