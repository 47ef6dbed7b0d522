// Decoding of image files: JPEG, PNG, BMP, PBM/PGM/PPM.
#pragma once
#include <span>

#include "ops/kernel.h"

namespace hasten {

enum class PixelFormat : uint8_t { kRgb, kBgr, kGray };

// The pixels of an image file: u8 [height, width, channels], 3 channels or (kGray) 1.  Palettes and bits are expanded,
// 16-bit samples keep their upper byte, alpha is dropped, grey is the luma of ITU-R 601.
// kDataLoss: broken or unknown data; kUnsupported: a format or variant that this build cannot read, which it names.
Result<Tensor> DecodeImage(std::span<const std::byte> file, PixelFormat format, Allocator* allocator = HeapAllocator());

// One function per format.  Each gives [height, width, 3] as RGB, or [height, width, 1].  Internal to the codec.
Result<Tensor> DecodeJpeg(std::span<const std::byte> file, Allocator* allocator);
Result<Tensor> DecodePng(std::span<const std::byte> file, Allocator* allocator);
Result<Tensor> DecodeBmp(std::span<const std::byte> file, Allocator* allocator);
Result<Tensor> DecodePnm(std::span<const std::byte> file, Allocator* allocator);
// Memory for an image, after a check of its size.
Result<Tensor> AllocateImage(int64_t height, int64_t width, int64_t channels, Allocator* allocator);
Status BrokenImage(std::string_view what);

}  // namespace hasten
