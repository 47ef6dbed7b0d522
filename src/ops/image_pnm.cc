#include "ops/image_codec.h"

namespace hasten {
namespace {

class Reader {
 public:
  explicit Reader(std::span<const std::byte> file) : file_(file) {}

  // The next decimal number, after white space and comments; -1 where there is none or it is absurd.
  int64_t Number() {
    SkipSpace();
    if (!Digit()) return -1;
    int64_t v = 0;
    while (Digit() && v < (int64_t{1} << 31)) v = v * 10 + (Next() - '0');
    return v;
  }
  // One bit of a plain bitmap: digits need no space between them.
  int64_t Bit() {
    SkipSpace();
    return Digit() ? Next() - '0' : -1;
  }
  // A byte as it is, -1 at the end.
  int Next() { return at_ < file_.size() ? std::to_integer<int>(file_[at_++]) : -1; }
  size_t left() const { return file_.size() - at_; }

 private:
  int Peek() const { return at_ < file_.size() ? std::to_integer<int>(file_[at_]) : -1; }
  bool Digit() const { return Peek() >= '0' && Peek() <= '9'; }
  void SkipSpace() {
    for (int c = Peek(); c == '#' || c == ' ' || (c >= 9 && c <= 13); c = Peek()) {
      if (c == '#')
        while (Peek() != '\n' && Peek() >= 0) ++at_;
      else
        ++at_;
    }
  }
  std::span<const std::byte> file_;
  size_t at_ = 0;
};

}  // namespace

// P1 to P3 are text, P4 to P6 binary; each of bits (1 is black), grey, RGB.
Result<Tensor> DecodePnm(std::span<const std::byte> file, Allocator* allocator) {
  Reader in(file);
  in.Next();
  const int kind = in.Next() - '0';
  const bool binary = kind > 3, bits = kind % 3 == 1;
  const int64_t width = in.Number(), height = in.Number(), largest = bits ? 1 : in.Number();
  if (width < 1 || height < 1 || largest < 1 || largest > 65535)
    return BrokenImage(Str("is a PNM of ", width, "x", height, " pixels up to ", largest));
  if (binary) in.Next();
  const int64_t channels = kind % 3 == 0 ? 3 : 1, bytes = largest > 255 ? 2 : 1;
  const auto samples = static_cast<uint64_t>(width) * static_cast<uint64_t>(channels);
  // Every sample takes at least a bit (P4) or a byte: what is too short is told before memory is asked for.
  if (in.left() / ((kind == 4 ? (samples + 7) / 8 : samples * (binary ? static_cast<uint64_t>(bytes) : 1))) <
      static_cast<uint64_t>(height))
    return BrokenImage("is a PNM that ends too early");
  HASTEN_ASSIGN(Tensor image, AllocateImage(height, width, channels, allocator));
  auto* out = image.as<uint8_t>();
  int packed = 0;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width * channels; ++x) {
      int64_t v = 0;
      if (kind == 4) {
        if (x % 8 == 0) packed = in.Next();
        v = packed >> (7 - x % 8) & 1;
      } else if (binary) {
        for (int64_t b = 0; b < bytes; ++b) v = v << 8 | in.Next();
      } else {
        v = bits ? in.Bit() : in.Number();
      }
      if (v < 0) return BrokenImage("is a PNM that ends too early");
      *out++ = static_cast<uint8_t>(bits ? (v ? 0 : 255) : (std::min(v, largest) * 255 + largest / 2) / largest);
    }
  return image;
}

}  // namespace hasten
