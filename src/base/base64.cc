#include "base/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace hasten {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNot = 0xff;

constexpr std::array<uint8_t, 256> kDigits = [] {
  std::array<uint8_t, 256> digits{};
  digits.fill(kNot);
  for (size_t i = 0; i < kAlphabet.size(); ++i)
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<uint8_t>(i);
  return digits;
}();

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

size_t Base64Size(size_t bytes) { return bytes / 3 * 4 + (bytes % 3 ? 4 : 0); }

void AppendBase64(std::string* out, std::span<const std::byte> bytes) {
  out->reserve(out->size() + Base64Size(bytes.size()));
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k) word = word << 8 | (k < n ? std::to_integer<uint32_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) *out += k <= n ? kAlphabet[word >> (18 - 6 * k) & 63] : '=';
  }
}

bool DecodeBase64(std::string_view text, std::span<std::byte> out) {
  if (text.size() != Base64Size(out.size())) return false;
  for (size_t i = 0, at = 0; i < out.size(); i += 3, at += 4) {
    const size_t n = std::min<size_t>(3, out.size() - i);
    uint32_t word = 0;
    for (size_t k = 0; k < 4; ++k) {
      const uint8_t digit = kDigits[static_cast<unsigned char>(text[at + k])];
      if (k <= n ? digit == kNot : text[at + k] != '=') return false;
      word = word << 6 | (k <= n ? digit : 0);
    }
    for (size_t k = 0; k < n; ++k) out[i + k] = static_cast<std::byte>(word >> (16 - 8 * k));
    if (n < 3 && (word & ((1u << (24 - 8 * n)) - 1)) != 0) return false;  // bits beyond the last byte
  }
  return true;
}

bool DecodeHex(std::string_view text, std::span<std::byte> out) {
  if (text.size() / 2 != out.size() || text.size() % 2 != 0) return false;
  for (size_t i = 0; i < out.size(); ++i) {
    const int high = HexDigit(text[2 * i]), low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::byte>(high << 4 | low);
  }
  return true;
}

}  // namespace hasten
