// Bytes as text: base64 (RFC 4648, with padding) and hexadecimal.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hasten {

void AppendBase64(std::string* out, std::span<const std::byte> bytes);
size_t Base64Size(size_t bytes);  // characters; no overflow for what fits in memory
// Fill `out`; false unless the text is all of its encoding and has exactly its size.
bool DecodeBase64(std::string_view text, std::span<std::byte> out);
bool DecodeHex(std::string_view text, std::span<std::byte> out);

}  // namespace hasten
