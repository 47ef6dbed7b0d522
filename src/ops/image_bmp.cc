#include "ops/image_codec.h"

namespace hasten {
namespace {

// Little-endian fields; reads behind the end give 0, and the caller checks sizes before it reads pixels.
uint32_t Read(std::span<const std::byte> file, size_t at, size_t bytes) {
  uint32_t v = 0;
  for (size_t i = 0; i < bytes && at + i < file.size(); ++i) v |= std::to_integer<uint32_t>(file[at + i]) << (8 * i);
  return v;
}

struct Header {
  size_t pixels = 0;  // offset
  int64_t width = 0, height = 0;
  bool top_down = false;
  uint32_t bits = 0;
  uint32_t masks[3] = {};  // of red, green, blue, for 16 and 32 bits
  size_t palette = 0, entry = 4, colours = 0;
};

Result<Header> ReadHeader(std::span<const std::byte> file) {
  Header h;
  h.pixels = Read(file, 10, 4);
  const size_t size = Read(file, 14, 4);
  uint32_t compression = 0;
  if (size == 12) {
    h.width = Read(file, 18, 2);
    h.height = Read(file, 20, 2);
    h.bits = Read(file, 24, 2);
    h.entry = 3;
  } else if (size >= 40 && size <= 124) {
    h.width = static_cast<int32_t>(Read(file, 18, 4));
    h.height = static_cast<int32_t>(Read(file, 22, 4));
    h.bits = Read(file, 28, 2);
    compression = Read(file, 30, 4);
    h.colours = Read(file, 46, 4);
  } else {
    return BrokenImage(Str("is a BMP with a header of ", size, " bytes"));
  }
  h.top_down = h.height < 0;
  h.height = std::abs(h.height);
  constexpr uint32_t kBitFields = 3, kAlphaBitFields = 6;
  const bool fields = compression == kBitFields || compression == kAlphaBitFields;
  if (compression != 0 && !fields)
    return Status(Code::kUnsupported, Str("BMP images must be uncompressed, this one has compression ", compression));
  if (h.bits == 16 || h.bits == 32)
    for (size_t k = 0; k < 3; ++k)
      h.masks[k] = fields ? Read(file, 54 + 4 * k, 4) : h.bits == 16 ? 0x7c00u >> (5 * k) : 0xff0000u >> (8 * k);
  h.palette = 14 + size + (size == 40 && fields ? 12 : 0);
  if (h.bits <= 8 && (h.colours == 0 || h.colours > (1u << h.bits))) h.colours = size_t{1} << h.bits;
  return h;
}

// The field under `mask`, scaled to 0..255.
uint8_t Field(uint32_t pixel, uint32_t mask) {
  if (mask == 0) return 0;
  int shift = 0;
  while (!(mask >> shift & 1)) ++shift;
  const uint64_t largest = mask >> shift, v = (pixel & mask) >> shift;
  return static_cast<uint8_t>((v * 255 + largest / 2) / largest);
}

void ReadPixel(std::span<const std::byte> file, const Header& h, size_t row, size_t x, uint8_t* rgb) {
  if (h.bits > 8) {
    const size_t bytes = h.bits / 8;
    const uint32_t v = Read(file, row + x * bytes, bytes);
    for (size_t k = 0; k < 3; ++k)
      rgb[k] = h.bits == 24 ? static_cast<uint8_t>(v >> (16 - 8 * k)) : Field(v, h.masks[k]);
    return;
  }
  const size_t bit = x * h.bits;
  const uint32_t shift = 8 - h.bits - static_cast<uint32_t>(bit % 8);
  const size_t index = Read(file, row + bit / 8, 1) >> shift & ((1u << h.bits) - 1);
  for (size_t k = 0; k < 3; ++k)
    rgb[k] = index < h.colours ? static_cast<uint8_t>(Read(file, h.palette + index * h.entry + 2 - k, 1)) : uint8_t{0};
}

}  // namespace

Result<Tensor> DecodeBmp(std::span<const std::byte> file, Allocator* allocator) {
  HASTEN_ASSIGN(const Header h, ReadHeader(file));
  if (h.bits != 1 && h.bits != 4 && h.bits != 8 && h.bits != 16 && h.bits != 24 && h.bits != 32)
    return BrokenImage(Str("is a BMP of ", h.bits, " bits per pixel"));
  if (h.width < 1 || h.height < 1) return BrokenImage(Str("is a BMP of ", h.width, "x", h.height, " pixels"));
  const size_t stride = (static_cast<size_t>(h.width) * h.bits + 31) / 32 * 4, rows = static_cast<size_t>(h.height);
  if (h.pixels > file.size() || (file.size() - h.pixels) / stride < rows)
    return BrokenImage("is a BMP that ends too early");
  HASTEN_ASSIGN(Tensor image, AllocateImage(h.height, h.width, 3, allocator));
  auto* out = image.as<uint8_t>();
  for (size_t y = 0; y < rows; ++y) {
    const size_t row = h.pixels + stride * (h.top_down ? y : rows - 1 - y);
    for (size_t x = 0; x < static_cast<size_t>(h.width); ++x, out += 3) ReadPixel(file, h, row, x, out);
  }
  return image;
}

}  // namespace hasten
