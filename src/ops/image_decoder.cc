#include "ops/image_codec.h"
#include "ops/op.h"

namespace hasten::ops {
namespace {

struct ImageDecoderAttrs {
  std::string pixel_format = "RGB";
};
constexpr AttrField kFields[] = {Field<&ImageDecoderAttrs::pixel_format>("pixel_format")};

Result<PixelFormat> FormatOf(const Attrs& attrs) {
  const std::string& name = attrs.as<ImageDecoderAttrs>().pixel_format;
  if (name == "RGB") return PixelFormat::kRgb;
  if (name == "BGR") return PixelFormat::kBgr;
  if (name == "Grayscale") return PixelFormat::kGray;
  return Status(Code::kInvalidModel, Str("attribute pixel_format must be RGB, BGR or Grayscale, is ", Quote(name)));
}

Status Infer(InferCall& c) {
  HASTEN_ASSIGN(const PixelFormat format, FormatOf(*c.attributes));
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_TRY(c.RequireRank(0, 1));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || c.dtype(0) == DType::kU8, "input must be of u8, is ", c.type(0));
  c.Out(0, DType::kU8, {Dim::Fresh(), Dim::Fresh(), format == PixelFormat::kGray ? 1 : 3});
  return {};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const PixelFormat format, FormatOf(*c.attributes));
  const Tensor& x = c.input(0);
  auto image = DecodeImage({x.data, static_cast<size_t>(x.elements())}, format, c.services->allocator);
  if (image.ok()) {
    c.Set(0, Value(*std::move(image)));
    return {};
  }
  if (image.code() != Code::kDataLoss) return std::move(image).status();
  // The standard: what cannot be decoded gives an empty matrix.
  return c.Allocate(0, DType::kU8, {0, 0, format == PixelFormat::kGray ? 1 : 3}).status();
}

constexpr OnnxVersion kVersions[] = {{20}};

std::vector<Sample> Samples() {
  // P6 2 1 255, then two pixels
  const SampleInput ppm{DType::kU8, {17}, 0, 0, {80, 54, 10, 50, 32, 49, 10, 50, 53, 53, 10, 10, 20, 30, 200, 100, 0}};
  return {{"RGB", {ppm}},
          {"BGR", {ppm}, {{"pixel_format", std::string("BGR")}}},
          {"grey", {ppm}, {{"pixel_format", std::string("Grayscale")}}},
          {"no image", {{DType::kU8, {5}, 0, 9}}}};
}

}  // namespace

extern const OpDef kImageDecoder = {
    .name = "ImageDecoder",
    .doc =
        "The pixels of an image file given as bytes: u8 [height, width, channels], empty if the data is broken. Reads "
        "JPEG, "
        "PNG, BMP and PBM/PGM/PPM.",
    .attrs = SchemaOf<ImageDecoderAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "ImageDecoder", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
