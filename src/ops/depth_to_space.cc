#include "ops/depth_space.h"

namespace hasten {

Status CheckDepthSpace(const InferCall& c) {
  const auto& a = c.attrs<DepthSpaceAttrs>();
  constexpr int64_t kMaxBlock = int64_t{1} << 30;
  HASTEN_REQUIRE(a.blocksize && *a.blocksize > 0 && *a.blocksize <= kMaxBlock, "attribute 'blocksize' must be in [1, ",
                 kMaxBlock, "], is ", a.blocksize.value_or(0));
  HASTEN_REQUIRE(a.mode == "DCR" || a.mode == "CRD", "mode must be DCR or CRD, is ", Quote(a.mode));
  HASTEN_TRY(RequireTensors(c, 1));
  return c.RequireRank(0, 4);
}

DepthSpaceStrides StridesOfBlocks(const Dims& deep, const DepthSpaceAttrs& a) {
  const int64_t b = *a.blocksize, c = deep[1] / (b * b), h = deep[2], w = deep[3], plane = h * w;
  const int64_t of_channel = a.mode == "DCR" ? plane : b * b * plane, of_block = a.mode == "DCR" ? c * plane : plane;
  return {{deep[0], c, h, b, w, b},
          {deep[1] * plane, of_channel, w, b * of_block, 1, of_block},
          {deep[1] * plane, b * b * plane, b * b * w, b * w, b, 1}};
}

Status DownToDcr(OnnxNode& n) {
  const std::string* mode = n.Get<std::string>("mode");
  if (mode && *mode != "DCR")
    return Status(Code::kUnsupported, Str(n.type, " with mode ", *mode, " cannot be written at opset ", n.opset));
  n.Drop("mode");
  return {};
}

std::vector<Sample> DepthSpaceSamples(const Dims& small, const Dims& odd, const Dims& empty) {
  const auto attrs = [](int64_t b, std::string mode) {
    return std::vector<NamedAttr>{{"blocksize", b}, {"mode", std::move(mode)}};
  };
  return {{"depth first", {{DType::kF32, small}}, attrs(2, "DCR")},
          {"column first", {{DType::kF32, small}}, attrs(2, "CRD")},
          {"blocks of 3", {{DType::kU8, odd, 0, 255}}, attrs(3, "CRD")},
          {"blocks of 1", {{DType::kF16, odd}}, attrs(1, "DCR")},
          {"empty", {{DType::kF32, empty}}, attrs(2, "DCR")}};
}

namespace ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(CheckDepthSpace(c));
  const Shape& x = c.shape(0);
  if (!x.ranked()) {
    c.Out(0, c.dtype(0), Shape::Fresh(4));
    return {};
  }
  const Dim b = *c.attrs<DepthSpaceAttrs>().blocksize;
  HASTEN_REQUIRE(!NeverEqual(Mod(x[1], b * b), 0), "channels must be a multiple of ", b * b, ", are ", x[1]);
  return OutShape(c, 0, c.dtype(0), {x[0], FloorDiv(x[1], b * b), x[2] * b, x[3] * b});
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const DepthSpaceStrides s = StridesOfBlocks(c.input(0).dims, c.attrs<DepthSpaceAttrs>());
  CopyStrided(c.input(0), 0, s.deep, y, 0, s.wide, s.dims);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, nullptr, DownToDcr}, {11}, {13}, {28}};

std::vector<Sample> Samples() { return DepthSpaceSamples({2, 8, 2, 3}, {1, 18, 1, 5}, {0, 4, 2, 2}); }

}  // namespace

extern const OpDef kDepthToSpace = {
    .name = "DepthToSpace",
    .doc =
        "x: [n, c*b*b, h, w]; y: [n, c, h*b, w*b] with y[n, c, h*b + i, w*b + j] = x[n, k, h, w], b the blocksize, "
        "k = (i*b + j)*c' + c in mode DCR (c' channels of y) and k = c*b*b + i*b + j in mode CRD. Any dtype.",
    .attrs = SchemaOf<DepthSpaceAttrs>(kDepthSpaceFields),
    .arity = {1, 1},
    .onnx = {"", "DepthToSpace", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace ops
}  // namespace hasten
