#include "ir/literal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace hasten {
namespace {

Result<Tensor> Parse(std::string_view text) {
  Lexer lex(text);
  HASTEN_ASSIGN(Tensor t, TakeTensor(&lex));
  if (!lex.At(Token::Kind::kEnd)) return lex.Expected("the end");
  return t;
}

std::string Text(const Tensor& t) {
  std::string out;
  AppendTensor(&out, t);
  return out;
}

void ExpectComesBack(const Tensor& t) {
  const std::string text = Text(t);
  const auto back = Parse(text);
  ASSERT_TRUE(back.ok()) << text << ": " << back.message();
  ASSERT_TRUE(SameBits(t, *back)) << text;
  ASSERT_EQ(Text(*back), text);
}

std::string Message(std::string_view text) { return std::string(Parse(text).message()); }

TEST(Literal, ReadsAsPrinted) {
  for (const char* text :
       {"f32[3] = [1, -0, 0.1]",
        "f64[] = [nan.fff8000000000000]",
        "f32[2] = [nan, nan.7f800001]",
        "f16[2] = [inf, -inf]",
        "i64[2] = [-9223372036854775808, 9223372036854775807]",
        "u64[1] = [18446744073709551615]",
        "bool[2] = [true, false]",
        "i4[3] = [-8, 7, 0]",
        "u2[5] = [0, 1, 2, 3, 0]",
        "f4e2m1[3] = [0.5, -6, 1.5]",
        "c64[2] = [(1, -2.5), (inf, nan)]",
        "c128[1] = [(0.1, 1e+300)]",
        "string[3] = [\"\", \"a\\\"b\\\\\", \"\\n\\x00\"]",
        "f32[0,5] = []",
        "f8e4m3fn[1] = [nan.7f]",
        "bf16[1] = [1.5]",
        "f8e8m0[2] = [5.877472e-39, nan.ff]",
        "f6e2m3[5] = [0.125, -7.5, 0, -0, 1]",
        "f6e3m2[3] = [28, -0.0625, 0.25]",
        "u8[65] = base64 "
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8=\""}) {
    const auto t = Parse(text);
    ASSERT_TRUE(t.ok()) << text << ": " << t.message();
    EXPECT_EQ(Text(*t), text);
  }
}

// Every code of every type of up to 16 bits, as lists; and sizes around the limit of lists.
TEST(Literal, EveryNarrowCodeComesBack) {
  for (int i = 1; i < kNumDTypes; ++i) {
    const auto dtype = static_cast<DType>(i);
    const int bits = Bits(dtype);
    if (bits > 16) continue;
    constexpr int64_t kPerTensor = 61;
    const int64_t codes = dtype == DType::kBool ? 2 : int64_t{1} << bits;
    for (int64_t code = 0; code < codes;) {
      auto t = NewTensor(dtype, {kPerTensor});
      ASSERT_TRUE(t.ok());
      for (int64_t k = 0; k < kPerTensor; ++k, ++code) {
        if (bits >= 8)
          std::memcpy(t->data + k * bits / 8, &code, static_cast<size_t>(bits / 8));
        else
          t->SetInt(k, code);
        if (dtype == DType::kBool) t->SetInt(k, code % 2);
      }
      ExpectComesBack(*t);
    }
  }
}

TEST(Literal, AnyBytesComeBack) {
  uint64_t state = 1;
  for (int i = 1; i < kNumDTypes; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtype == DType::kString) continue;
    for (int64_t n : {0, 1, 2, 3, 63, 64, 65, 66, 67, 131}) {
      auto t = NewTensor(dtype, {n});
      ASSERT_TRUE(t.ok());
      for (int64_t k = 0; k < t->bytes(); ++k) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        t->data[k] = static_cast<std::byte>(state >> 56);
      }
      ExpectComesBack(*t);
    }
  }
}

TEST(Literal, ReadsHexAndHandWrittenNumbers) {
  EXPECT_TRUE(SameBits(*Parse("f32[2] = hex \"0000803f000000C0\""), *Parse("f32[2] = [1.0, -2e0]")));
  EXPECT_TRUE(SameBits(*Parse("i16[2] = base64 \"AQD//w==\""), *Parse("i16[ 2 ] = [ 1,-1 ]")));
  EXPECT_EQ(Parse("f16[1] = [0.1]")->Double(0), HalfToFloat(FloatToHalf(0.1)));
  EXPECT_TRUE(std::isinf(Parse("f8e5m2[1] = [inf]")->Double(0)));
}

TEST(Literal, ErrorsSayWhere) {
  EXPECT_EQ(Message("f32[4] = [1, 2, 3]"), "1:10: expected 4 elements, found 3");
  EXPECT_EQ(Message("f32[2] = [1, 2, 3]"), "1:10: expected 2 elements, found more");
  EXPECT_EQ(Message("f32[2] = [1 2]"), "1:10: expected 2 elements, found 1");
  EXPECT_EQ(Message("f32[2] = [1, 2"), "1:15: expected ']', found the end");
  EXPECT_EQ(Message("u8[1] = [256]"), "1:10: expected an integer in [0, 255], found 256");
  EXPECT_EQ(Message("u8[1] = [-1]"), "1:10: expected an integer in [0, 255], found '-1'");
  EXPECT_EQ(Message("i2[1] = [2]"), "1:10: expected an integer in [-2, 1], found 2");
  EXPECT_EQ(Message("i64[1] = [0.5]"),
            "1:11: expected an integer in [-9223372036854775808, 9223372036854775807], found '0.5'");
  EXPECT_EQ(Message("bool[1] = [1]"), "1:12: expected 'true' or 'false', found '1'");
  EXPECT_EQ(Message("f16[1] = [1e9]"), "1:11: expected a number that f16 can hold, found 1e+09");
  EXPECT_EQ(Message("f8e4m3fn[1] = [inf]"), "1:16: expected a number that f8e4m3fn can hold, found inf");
  EXPECT_EQ(Message("f6e2m3[1] = [nan]"), "1:14: expected a number that f6e2m3 can hold, found nan");
  EXPECT_EQ(Message("f4e2m1[1] = [nan]"), "1:14: expected a number that f4e2m1 can hold, found nan");
  EXPECT_EQ(Message("f16[1] = [nan.0]"), "1:11: expected bits of a NaN of f16, found 'nan.0'");
  EXPECT_EQ(Message("f32[1] = [nan.3f800000]"), "1:11: expected a number, found 'nan.3f800000'");
  EXPECT_EQ(Message("f32[1] = [1e50]"), "1:11: expected a number, found '1e50'");
  EXPECT_EQ(Message("f32[1] = hex \"00\""), "1:14: expected 4 bytes for f32[1], found 2 hexadecimal digits");
  EXPECT_EQ(Message("f32[1] = hex \"0000000g\""), "1:14: expected hexadecimal digits only");
  EXPECT_EQ(Message("f32[1] = base64 \"AAAA\""), "1:17: expected 4 bytes for f32[1], found 4 base64 digits");
  EXPECT_EQ(Message("string[1] = hex \"00\""), "1:17: expected a list of strings, found \"00\"");
  EXPECT_EQ(Message("string[1] = [a]"), "1:14: expected a string, found 'a'");
  EXPECT_EQ(Message("f33[1] = [1]"), "1:1: expected a type, found 'f33'");
  EXPECT_EQ(Message("f32[n] = [1]"), "1:1: expected a dtype with constant dims, found f32[n]");
  EXPECT_EQ(Message("f32[-1] = [1]"), "1:1: dims must not be negative, are [-1]");
  EXPECT_EQ(Message("f32[1,,2] = [1]"), "1:4: dim \"\": expected a dim at offset 0");
  EXPECT_EQ(Message("f32[1 = [1]"), "1:4: expected a ']' for this '[', found the end");
  EXPECT_EQ(Message("f32[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1] = [1]"), "1:4: expected at most 16 dims");
}

// The dims of a constant claim nothing that its text does not hold.
TEST(Literal, HugeDimsAllocateNothing) {
  for (const char* text : {"u8[1000000000000] = []", "u2[4611686018427387904] = hex \"\"",
                           "c128[4611686018427387904] = [", "string[100000000000] = [\"a\"]",
                           "f32[1000000000,1000000000,1000000000] = []", "f32[4611686018427387904,2] = []"})
    EXPECT_FALSE(Parse(text).ok()) << text;
  EXPECT_TRUE(Parse("f32[0,4611686018427387904] = []").ok());
}

TEST(TypeText, ReadsAsPrinted) {
  for (const char* text : {"?", "f32[]", "f32[*]", "i4[n,3,2*n+1]", "seq(f32[*])", "optional(seq(map(i64,string[])))",
                           "seq(?)", "map(string,f32[a,b])", "sparse(f64[3,n])", "none[2]",
                           "f32[\"odd,name]\",floordiv(n,2)]", "bool[?7,\"*\",\"\",\"a\\\"]\"]"}) {
    Lexer lex(text);
    const auto type = TakeType(&lex);
    ASSERT_TRUE(type.ok()) << text << ": " << type.message();
    EXPECT_TRUE(lex.At(Token::Kind::kEnd)) << text;
    EXPECT_EQ((*type).Text(), text);
  }
}

TEST(TypeText, BoundsNesting) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "seq(";
  Lexer lex(deep);
  EXPECT_FALSE(TakeType(&lex).ok());
}

}  // namespace
}  // namespace hasten
