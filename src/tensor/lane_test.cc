#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tensor/tensor.h"

namespace hasten {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

std::vector<DType> NumericTypes() {
  std::vector<DType> out;
  for (int i = 1; i < kNumDTypes; ++i)
    if (const auto t = static_cast<DType>(i); t != DType::kString) out.push_back(t);
  return out;
}

Tensor New(DType t, const Dims& dims) {
  auto tensor = NewTensor(t, dims);
  EXPECT_TRUE(tensor.ok()) << tensor.message();
  return *std::move(tensor);
}

// Random elements that the type holds exactly, and none of its NaNs.
Tensor RandomTensor(DType t, int64_t n, std::mt19937_64& rng) {
  Tensor tensor = New(t, Dims{n});
  for (int64_t i = 0; i < n; ++i) {
    const auto small = static_cast<int64_t>(rng() % 4);
    if (IsInteger(t) || t == DType::kBool) tensor.SetInt(i, static_cast<int64_t>(rng()));
    else if (t == DType::kF8E8M0) tensor.SetDouble(i, std::ldexp(1, static_cast<int>(small)));
    else tensor.SetComplex(i, {static_cast<double>(small), static_cast<double>(rng() % 3)});
  }
  return tensor;
}

TEST(Tensor, NewIsZeroedAndAligned) {
  for (DType t : NumericTypes()) {
    const Tensor tensor = New(t, {3, 5});
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data) % 64, 0u);
    for (int64_t i = 0; i < tensor.bytes(); ++i) EXPECT_EQ(tensor.data[i], std::byte{0});
    EXPECT_EQ(tensor.Text(), std::string(Name(t)) + "[3,5]");
    EXPECT_NE(New(t, {0}).data, nullptr);
  }
  const Tensor strings = New(DType::kString, {2});
  EXPECT_EQ(strings.string(1), "");
  EXPECT_NE(New(DType::kString, {0}).data, nullptr);
}

TEST(Tensor, NewRefusesAbsurdDims) {
  constexpr int64_t kHuge = int64_t{1} << 31;
  for (const Dims& dims : {Dims{kHuge, kHuge}, Dims{kHuge, kHuge, 4}, Dims{-1}, Dims{int64_t{1} << 58}})
    for (DType t : {DType::kF32, DType::kC128, DType::kU2, DType::kString})
      EXPECT_EQ(NewTensor(t, dims).code(), Code::kOutOfMemory) << dims.Text() << Name(t);
}

TEST(Tensor, KnownContents) {
  const float floats[] = {1, 2};
  EXPECT_EQ(ToDoubles(TensorOf(Dims{2}, floats)), (std::vector<double>{1, 2}));
  EXPECT_EQ(ToInts(VectorI64(std::vector<int64_t>{3, -4})), (std::vector<int64_t>{3, -4}));
  EXPECT_EQ(ToInts(VectorI64({})), std::vector<int64_t>());
  EXPECT_EQ(ScalarI64(7).Text(), "i64[]");
  const std::string strings[] = {"a", std::string(100, 'b')};
  const Tensor t = TensorOf(Dims{2}, strings);
  EXPECT_EQ(t.string(1), strings[1]);
  EXPECT_EQ(t.Double(1), 0);
  auto copy = Clone(t);
  ASSERT_TRUE(copy.ok());
  EXPECT_TRUE(SameBits(*copy, t));
  copy->as<std::string>()[0] = "c";
  EXPECT_FALSE(SameBits(*copy, t));
  for (DType type : NumericTypes()) EXPECT_EQ(ScalarOf(type, 1).Double(0), 1) << Name(type);
}

TEST(Lane, IntegersWrapAndSignExtend) {
  for (DType t : NumericTypes()) {
    if (!IsInteger(t)) continue;
    Tensor tensor = New(t, {5});
    for (int64_t v : {int64_t{0}, int64_t{-1}, int64_t{5}, int64_t{-1000}, kMin, int64_t{0x123456789abcdef}}) {
      const int shift = 64 - Bits(t);
      const auto high = static_cast<int64_t>(static_cast<uint64_t>(v) << shift);
      const int64_t wanted = IsSigned(t) ? high >> shift : static_cast<int64_t>(static_cast<uint64_t>(high) >> shift);
      tensor.SetInt(3, v);
      EXPECT_EQ(tensor.Int(3), wanted) << Name(t) << ' ' << v;
      EXPECT_EQ(tensor.Int(2), 0) << Name(t);
      EXPECT_EQ(tensor.Int(4), 0) << Name(t);
    }
  }
}

TEST(Lane, FloatsToIntegersTruncateThenWrap) {
  const auto cast = [](DType t, double v) {
    Tensor tensor = New(t, {});
    tensor.SetDouble(0, v);
    return tensor.Int(0);
  };
  EXPECT_EQ(cast(DType::kI32, -1.9), -1);
  EXPECT_EQ(cast(DType::kU8, 300.7), 44);
  EXPECT_EQ(cast(DType::kU8, -1), 255);
  EXPECT_EQ(cast(DType::kI4, 9), -7);
  EXPECT_EQ(cast(DType::kU2, 6.5), 2);
  EXPECT_EQ(cast(DType::kI64, 1e30), kMin);
  EXPECT_EQ(cast(DType::kI64, -kInf), kMin);
  EXPECT_EQ(cast(DType::kI64, std::nan("")), kMin);
  EXPECT_EQ(cast(DType::kI8, std::nan("")), 0);
  EXPECT_EQ(cast(DType::kU64, 0x1p63), kMin);
  EXPECT_EQ(cast(DType::kU64, 0x1.8p63), kMin / 2 * 1);
  EXPECT_EQ(cast(DType::kBool, 0.5), 1);
  EXPECT_EQ(cast(DType::kBool, std::nan("")), 1);
  EXPECT_EQ(cast(DType::kBool, -0.0), 0);
  EXPECT_EQ(ScalarOf(DType::kF32, -2.7).Int(0), -2);
  EXPECT_EQ(ScalarOf(DType::kF16, kInf).Int(0), kMin);
}

TEST(Lane, WideIntegersRoundOnce) {
  Tensor t = New(DType::kF32, {});
  for (int64_t v : {(int64_t{1} << 62) + (int64_t{1} << 38) + 1, -(int64_t{1} << 62) - (int64_t{1} << 38) - 1, kMin}) {
    t.SetInt(0, v);
    EXPECT_EQ(*t.as<float>(), static_cast<float>(v));
  }
  Tensor b = New(DType::kBF16, {});
  b.SetInt(0, (int64_t{1} << 62) + (int64_t{1} << 54) + 1);  // above a midpoint by what a double cannot hold
  EXPECT_EQ(b.Double(0), 0x1.02p62);
  b.SetInt(0, (int64_t{1} << 62) + (int64_t{1} << 54));
  EXPECT_EQ(b.Double(0), 0x1p62);
  Tensor u = New(DType::kU64, {});
  u.SetInt(0, -1);
  EXPECT_EQ(u.Double(0), 0x1p64);
  EXPECT_EQ(u.Int(0), -1);
}

TEST(Lane, ComplexAndReal) {
  for (DType t : {DType::kC64, DType::kC128}) {
    Tensor tensor = New(t, {2});
    tensor.SetComplex(1, {1.5, -2});
    EXPECT_EQ(tensor.Complex(1), std::complex<double>(1.5, -2));
    EXPECT_EQ(tensor.Double(1), 1.5);
    EXPECT_EQ(tensor.Int(1), 1);
    tensor.SetDouble(1, 3);
    EXPECT_EQ(tensor.Complex(1), std::complex<double>(3, 0));
    EXPECT_EQ(tensor.Complex(0), 0.0);
  }
  Tensor f = New(DType::kF16, {});
  f.SetComplex(0, {2, 5});
  EXPECT_EQ(f.Complex(0), std::complex<double>(2, 0));
}

TEST(Lane, PackingStartsAtTheLowBits) {
  Tensor four = New(DType::kI4, {3}), two = New(DType::kU2, {4}), f4 = New(DType::kF4E2M1, {2});
  WriteInts(&four, 0, std::vector<int64_t>{1, -2, 7});
  EXPECT_EQ(four.data[0], std::byte{0xe1});
  EXPECT_EQ(four.data[1], std::byte{0x07});
  WriteInts(&two, 0, std::vector<int64_t>{0, 1, 2, 3});
  EXPECT_EQ(two.data[0], std::byte{0xe4});
  WriteDoubles(&f4, 0, std::vector<double>{1.5, -6});
  EXPECT_EQ(f4.data[0], std::byte{0xf3});
  EXPECT_EQ(f4.Double(1), -6);
}

TEST(Lane, UnalignedData) {
  for (DType t : {DType::kF64, DType::kF16, DType::kI32, DType::kC128}) {
    Tensor backing = New(DType::kU8, {200});
    Tensor t1;
    t1.dtype = t;
    t1.dims = {4};
    t1.data = backing.data + 1;
    for (int i = 0; i < 4; ++i) t1.SetDouble(i, i);
    EXPECT_EQ(ToInts(t1), (std::vector<int64_t>{0, 1, 2, 3}));
    EXPECT_TRUE(SameBits(t1, *Clone(t1)));
  }
}

TEST(Lane, BulkEqualsSingle) {
  std::mt19937_64 rng(1);
  for (DType t : NumericTypes()) {
    const Tensor from = RandomTensor(t, 37, rng);
    std::vector<double> doubles(11);
    std::vector<int64_t> ints(11);
    std::vector<std::complex<double>> complexes(11);
    ReadDoubles(from, 5, doubles);
    ReadInts(from, 5, ints);
    ReadComplex(from, 5, complexes);
    Tensor by_complex = New(t, {37}), by_lane = New(t, {37});
    WriteComplex(&by_complex, 5, complexes);
    if (IsFloat(t)) WriteDoubles(&by_lane, 5, doubles);
    else if (LaneOf(t) == Lane::kComplex) WriteComplex(&by_lane, 5, complexes);
    else WriteInts(&by_lane, 5, ints);
    for (int i = 0; i < 11; ++i) {
      EXPECT_EQ(doubles[i], from.Double(5 + i)) << Name(t);
      EXPECT_EQ(ints[i], from.Int(5 + i)) << Name(t);
      EXPECT_EQ(complexes[i], from.Complex(5 + i)) << Name(t);
      EXPECT_EQ(by_lane.Complex(5 + i), from.Complex(5 + i)) << Name(t);
      const bool exact = Bits(t) < 53 || !IsInteger(t);
      EXPECT_TRUE(!exact || by_complex.Complex(5 + i) == from.Complex(5 + i)) << Name(t);
    }
    ReadDoubles(from, 37, {});
  }
}

TEST(Lane, CopyElementsTouchesNothingElse) {
  std::mt19937_64 rng(2);
  for (DType t : NumericTypes()) {
    for (int round = 0; round < 60; ++round) {
      const auto from_at = static_cast<int64_t>(rng() % 9), to_at = static_cast<int64_t>(rng() % 9);
      const auto count = static_cast<int64_t>(rng() % 12);
      const Tensor from = RandomTensor(t, 21, rng), before = RandomTensor(t, 21, rng);
      Tensor to = *Clone(before);
      CopyElements(from, from_at, &to, to_at, count);
      for (int64_t i = 0; i < 21; ++i) {
        const bool copied = i >= to_at && i < to_at + count;
        const std::complex<double> wanted = copied ? from.Complex(i - to_at + from_at) : before.Complex(i);
        ASSERT_EQ(to.Complex(i), wanted) << Name(t) << ' ' << from_at << ' ' << to_at << ' ' << count;
      }
    }
  }
}

// Four codes in three bytes, low bits first: 1, 2, 3, 4, 63.
TEST(Lane, SixBitCodesStraddleBytes) {
  Tensor t = New(DType::kF6E2M3, {5});
  ASSERT_EQ(t.bytes(), 4);
  for (int64_t i = 0; i < 4; ++i) t.SetDouble(i, static_cast<double>(i + 1) / 8);
  t.SetDouble(4, -7.5);
  const uint8_t wanted[] = {0x81, 0x30, 0x10, 0x3f};
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(static_cast<uint8_t>(t.data[i]), wanted[i]) << i;
  EXPECT_EQ(ToDoubles(t), (std::vector<double>{0.125, 0.25, 0.375, 0.5, -7.5}));
  t.SetDouble(1, 0);
  EXPECT_EQ(ToDoubles(t), (std::vector<double>{0.125, 0, 0.375, 0.5, -7.5}));
}

TEST(Lane, SameBits) {
  std::mt19937_64 rng(3);
  for (DType t : NumericTypes()) {
    const Tensor a = RandomTensor(t, 21, rng);
    Tensor b = *Clone(a);
    EXPECT_TRUE(SameBits(a, b)) << Name(t);
    if (IsSubByte(t)) b.data[b.bytes() - 1] ^= std::byte{0x80};  // padding
    EXPECT_TRUE(SameBits(a, b)) << Name(t);
    b.data[b.bytes() - 1] ^= std::byte{1};
    EXPECT_FALSE(SameBits(a, b)) << Name(t);
    b = *Clone(a);
    b.dims = {3, 7};
    EXPECT_FALSE(SameBits(a, b)) << Name(t);
  }
  EXPECT_FALSE(SameBits(New(DType::kF32, {1}), New(DType::kI32, {1})));
  EXPECT_TRUE(SameBits(New(DType::kF32, {0}), New(DType::kF32, {0})));
  EXPECT_TRUE(SameBits(ScalarOf(DType::kF32, std::nan("")), ScalarOf(DType::kF32, std::nan(""))));
  EXPECT_FALSE(SameBits(ScalarOf(DType::kF32, 0.0), ScalarOf(DType::kF32, -0.0)));
}

}  // namespace
}  // namespace hasten
