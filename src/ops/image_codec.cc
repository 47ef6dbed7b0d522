#include "ops/image_codec.h"

namespace hasten {
namespace {

constexpr int64_t kMaxPixels = int64_t{1} << 28;

bool StartsWith(std::span<const std::byte> file, std::string_view magic, size_t at = 0) {
  return file.size() >= at + magic.size() && std::memcmp(file.data() + at, magic.data(), magic.size()) == 0;
}

Result<Tensor> DecodeAny(std::span<const std::byte> file, Allocator* allocator) {
  using std::literals::operator""sv;
  if (StartsWith(file, "\xff\xd8\xff")) return DecodeJpeg(file, allocator);
  if (StartsWith(file, "\x89PNG\r\n\x1a\n")) return DecodePng(file, allocator);
  if (StartsWith(file, "BM")) return DecodeBmp(file, allocator);
  if (file.size() > 2 && StartsWith(file, "P") && file[1] >= std::byte{'1'} && file[1] <= std::byte{'6'})
    return DecodePnm(file, allocator);
  std::string_view known;
  if (StartsWith(file, "RIFF") && StartsWith(file, "WEBP", 8)) known = "WebP";
  if (StartsWith(file, "II*\0"sv) || StartsWith(file, "MM\0*"sv)) known = "TIFF";
  if (StartsWith(file, "\0\0\0\x0cjP  "sv) || StartsWith(file, "\xff\x4f\xff\x51")) known = "JPEG 2000";
  if (StartsWith(file, "GIF8")) known = "GIF";
  if (!known.empty())
    return Status(Code::kUnsupported,
                  Str("images must be JPEG, PNG, BMP or PBM/PGM/PPM: this build cannot read ", known));
  return BrokenImage("is in no format that is known");
}

// Luma of ITU-R 601 in 16-bit fixed point, rounded.
uint8_t Luma(const uint8_t* rgb) {
  return static_cast<uint8_t>((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u) >> 16);
}

}  // namespace

Status BrokenImage(std::string_view what) { return Status(Code::kDataLoss, Str("image ", what)); }

Result<Tensor> AllocateImage(int64_t height, int64_t width, int64_t channels, Allocator* allocator) {
  if (height < 1 || width < 1) return BrokenImage(Str("is ", width, "x", height, " pixels"));
  if (height > kMaxPixels / width)
    return Status(Code::kUnsupported,
                  Str("images must have at most ", kMaxPixels, " pixels, this one is ", width, "x", height));
  return allocator->Allocate(DType::kU8, Dims{height, width, channels});
}

Result<Tensor> DecodeImage(std::span<const std::byte> file, PixelFormat format, Allocator* allocator) {
  HASTEN_ASSIGN(Tensor image, DecodeAny(file, allocator));
  const int64_t pixels = image.dims[0] * image.dims[1], channels = image.dims[2];
  auto* p = image.as<uint8_t>();
  if (format == PixelFormat::kBgr && channels == 3)
    for (int64_t i = 0; i < pixels; ++i) std::swap(p[3 * i], p[3 * i + 2]);
  if (channels == (format == PixelFormat::kGray ? 1 : 3)) return image;
  HASTEN_ASSIGN(Tensor out, AllocateImage(image.dims[0], image.dims[1], channels == 1 ? 3 : 1, allocator));
  auto* q = out.as<uint8_t>();
  for (int64_t i = 0; i < pixels; ++i) {
    if (channels == 3)
      q[i] = Luma(p + 3 * i);
    else
      std::fill_n(q + 3 * i, 3, p[i]);
  }
  return out;
}

}  // namespace hasten
