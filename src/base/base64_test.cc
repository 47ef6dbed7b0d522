#include "base/base64.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace hasten {
namespace {

std::string Encode(std::string_view s) {
  std::string out;
  AppendBase64(&out, std::as_bytes(std::span(s)));
  return out;
}

// RFC 4648, section 10.
TEST(Base64, TestVectors) {
  const std::string_view plain = "foobar";
  const char* const coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (size_t n = 0; n <= plain.size(); ++n) {
    EXPECT_EQ(Encode(plain.substr(0, n)), coded[n]);
    EXPECT_EQ(Base64Size(n), std::strlen(coded[n]));
    std::string out(n, '?');
    EXPECT_TRUE(DecodeBase64(coded[n], std::as_writable_bytes(std::span(out))));
    EXPECT_EQ(out, plain.substr(0, n));
  }
}

TEST(Base64, EveryByteComesBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  std::string out(all.size(), '?');
  EXPECT_TRUE(DecodeBase64(Encode(all), std::as_writable_bytes(std::span(out))));
  EXPECT_EQ(out, all);
}

TEST(Base64, RefusesAnythingElse) {
  std::vector<std::byte> one(1), three(3);
  EXPECT_FALSE(DecodeBase64("Zg==", three));
  EXPECT_FALSE(DecodeBase64("Zh==", one));  // spare bits set
  EXPECT_FALSE(DecodeBase64("Zg=A", one));
  EXPECT_FALSE(DecodeBase64("Z===", one));
  EXPECT_FALSE(DecodeBase64("Zm9v\n", three));
  EXPECT_FALSE(DecodeBase64("Zm-v", three));
  EXPECT_FALSE(
      DecodeBase64("Zm\xff"
                   "v",
                   three));
}

TEST(Hex, Decodes) {
  std::vector<std::byte> out(2);
  EXPECT_TRUE(DecodeHex("0aFf", out));
  EXPECT_EQ(out, (std::vector<std::byte>{std::byte{10}, std::byte{255}}));
  EXPECT_FALSE(DecodeHex("0aF", out));
  EXPECT_FALSE(DecodeHex("0aFg", out));
  EXPECT_FALSE(DecodeHex("0aFf0", out));
}

}  // namespace
}  // namespace hasten
