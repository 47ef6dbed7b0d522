// The only file that sees libjpeg, whose errors are longjmps.
#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

#include "ops/image_codec.h"

namespace hasten {
namespace {

constexpr int kMaxScans = 500;  // a progressive file may hold scans without end

// Plain data only: longjmp runs no destructors.
struct Decoder {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void Escape(j_common_ptr jpeg) {
  auto* decoder = static_cast<Decoder*>(jpeg->client_data);
  (*jpeg->err->format_message)(jpeg, decoder->message);
  std::longjmp(decoder->escape, 1);
}

void Ignore(j_common_ptr) {}

void LimitScans(j_common_ptr jpeg) {
  auto* decoder = static_cast<Decoder*>(jpeg->client_data);
  if (decoder->jpeg.input_scan_number <= kMaxScans) return;
  std::snprintf(decoder->message, sizeof decoder->message, "more than %d scans", kMaxScans);
  std::longjmp(decoder->escape, 1);
}

void Create(Decoder* d) {
  d->jpeg.err = jpeg_std_error(&d->errors);
  d->errors.error_exit = Escape;
  d->errors.output_message = Ignore;
  d->jpeg.client_data = d;
  jpeg_create_decompress(&d->jpeg);
  d->jpeg.client_data = d;  // jpeg_create_decompress keeps it; said again for libraries that do not
}

// Each of these holds no object with a destructor; false: d->message says why.
bool Start(Decoder* d, std::span<const std::byte> file) {
  if (setjmp(d->escape)) return false;
  Create(d);
  jpeg_mem_src(&d->jpeg, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&d->jpeg, TRUE);
  d->progress.progress_monitor = LimitScans;
  d->jpeg.progress = &d->progress;
  const J_COLOR_SPACE space = d->jpeg.jpeg_color_space;
  if (space == JCS_GRAYSCALE)
    d->jpeg.out_color_space = JCS_GRAYSCALE;
  else if (space == JCS_CMYK || space == JCS_YCCK)
    d->jpeg.out_color_space = JCS_CMYK;
  else
    d->jpeg.out_color_space = JCS_RGB;
  jpeg_calc_output_dimensions(&d->jpeg);
  return true;
}

// `row` holds one row of the output colour space; where it has 4 channels, they become 3 in `pixels`.
bool Read(Decoder* d, uint8_t* pixels, size_t stride, uint8_t* row) {
  if (setjmp(d->escape)) return false;
  jpeg_start_decompress(&d->jpeg);
  while (d->jpeg.output_scanline < d->jpeg.output_height) {
    uint8_t* to = pixels + d->jpeg.output_scanline * stride;
    JSAMPROW rows[] = {row ? row : to};
    jpeg_read_scanlines(&d->jpeg, rows, 1);
    if (!row) continue;
    for (size_t x = 0; x < d->jpeg.output_width; ++x)
      for (size_t k = 0; k < 3; ++k) {
        // Adobe writes CMYK inverted: 255 is no ink.
        const unsigned ink = d->jpeg.saw_Adobe_marker ? row[4 * x + k] : 255u - row[4 * x + k];
        const unsigned key = d->jpeg.saw_Adobe_marker ? row[4 * x + 3] : 255u - row[4 * x + 3];
        to[3 * x + k] = static_cast<uint8_t>((ink * key + 127) / 255);
      }
  }
  jpeg_finish_decompress(&d->jpeg);
  return true;
}

Result<Tensor> Decode(Decoder* d, std::span<const std::byte> file, Allocator* allocator) {
  if (!Start(d, file)) return BrokenImage(Str("is no valid JPEG: ", d->message));
  const int channels = d->jpeg.out_color_space == JCS_GRAYSCALE ? 1 : 3;
  HASTEN_ASSIGN(Tensor image, AllocateImage(d->jpeg.output_height, d->jpeg.output_width, channels, allocator));
  std::vector<uint8_t> row(d->jpeg.out_color_space == JCS_CMYK ? size_t{4} * d->jpeg.output_width : 0);
  if (!Read(d, image.as<uint8_t>(), static_cast<size_t>(channels) * d->jpeg.output_width,
            row.empty() ? nullptr : row.data()))
    return BrokenImage(Str("is no valid JPEG: ", d->message));
  return image;
}

}  // namespace

Result<Tensor> DecodeJpeg(std::span<const std::byte> file, Allocator* allocator) {
  const auto decoder = std::make_unique<Decoder>();
  Result<Tensor> image = Decode(decoder.get(), file, allocator);
  jpeg_destroy_decompress(&decoder->jpeg);
  return image;
}

}  // namespace hasten
