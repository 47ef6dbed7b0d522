#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "ir/graph.h"
#include "tensor/philox.h"

namespace hasten {
namespace {

using Kind = Generator::Kind;

Tensor Make(const Generator& g, DType dtype, const Dims& dims) {
  auto t = Generate(g, dtype, dims);
  EXPECT_TRUE(t.ok()) << t.message();
  return t.ok() ? *std::move(t) : Tensor();
}

TEST(Generate, ElementIsAFunctionOfSeedAndIndex) {
  for (DType dtype : {DType::kF32, DType::kF64, DType::kF16, DType::kF4E2M1, DType::kC64}) {
    for (Kind kind : {Kind::kNormal, Kind::kUniform, Kind::kIntegers}) {
      const Generator g{kind, 9, -3, 3};
      const Tensor small = Make(g, dtype, {7}), big = Make(g, dtype, {3, 1111});
      for (int64_t i = 0; i < 7; ++i) EXPECT_EQ(small.Complex(i), big.Complex(i)) << Name(dtype) << " " << i;
      EXPECT_FALSE(SameBits(big, Make({kind, 10, -3, 3}, dtype, {3, 1111})));
      EXPECT_TRUE(SameBits(big, Make(g, dtype, {3, 1111})));
    }
  }
}

TEST(Generate, ElementsAreTheStreamsNumbers) {
  const Tensor normal = Make({Kind::kNormal, 3, 10, 0.5}, DType::kF64, {2500});
  const Tensor uniform = Make({Kind::kUniform, 3, 2, 4}, DType::kF64, {2500});
  const Tensor integers = Make({Kind::kIntegers, 3, -5, 5}, DType::kI64, {2500});
  for (int64_t i : {0, 1, 1023, 1024, 2499}) {
    EXPECT_EQ(normal.Double(i), 10 + 0.5 * Philox(3).Normal(static_cast<uint64_t>(i)));
    EXPECT_EQ(uniform.Double(i), 2 + 2 * Philox(3).Uniform(static_cast<uint64_t>(i)));
    EXPECT_EQ(integers.Int(i), Philox(3).Integer(static_cast<uint64_t>(i), -5, 5));
  }
}

TEST(Generate, LargeTensorsAreThoseOfOneThread) {
  const int64_t n = (int64_t{1} << 21) + 77;  // enough for several threads
  for (const DType dtype : {DType::kF32, DType::kF4E2M1}) {
    const Generator g{Kind::kNormal, 5, 0, 2};
    const Tensor t = Make(g, dtype, {n});
    for (int64_t i = 0; i < n; i += 997) {
      Tensor one = *NewTensor(dtype, {1});
      one.SetDouble(0, 2 * Philox(5).Normal(static_cast<uint64_t>(i)));
      ASSERT_EQ(t.Double(i), one.Double(0)) << Name(dtype) << " " << i;
    }
    EXPECT_NE(t.Double(n - 1), 0);
  }
}

TEST(Generate, Constant) {
  EXPECT_EQ(ToDoubles(Make({Kind::kConstant, 0, 0.1}, DType::kF32, {3})), std::vector<double>(3, 0.1f));
  EXPECT_EQ(ToInts(Make({Kind::kConstant, 0, -8}, DType::kI4, {5})), std::vector<int64_t>(5, -8));
  EXPECT_EQ(Make({Kind::kConstant, 0, 2}, DType::kC128, {2}).Complex(1), std::complex<double>(2, 0));
  EXPECT_TRUE(std::isnan(Make({Kind::kConstant, 0, NAN}, DType::kF16, {}).Double(0)));
  EXPECT_EQ(Make({Kind::kConstant, 0, 1}, DType::kBool, {0, 3}).elements(), 0);
}

TEST(Generate, IntegersReachBothEnds) {
  for (DType dtype : {DType::kI2, DType::kU2, DType::kI4, DType::kU4, DType::kBool}) {
    const double low = static_cast<double>(IntMin(dtype)), high = static_cast<double>(IntMax(dtype));
    const Tensor t = Make({Kind::kIntegers, 1, low, high}, dtype, {1009});
    const auto v = ToInts(t);
    EXPECT_EQ(std::set<int64_t>(v.begin(), v.end()).size(), static_cast<size_t>(high - low) + 1) << Name(dtype);
  }
}

TEST(Generate, ComplexPartsAreIndependent) {
  const Tensor t = Make({Kind::kNormal, 1, 0, 1}, DType::kC64, {20'000});
  double product = 0;
  for (int64_t i = 0; i < t.elements(); ++i) product += t.Complex(i).real() * t.Complex(i).imag();
  EXPECT_NEAR(product / static_cast<double>(t.elements()), 0, 0.03);
}

TEST(Generate, RefusesWhatAnElementCannotHold) {
  const auto message = [](const Generator& g, DType dtype) { return std::string(Generate(g, dtype, {2}).message()); };
  EXPECT_NE(message({Kind::kConstant, 0, 256}, DType::kU8).find("in [0, 255], 256 is not"), std::string::npos);
  EXPECT_FALSE(Generate({Kind::kConstant, 0, 0.5}, DType::kI32, {2}).ok());
  EXPECT_FALSE(Generate({Kind::kConstant, 0, 0x1p63}, DType::kI64, {2}).ok());
  EXPECT_TRUE(Generate({Kind::kConstant, 0, 0x1p63}, DType::kU64, {2}).ok());
  EXPECT_FALSE(Generate({Kind::kConstant, 0, NAN}, DType::kI64, {2}).ok());
  EXPECT_FALSE(Generate({Kind::kIntegers, 0, 5, 4}, DType::kI64, {2}).ok());
  EXPECT_FALSE(Generate({Kind::kIntegers, 0, 0, 300}, DType::kU8, {2}).ok());
  EXPECT_FALSE(Generate({Kind::kIntegers, 0, 0, INFINITY}, DType::kF32, {2}).ok());
  EXPECT_FALSE(Generate({Kind::kNormal, 0, 0, NAN}, DType::kF32, {2}).ok());
  EXPECT_FALSE(Generate({Kind::kNormal, 0, 0, 1}, DType::kI8, {2}).ok());
  EXPECT_FALSE(Generate({Kind::kConstant, 0, 0}, DType::kString, {2}).ok());
  EXPECT_FALSE(Generate({Kind::kConstant, 0, 0}, DType::kNone, {2}).ok());
  EXPECT_EQ(Generate({Kind::kConstant, 0, 0}, DType::kF32, {int64_t{1} << 40, int64_t{1} << 40}).code(),
            Code::kOutOfMemory);
}

}  // namespace
}  // namespace hasten
