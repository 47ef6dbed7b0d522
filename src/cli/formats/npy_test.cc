#include "cli/formats/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/mapped_file.h"
#include "cli/formats/npy_header.h"

namespace hasten::cli {
namespace {

using ::testing::HasSubstr;

class Npy : public ::testing::Test {
 protected:
  Npy() : path_((std::filesystem::temp_directory_path() / Str("npy_test_", ::getpid(), ".npy")).string()) {}
  ~Npy() override { std::filesystem::remove(path_); }

  void Write(std::string_view dict, std::string_view data) {
    std::string header(dict);
    header += '\n';
    std::string file = "\x93NUMPY";
    file += {'\x01', '\x00', static_cast<char>(header.size()), '\x00'};
    ASSERT_TRUE(WriteFile(path_, Str(file, header, data)).ok());
  }
  std::string ErrorOf(std::string_view dict, std::string_view data, DType wanted = DType::kNone) {
    Write(dict, data);
    const auto read = ReadNpy(path_, wanted);
    return read.ok() ? "no error" : std::string(read.message());
  }
  std::string path_;
};

TEST_F(Npy, EveryDTypeComesBack) {
  for (int number = 1; number < kNumDTypes; ++number) {
    const auto dtype = static_cast<DType>(number);
    if (dtype == DType::kString) continue;
    Tensor t = *NewTensor(dtype, {3, 5});
    const bool complex = LaneOf(dtype) == Lane::kComplex;
    for (int64_t i = 0; i < t.elements(); ++i)
      complex ? t.SetComplex(i, {1.0 * static_cast<double>(i), -2}) : t.SetDouble(i, static_cast<double>(i % 2));
    ASSERT_TRUE(WriteNpy(path_, t).ok());
    const auto read = ReadNpy(path_, dtype);
    ASSERT_TRUE(read.ok()) << read.message();
    EXPECT_TRUE(SameBits(*read, t)) << Name(dtype);
  }
}

TEST_F(Npy, EveryShapeComesBack) {
  for (const Dims& dims : {Dims{}, Dims{0}, Dims{1}, Dims{7}, Dims{2, 0, 3}, Dims{2, 3, 4, 5}}) {
    Tensor t = *NewTensor(DType::kI32, dims);
    for (int64_t i = 0; i < t.elements(); ++i) t.SetInt(i, i);
    ASSERT_TRUE(WriteNpy(path_, t).ok());
    const auto read = ReadNpy(path_);
    ASSERT_TRUE(read.ok()) << read.message();
    EXPECT_TRUE(SameBits(*read, t)) << dims.Text();
  }
}

TEST_F(Npy, DataIsAlignedTo64) {
  for (const int64_t n : {1, 1000, 1000000000}) EXPECT_EQ(WriteNpyHeader("<f4", {n}).size() % 64, 0u);
}

TEST_F(Npy, StringsComeBack) {
  const std::vector<std::string> words = {"a", "", "schön", "\xf0\x9f\x98\x80!"};
  ASSERT_TRUE(WriteNpy(path_, TensorOf(Dims{2, 2}, words)).ok());
  EXPECT_TRUE(SameBits(*ReadNpy(path_), TensorOf(Dims{2, 2}, words)));
  const std::vector<std::string> bytes = {"\xff\x01", "plain"};
  ASSERT_TRUE(WriteNpy(path_, TensorOf(Dims{2}, bytes)).ok());
  EXPECT_TRUE(SameBits(*ReadNpy(path_), TensorOf(Dims{2}, bytes)));
}

TEST_F(Npy, FortranOrderIsRearranged) {
  Write("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", "\x01\x04\x02\x05\x03\x06");
  const auto read = ReadNpy(path_);
  ASSERT_TRUE(read.ok()) << read.message();
  EXPECT_THAT(ToInts(*read), ::testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(Npy, BigEndianIsSwapped) {
  Write("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", std::string_view("\x01\x02\xff\xfe", 4));
  EXPECT_THAT(ToInts(*ReadNpy(path_)), ::testing::ElementsAre(258, -2));
  Write("{'descr': '>c8', 'fortran_order': False, 'shape': (), }",
        std::string_view("\x3f\x80\x00\x00\x40\x00\x00\x00", 8));
  EXPECT_EQ(ReadNpy(path_)->Complex(0), std::complex<double>(1, 2));
  Write("{'descr': '>U1', 'fortran_order': False, 'shape': (1,), }", std::string_view("\x00\x00\x00\x41", 4));
  EXPECT_EQ(ReadNpy(path_)->string(0), "A");
}

TEST_F(Npy, BitsOfATypeThatNumpyLacks) {
  Write("{'descr': '<V2', 'fortran_order': False, 'shape': (1,), }", std::string_view("\x80\x3f", 2));
  EXPECT_EQ(ReadNpy(path_, DType::kBF16)->Double(0), 1.0);
  EXPECT_THAT(ErrorOf("{'descr': '<V2', 'fortran_order': False, 'shape': (1,), }", "\x01\x02"),
              HasSubstr("'V2' are not read"));
  EXPECT_THAT(ErrorOf("{'descr': '|i1', 'fortran_order': False, 'shape': (1,), }", "\x09", DType::kI4),
              HasSubstr("element 0 must be in [-8, 7] for i4, is 9"));
  EXPECT_EQ(NpyNote(DType::kBF16), "NumPy has no bf16: written as uint16, bit by bit");
  EXPECT_EQ(NpyNote(DType::kI4), "NumPy has no i4: written as int8");
  EXPECT_EQ(NpyNote(DType::kF32), "");
}

TEST_F(Npy, AnyByteButZeroIsTrue) {
  Write("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", std::string_view("\x00\x01\x02", 3));
  EXPECT_THAT(ToInts(*ReadNpy(path_)), ::testing::ElementsAre(0, 1, 1));
}

TEST_F(Npy, SaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "1234"),
              HasSubstr("shape [2] of 4-byte elements does not fit the 4 bytes of data"));
  EXPECT_THAT(ErrorOf("{'descr': '|O', 'fortran_order': False, 'shape': (), }", ""), HasSubstr("pickled"));
  EXPECT_THAT(ErrorOf("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }", ""), HasSubstr("structured"));
  EXPECT_THAT(ErrorOf("{'descr': '<f16', 'fortran_order': False, 'shape': (), }", ""), HasSubstr("'f16' are not read"));
  EXPECT_THAT(ErrorOf("{'descr': '<f4', 'shape': (), }", ""), HasSubstr("'fortran_order'"));
  EXPECT_THAT(ErrorOf("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", ""), HasSubstr("tuple of lengths"));
  EXPECT_THAT(ErrorOf("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }", ""),
              HasSubstr("too many elements"));
  EXPECT_THAT(ErrorOf("{'descr': '<U99999999', 'fortran_order': False, 'shape': (99999999999,), }", ""),
              HasSubstr("does not fit"));
  ASSERT_TRUE(WriteFile(path_, "PK").ok());
  EXPECT_THAT(std::string(ReadNpy(path_).message()), HasSubstr("is no .npy file"));
}

TEST_F(Npy, NoHeaderReadsPastTheFile) {
  const std::string whole = WriteNpyHeader("<f4", {1}) + "1234";
  for (size_t n = 0; n < whole.size(); ++n) {
    ASSERT_TRUE(WriteFile(path_, std::string_view(whole).substr(0, n)).ok());
    EXPECT_FALSE(ReadNpy(path_).ok()) << n;
  }
}

}  // namespace
}  // namespace hasten::cli
