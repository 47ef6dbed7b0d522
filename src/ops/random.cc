#include "ops/random.h"

#include <bit>

#include "ops/dtype_attr.h"

namespace hasten {

uint64_t NextDraw(const KernelCall& c) { return c.services->draws ? c.services->draws->Next(c.node_key) : 0; }

Philox StreamOf(const KernelCall& c, const std::optional<float>& seed) {
  const uint64_t draw = NextDraw(c) << 32;  // node keys are below
  if (seed) return Philox(std::bit_cast<uint32_t>(*seed), draw);
  return Philox(c.services->seed, c.node_key ^ draw);
}

Result<Shape> RandomShape(const std::vector<int64_t>& shape) {
  HASTEN_REQUIRE(shape.size() <= static_cast<size_t>(Dims::kMaxRank), "attribute shape must have at most ",
                 Dims::kMaxRank, " entries, has ", shape.size());
  HASTEN_TRY(CheckedElements(shape).status());
  return Shape(Dims(shape));
}

Status InferRandom(InferCall& c, std::optional<int64_t> dtype, Shape shape) {
  HASTEN_TRY(c.RequireTensor(0));
  DType type = c.inputs() > 0 ? c.dtype(0) : DType::kF32;
  if (dtype) {
    HASTEN_ASSIGN(type, DTypeFromAttr(*dtype));
  }
  HASTEN_REQUIRE(type == DType::kNone || IsFloat(type), "output must be of floating-point numbers, is of ", Name(type));
  c.Out(0, type, std::move(shape));
  return {};
}

namespace {

Status Fill(KernelCall& c, const Philox& stream, void (Philox::*fill)(uint64_t, std::span<double>) const, double scale,
            double offset) {
  constexpr int64_t kBlock = 4096;
  Tensor& y = c.output(0);
  HASTEN_ASSIGN(const auto block, c.Scratch<double>(kBlock));
  for (int64_t at = 0; at < y.elements(); at += kBlock) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const auto part = block.first(static_cast<size_t>(std::min(kBlock, y.elements() - at)));
    (stream.*fill)(static_cast<uint64_t>(at), part);
    for (double& v : part) v = v * scale + offset;
    WriteDoubles(&y, at, part);
  }
  return {};
}

}  // namespace

Status EvalUniform(KernelCall& c, const std::optional<float>& seed, double scale, double offset) {
  return Fill(c, StreamOf(c, seed), &Philox::FillUniform, scale, offset);
}

Status EvalNormal(KernelCall& c, const std::optional<float>& seed, double scale, double offset) {
  return Fill(c, StreamOf(c, seed), &Philox::FillNormal, scale, offset);
}

}  // namespace hasten
