#include "import/onnx/rope.h"

#include <bit>
#include <protozero/varint.hpp>

namespace hasten::onnx {

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie in memory");

void Rope::Copy(std::string_view bytes) {
  if (bytes.empty()) return;
  if (pieces_.empty() || pieces_.back().owned.empty()) pieces_.emplace_back();
  pieces_.back().owned.append(bytes);
  size_ += bytes.size();
}

void Rope::Refer(std::string_view bytes) {
  constexpr size_t kWorthAPiece = 512;
  if (bytes.size() < kWorthAPiece) return Copy(bytes);
  pieces_.push_back({{}, bytes});
  size_ += bytes.size();
}

void Rope::Append(Rope other) {
  for (Piece& p : other.pieces_) {
    if (!p.owned.empty()) {
      Copy(p.owned);
    } else {
      size_ += p.referred.size();
      pieces_.push_back(std::move(p));
    }
  }
}

std::vector<std::string_view> Rope::Pieces() const {
  std::vector<std::string_view> out;
  for (const Piece& p : pieces_) out.push_back(p.owned.empty() ? p.referred : std::string_view(p.owned));
  return out;
}

std::string Rope::Flat() const {
  std::string out;
  out.reserve(size_);
  for (const std::string_view piece : Pieces()) out.append(piece);
  return out;
}

void Rope::Varint(uint64_t v) {
  char buffer[protozero::max_varint_length];
  const int length = protozero::write_varint(buffer, v);
  Copy({buffer, static_cast<size_t>(length)});
}

void Rope::Int(uint32_t field, int64_t v) {
  Key(field, kVarint);
  Varint(static_cast<uint64_t>(v));
}

void Rope::Float(uint32_t field, float v) {
  Key(field, kFixed32);
  Copy({reinterpret_cast<const char*>(&v), sizeof v});
}

void Rope::Bytes(uint32_t field, std::string_view v) {
  Key(field, kLengthDelimited);
  Varint(v.size());
  Copy(v);
}

void Rope::BytesByReference(uint32_t field, std::string_view v) {
  Key(field, kLengthDelimited);
  Varint(v.size());
  Refer(v);
}

void Rope::Message(uint32_t field, Rope message) {
  Key(field, kLengthDelimited);
  Varint(message.size());
  Append(std::move(message));
}

}  // namespace hasten::onnx
