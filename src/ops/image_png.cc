#include <spng.h>

#include "ops/image_codec.h"

namespace hasten {

Result<Tensor> DecodePng(std::span<const std::byte> file, Allocator* allocator) {
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> png(spng_ctx_new(0), spng_ctx_free);
  if (!png) return Status(Code::kOutOfMemory, "no memory to read a PNG");
  const auto broken = [](int error) { return BrokenImage(Str("is no valid PNG: ", spng_strerror(error))); };
  constexpr size_t kMaxChunk = size_t{64} << 20;
  spng_set_chunk_limits(png.get(), kMaxChunk, kMaxChunk);
  if (const int error = spng_set_png_buffer(png.get(), file.data(), file.size())) return broken(error);
  spng_ihdr header;
  if (const int error = spng_get_ihdr(png.get(), &header)) return broken(error);
  const bool gray = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE && header.bit_depth <= 8;
  const int format = gray ? SPNG_FMT_G8 : SPNG_FMT_RGB8;
  HASTEN_ASSIGN(Tensor image, AllocateImage(header.height, header.width, gray ? 1 : 3, allocator));
  size_t bytes = 0;
  if (const int error = spng_decoded_image_size(png.get(), format, &bytes)) return broken(error);
  if (static_cast<int64_t>(bytes) != image.bytes()) return BrokenImage("is a PNG of an unexpected size");
  if (const int error = spng_decode_image(png.get(), image.data, bytes, format, 0)) return broken(error);
  return image;
}

}  // namespace hasten
