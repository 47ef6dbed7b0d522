#include "ops/movement.h"
#include "ops/window.h"

namespace hasten::ops {
namespace {

using Col2ImAttrs = WindowAttrs;
constexpr AttrField kFields[] = {Field<&Col2ImAttrs::dilations>("dilations"), Field<&Col2ImAttrs::pads>("pads"),
                                 Field<&Col2ImAttrs::strides>("strides")};

Status InferImage(const InferCall& c, const std::vector<Dim>& image, const std::vector<Dim>& block, Shape* y) {
  const Shape& x = c.shape(0);
  HASTEN_REQUIRE(image.size() == block.size(), "image_shape and block_shape must have one length, have ", image.size(),
                 " and ", block.size());
  HASTEN_REQUIRE(image.size() + 2 <= Dims::kMaxRank, "must have at most ", Dims::kMaxRank - 2, " spatial axes");
  for (const auto* dims : {&image, &block})
    for (const Dim& d : *dims) HASTEN_REQUIRE(!d.is_const() || d.value() >= 1, "shapes must be positive, one is ", d);
  HASTEN_TRY(CheckWindow(c.attrs<Col2ImAttrs>(), static_cast<int>(image.size())));
  const Dim per_channel = Shape(block).elements();
  HASTEN_REQUIRE(!x.ranked() || !NeverEqual(Mod(x[1], per_channel), 0), "dim 1 must be a multiple of ", per_channel,
                 ", input is ", x);
  HASTEN_ASSIGN(const auto blocks, WindowOutputs(c.attrs<Col2ImAttrs>(), false, image, block));
  HASTEN_TRY(c.RequireDims(0, 2, Shape(blocks).elements(), "number of blocks"));
  std::vector<Dim> dims{x.ranked() ? x[0] : Dim::Fresh(), x.ranked() ? FloorDiv(x[1], per_channel) : Dim::Fresh()};
  dims.insert(dims.end(), image.begin(), image.end());
  *y = Shape(std::move(dims));
  return {};
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 3));
  HASTEN_TRY(c.RequireRank(0, 3));
  HASTEN_TRY(RequireIndices(c, 1));
  HASTEN_TRY(RequireIndices(c, 2));
  const auto image = c.KnownOf(1), block = c.KnownOf(2);
  Shape y;
  if (image && block)
    HASTEN_TRY(InferImage(c, image->elements, block->elements, &y));
  else if (c.shape(1).ranked() && c.shape(1).elements().is_const() &&
           c.shape(1).elements().value() <= Dims::kMaxRank - 2)
    y = Shape::Fresh(static_cast<int>(c.shape(1).elements().value()) + 2);
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

// Adds column elements [plane][kernel place][block] to image elements [plane][place].
template <class T>
void AddColumns(std::span<const WindowRun> runs, int64_t planes, int64_t kernel, int64_t blocks, int64_t size,
                const T* columns, T* image) {
  for (int64_t p = 0; p < planes; ++p, columns += kernel * blocks, image += size)
    for (const WindowRun& r : runs)
      for (int64_t i = 0; i < r.count; ++i) image[r.in + i * r.step] += columns[r.kernel * blocks + r.out + i];
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const auto& a = c.attrs<Col2ImAttrs>();
  HASTEN_ASSIGN(const auto block, c.Ints(2));
  const std::span<const int64_t> image = y->dims.span().subspan(2);
  std::vector<Dim> image_dims(image.begin(), image.end()), block_dims(block.begin(), block.end());
  HASTEN_ASSIGN(const auto counts, WindowOutputs(a, false, image_dims, block_dims));
  Dims out;
  for (const Dim& d : counts) out.push_back(d.value());
  HASTEN_ASSIGN(const auto runs, WindowRuns(c, MakeWindow(a, image, block, out)));
  const int64_t planes = y->dims[0] * y->dims[1], kernel = Dims(block).elements(), size = Dims(image).elements();
  if (LaneOf(y->dtype) == Lane::kDouble) {
    HASTEN_ASSIGN(const auto columns, c.Doubles(0));
    HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y->elements()));
    std::fill(sum.begin(), sum.end(), 0.0);
    AddColumns(runs, planes, kernel, out.elements(), size, columns.data(), sum.data());
    WriteDoubles(y, 0, sum);
    return {};
  }
  if (y->dtype == DType::kString || LaneOf(y->dtype) == Lane::kComplex)
    return Status(Code::kUnsupported, Str("has no reference for ", Name(y->dtype)));
  HASTEN_ASSIGN(const auto columns, c.Ints(0));
  HASTEN_ASSIGN(const auto sum, c.Scratch<uint64_t>(y->elements()));
  std::fill(sum.begin(), sum.end(), 0);
  AddColumns(runs, planes, kernel, out.elements(), size, reinterpret_cast<const uint64_t*>(columns.data()), sum.data());
  WriteInts(y, 0, {reinterpret_cast<const int64_t*>(sum.data()), sum.size()});
  return {};
}

constexpr OnnxVersion kVersions[] = {{18}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  return {{"blocks side by side", {{DType::kF32, {2, 10, 5}}, IntList({5, 5}), IntList({1, 5})}},
          {"strides", {{DType::kF32, {1, 9, 4}}, IntList({5, 5}), IntList({3, 3})}, {{"strides", Ints{2, 2}}}},
          {"pads", {{DType::kF32, {1, 5, 15}}, IntList({5, 5}), IntList({1, 5})}, {{"pads", Ints{0, 1, 0, 1}}}},
          {"dilations", {{DType::kF32, {1, 4, 5}}, IntList({6, 6}), IntList({2, 2})}, {{"dilations", Ints{1, 5}}}},
          {"3-D", {{DType::kF32, {1, 10, 12}}, IntList({3, 4, 5}), IntList({1, 1, 5})}},
          {"i32", {{DType::kI32, {1, 4, 4}, -9, 9}, IntList({3, 3}), IntList({2, 2})}},
          {"no batch", {{DType::kF32, {0, 5, 5}}, IntList({5, 5}), IntList({1, 5})}}};
}

}  // namespace

extern const OpDef kCol2Im = {
    .name = "Col2Im",
    .doc =
        "Adds up blocks of an image where they lie: y[n, c, o * stride - pad + k * dilation] += x[n, c * K + k, o] "
        "for every place k in the block (K of them) and block o that is inside. x: [N, C * K, L]; image_shape: i64 "
        "[r]; block_shape: i64 [r]; y: [N, C, image...]. Numbers; integers wrap.",
    .attrs = SchemaOf<Col2ImAttrs>(kFields),
    .arity = {3, 3},
    .onnx = {"", "Col2Im", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
