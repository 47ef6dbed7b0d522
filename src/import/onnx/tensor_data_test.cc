#include "import/onnx/tensor_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "import/onnx/proto_write.h"
#include "import/onnx/test_model.h"

namespace hasten::onnx::test {
namespace {

using ::testing::HasSubstr;

Result<hasten::Tensor> ReadBytes(const std::string& bytes) {
  const auto owner = std::make_shared<const std::string>(bytes);
  DataSource data(*owner, owner, "", false);
  HASTEN_ASSIGN(const WireTensor wire, ReadTensor(*owner));
  HASTEN_ASSIGN(Constant c, data.Read(wire));
  return Clone(c.tensor);
}

std::string ErrorOf(const Rope& tensor) {
  const auto t = ReadBytes(tensor.Flat());
  return t.ok() ? "read" : std::string(t.message());
}

// A tensor of every dtype with elements that differ, in every bit that the dtype has.
hasten::Tensor Varied(DType dtype, const Dims& dims) {
  auto t = NewTensor(dtype, dims);
  if (dtype == DType::kString) {
    for (int64_t i = 0; i < t->elements(); ++i) t->as<std::string>()[i] = Str("s", i, std::string(1, '\0'), "\xff");
    return *t;
  }
  for (int64_t i = 0; i < t->bytes(); ++i) t->data[i] = static_cast<std::byte>(37 * i + 11);
  if (dtype == DType::kBool)
    for (int64_t i = 0; i < t->bytes(); ++i) t->data[i] &= std::byte{1};
  const int64_t bits = Bits(dtype) * t->elements();
  if (bits % 8 != 0) t->data[t->bytes() - 1] &= static_cast<std::byte>((1 << bits % 8) - 1);
  return *t;
}

TEST(TensorData, EveryDTypeSurvivesRawData) {
  for (int i = 1; i < kNumDTypes; ++i)
    for (const Dims& dims : {Dims{}, Dims{0}, Dims{7}, Dims{3, 5}, Dims{2, 0, 3}}) {
      const hasten::Tensor t = Varied(static_cast<DType>(i), dims);
      const auto back = ReadBytes(WriteTensor(t, "t", "").Flat());
      ASSERT_TRUE(back.ok()) << back.message();
      EXPECT_TRUE(SameBits(t, *back)) << t.Text();
    }
}

// The elements as typed fields hold them.
void WriteTyped(const hasten::Tensor& t, bool packed, Rope* out) {
  const auto numbers = [&](uint32_t field, size_t size, bool is_float, int64_t n, auto bits_of) {
    Rope list;
    for (int64_t i = 0; i < n; ++i) {
      if (!is_float && !packed) out->Int(field, bits_of(i));
      uint64_t v = static_cast<uint64_t>(bits_of(i));
      if (is_float)
        list.Copy({reinterpret_cast<const char*>(&v), size});
      else if (packed)
        for (; list.Copy(std::string(1, static_cast<char>((v & 127) | (v > 127 ? 128 : 0)))), v > 127;) v >>= 7;
    }
    if (list.size() > 0) out->Message(field, std::move(list));
  };
  const auto stored = [&](size_t size) {
    return [&t, size](int64_t i) {
      uint64_t v = 0;
      std::memcpy(&v, t.data + static_cast<size_t>(i) * size, size);
      return static_cast<int64_t>(v);
    };
  };
  const int64_t n = t.elements();
  switch (t.dtype) {
    case DType::kF32: return numbers(4, 4, true, n, stored(4));
    case DType::kC64: return numbers(4, 4, true, 2 * n, stored(4));
    case DType::kF64: return numbers(10, 8, true, n, stored(8));
    case DType::kC128: return numbers(10, 8, true, 2 * n, stored(8));
    case DType::kI64: return numbers(7, 8, false, n, stored(8));
    case DType::kU32: return numbers(11, 8, false, n, stored(4));
    case DType::kU64: return numbers(11, 8, false, n, stored(8));
    default: break;
  }
  const size_t size = static_cast<size_t>(Bits(t.dtype) < 8 ? 1 : Bits(t.dtype) / 8);
  if (IsSigned(t.dtype) && IsInteger(t.dtype) && Bits(t.dtype) >= 8)
    return numbers(5, 4, false, n, [&](int64_t i) { return t.Int(i); });  // as protobuf writes negative numbers
  if (Bits(t.dtype) == 6)
    return numbers(5, 4, false, n, [&](int64_t i) {
      int64_t v = 0;
      for (int64_t b = 0; b < 6; ++b)
        v |= static_cast<int64_t>(t.data[(6 * i + b) / 8] >> ((6 * i + b) % 8) & std::byte{1}) << b;
      return v;
    });
  numbers(5, 4, false, size == 1 ? t.bytes() : n, stored(size));
}

TEST(TensorData, EveryDTypeSurvivesTypedFields) {
  for (int i = 1; i < kNumDTypes; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtype == DType::kString) continue;  // has no other spelling
    for (const bool packed : {true, false}) {
      const hasten::Tensor t = Varied(dtype, Dims{3, 5});
      Rope message = WriteTensorHead(t, "t", "");
      WriteTyped(t, packed, &message);
      const auto back = ReadBytes(message.Flat());
      ASSERT_TRUE(back.ok()) << Name(dtype) << ": " << back.message();
      EXPECT_TRUE(SameBits(t, *back)) << t.Text() << (packed ? " packed" : "");
    }
  }
}

TEST(TensorData, RawDataAndPackedFloatsAreNotCopied) {
  for (const uint32_t field : {9u, 4u}) {
    const float v[] = {1, 2, 3};
    Rope t;
    t.Int(1, 3);
    t.Int(2, 1);
    t.Bytes(field, {reinterpret_cast<const char*>(v), sizeof v});
    const auto owner = std::make_shared<const std::string>(t.Flat());
    DataSource data(*owner, owner, "", false);
    const auto wire = ReadTensor(*owner);
    const auto c = data.Read(*wire);
    ASSERT_TRUE(c.ok()) << c.message();
    const auto* begin = reinterpret_cast<const std::byte*>(owner->data());
    EXPECT_TRUE((*c).tensor.data >= begin && (*c).tensor.data < begin + owner->size());
    EXPECT_EQ((*c).tensor.Double(2), 3);
  }
}

TEST(TensorData, SaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf(Tensor("t", 1, {2}, "12345")), HasSubstr("f32[2] must have 8 bytes of raw data, has 5"));
  EXPECT_THAT(ErrorOf(Tensor("t", 99, {2}, "")), HasSubstr("data type must be one of 1 to"));
  EXPECT_THAT(ErrorOf(Tensor("t", 1, {-2}, "")), HasSubstr("-2"));
  EXPECT_THAT(ErrorOf(Tensor("t", 1, std::vector<int64_t>(17, 1), "")), HasSubstr("rank must be at most 16"));
  EXPECT_NE(ErrorOf(Tensor("t", 1, {int64_t{1} << 40, int64_t{1} << 40}, "")), "read");
  Rope few;
  few.Int(1, 1 << 30);
  few.Int(2, 7);
  few.Int(7, 1);
  EXPECT_THAT(ErrorOf(few), HasSubstr("more than its"));
  Rope many;
  many.Int(1, 2);
  many.Int(2, 6);
  for (int i = 0; i < 3; ++i) many.Int(5, i);
  EXPECT_THAT(ErrorOf(many), HasSubstr("must have 2 entries of int32_data, has 3"));
}

Rope Sparse(const std::vector<int64_t>& dims, const std::vector<int64_t>& index_dims, const std::vector<int64_t>& at) {
  Rope s;
  s.Message(1, FloatTensor("s", {2}, {5, 6}));
  s.Message(2, Tensor("", 7, index_dims, {reinterpret_cast<const char*>(at.data()), at.size() * 8}));
  for (const int64_t d : dims) s.Int(3, d);
  return s;
}

Result<hasten::Tensor> ReadSparseBytes(const Rope& rope) {
  const auto owner = std::make_shared<const std::string>(rope.Flat());
  DataSource data(*owner, owner, "", false);
  HASTEN_ASSIGN(const WireSparse wire, ReadSparse(*owner));
  HASTEN_ASSIGN(Constant c, data.Read(wire));
  return std::move(c.tensor);
}

TEST(TensorData, SparseTensorsBecomeDense) {
  for (const auto& rope : {Sparse({2, 3}, {2}, {1, 5}), Sparse({2, 3}, {2, 2}, {0, 1, 1, 2})}) {
    const auto t = ReadSparseBytes(rope);
    ASSERT_TRUE(t.ok()) << t.message();
    EXPECT_EQ(ToDoubles(*t), (std::vector<double>{0, 5, 0, 0, 0, 6}));
  }
  EXPECT_FALSE(ReadSparseBytes(Sparse({2, 3}, {2}, {1, 6})).ok());
  EXPECT_FALSE(ReadSparseBytes(Sparse({2, 3}, {2, 2}, {0, 1, 1, -1})).ok());
  EXPECT_FALSE(ReadSparseBytes(Sparse({2, 3}, {3}, {1, 2, 3})).ok());
  EXPECT_EQ(ReadSparseBytes(Sparse({1 << 20, 1 << 20}, {2}, {1, 2})).code(), Code::kOutOfMemory);
}

class ExternalData : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / Str("hasten_external_", ::getpid());
    std::filesystem::create_directories(folder_ / "model" / "sub");
    ASSERT_TRUE(WriteFile((folder_ / "secret").string(), std::string(64, 'x')).ok());
    ASSERT_TRUE(WriteFile((folder_ / "model" / "sub" / "w").string(), std::string(64, 'y')).ok());
    std::filesystem::create_symlink(folder_ / "secret", folder_ / "model" / "link");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<Constant> Read(const std::string& location, const std::string& offset, const std::string& length) {
    Rope t;
    t.Int(1, 4);
    t.Int(2, 1);
    t.Message(13, WriteStringEntry("location", location));
    if (!offset.empty()) t.Message(13, WriteStringEntry("offset", offset));
    if (!length.empty()) t.Message(13, WriteStringEntry("length", length));
    t.Int(14, 1);
    const auto owner = std::make_shared<const std::string>(t.Flat());
    DataSource data(*owner, owner, (folder_ / "model").string(), true);
    HASTEN_ASSIGN(const WireTensor wire, ReadTensor(*owner));
    return data.Read(wire);
  }
  std::filesystem::path folder_;
};

TEST_F(ExternalData, LiesInTheModelsFolder) {
  auto c = Read("sub/w", "48", "16");
  ASSERT_TRUE(c.ok()) << c.message();
  EXPECT_EQ(c->source.file, "sub/w");
  EXPECT_EQ(c->source.offset, 48u);
  EXPECT_TRUE(Read("sub/w", "", "").ok());
  EXPECT_EQ(Read("sub/w", "49", "16").code(), Code::kDataLoss);
  EXPECT_EQ(Read("sub/w", "18446744073709551615", "16").code(), Code::kDataLoss);
  EXPECT_FALSE(Read("sub/w", "0", "8").ok());
  EXPECT_FALSE(Read("sub/w", "x", "16").ok());
  EXPECT_EQ(Read("none", "", "").code(), Code::kNotFound);
}

TEST_F(ExternalData, NeverLeavesTheModelsFolder) {
  EXPECT_THAT(std::string(Read("../secret", "", "").message()), HasSubstr("inside the model's folder"));
  EXPECT_THAT(std::string(Read("sub/../../secret", "", "").message()), HasSubstr("inside the model's folder"));
  EXPECT_THAT(std::string(Read((folder_ / "secret").string(), "", "").message()),
              HasSubstr("inside the model's folder"));
  EXPECT_THAT(std::string(Read("link", "", "").message()), HasSubstr("leads out of the model's folder"));
  EXPECT_FALSE(Read("", "", "").ok());
  EXPECT_FALSE(Read("sub", "", "").ok());
}

}  // namespace
}  // namespace hasten::onnx::test
