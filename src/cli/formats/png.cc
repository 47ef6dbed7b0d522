#include "cli/formats/png.h"

#include <spng.h>

#include <cstdlib>

namespace hasten::cli {

Result<std::string> EncodePng(const Tensor& picture) {
  struct Deleter {
    void operator()(spng_ctx* context) const { spng_ctx_free(context); }
    void operator()(void* bytes) const { std::free(bytes); }
  };
  const std::unique_ptr<spng_ctx, Deleter> context(spng_ctx_new(SPNG_CTX_ENCODER));
  if (!context) return Status(Code::kOutOfMemory, "not enough memory for a PNG file");
  spng_ihdr header = {};
  header.width = static_cast<uint32_t>(picture.dims[1]);
  header.height = static_cast<uint32_t>(picture.dims[0]);
  header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
  header.bit_depth = 8;
  spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1);
  int error = spng_set_ihdr(context.get(), &header);
  if (error == 0)
    error = spng_encode_image(context.get(), picture.data, static_cast<size_t>(picture.bytes()), SPNG_FMT_PNG,
                              SPNG_ENCODE_FINALIZE);
  size_t size = 0;
  std::unique_ptr<void, Deleter> bytes;
  if (error == 0) bytes.reset(spng_get_png_buffer(context.get(), &size, &error));
  if (!bytes) return Status(Code::kInternal, Str("PNG: ", spng_strerror(error)));
  return std::string(static_cast<const char*>(bytes.get()), size);
}

}  // namespace hasten::cli
