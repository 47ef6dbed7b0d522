#include "ops/depth_space.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  HASTEN_TRY(CheckDepthSpace(c));
  const Shape& x = c.shape(0);
  if (!x.ranked()) {
    c.Out(0, c.dtype(0), Shape::Fresh(4));
    return {};
  }
  const Dim b = *c.attrs<DepthSpaceAttrs>().blocksize;
  for (int i : {2, 3})
    HASTEN_REQUIRE(!NeverEqual(Mod(x[i], b), 0), "dim ", i, " must be a multiple of ", b, ", is ", x[i]);
  return OutShape(c, 0, c.dtype(0), {x[0], x[1] * b * b, FloorDiv(x[2], b), FloorDiv(x[3], b)});
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const DepthSpaceStrides s = StridesOfBlocks(y->dims, c.attrs<DepthSpaceAttrs>());
  CopyStrided(c.input(0), 0, s.wide, y, 0, s.deep, s.dims);
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {13, nullptr, DownToDcr}, {28}};

std::vector<Sample> Samples() { return DepthSpaceSamples({2, 3, 4, 6}, {1, 2, 3, 15}, {0, 1, 2, 2}); }

}  // namespace

extern const OpDef kSpaceToDepth = {
    .name = "SpaceToDepth",
    .doc =
        "x: [n, c, h*b, w*b]; y: [n, c*b*b, h, w] with y[n, k, h, w] = x[n, c, h*b + i, w*b + j], b the blocksize, "
        "k = (i*b + j)*c' + c in mode DCR (c' channels of x) and k = c*b*b + i*b + j in mode CRD. Any dtype.",
    .attrs = SchemaOf<DepthSpaceAttrs>(kDepthSpaceFields),
    .arity = {1, 1},
    .onnx = {"", "SpaceToDepth", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
