// A protobuf message being written: small parts copied, weights by reference, so that a model of gigabytes is never
// copied into one string.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hasten::onnx {

class Rope {
 public:
  void Copy(std::string_view bytes);
  void Refer(std::string_view bytes);  // the bytes outlive the rope
  void Append(Rope other);
  uint64_t size() const { return size_; }
  std::vector<std::string_view> Pieces() const;
  std::string Flat() const;

  // Fields of the message.
  void Int(uint32_t field, int64_t v);
  void Float(uint32_t field, float v);
  void Bytes(uint32_t field, std::string_view v);
  void BytesByReference(uint32_t field, std::string_view v);
  void Message(uint32_t field, Rope message);
  void TextUnlessEmpty(uint32_t field, std::string_view v) {
    if (!v.empty()) Bytes(field, v);
  }

 private:
  enum WireType : uint32_t { kVarint = 0, kLengthDelimited = 2, kFixed32 = 5 };
  struct Piece {
    std::string owned;
    std::string_view referred;  // used if owned is empty
  };
  void Key(uint32_t field, WireType type) { Varint(uint64_t{field} << 3 | type); }
  void Varint(uint64_t v);
  std::vector<Piece> pieces_;
  uint64_t size_ = 0;
};

}  // namespace hasten::onnx
