// What DepthToSpace and SpaceToDepth share: the same pairing of elements, read in either direction.
#pragma once
#include "ops/movement.h"

namespace hasten {

struct DepthSpaceAttrs {
  std::optional<int64_t> blocksize;
  std::string mode = "DCR";
};

inline constexpr AttrField kDepthSpaceFields[] = {Field<&DepthSpaceAttrs::blocksize>("blocksize"),
                                                  Field<&DepthSpaceAttrs::mode>("mode")};

// Ranks and attributes.
Status CheckDepthSpace(const InferCall& c);

// Strides of both sides over [batch, channel, row, row in block, column, column in block].
struct DepthSpaceStrides {
  Dims dims, deep, wide;
};
// `deep`: [n, c * b * b, h, w]; the other side is [n, c, h * b, w * b].
DepthSpaceStrides StridesOfBlocks(const Dims& deep, const DepthSpaceAttrs& a);

// Before some opset the mode was always DCR.
Status DownToDcr(OnnxNode& n);

std::vector<Sample> DepthSpaceSamples(const Dims& small, const Dims& odd, const Dims& empty);

}  // namespace hasten
