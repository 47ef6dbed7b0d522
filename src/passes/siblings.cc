#include "passes/siblings.h"

namespace hasten {
namespace {

constexpr std::string_view kActivations[] = {
    "Celu",  "Clip", "Elu",     "Erf",  "Exp",      "Gelu",     "HardSigmoid", "HardSwish", "LeakyRelu",      "Mish",
    "PRelu", "Relu", "Sigmoid", "Selu", "Softplus", "Softsign", "Swish",       "Tanh",      "ThresholdedRelu"};

bool IsActivation(std::string_view op) {
  return std::find(std::begin(kActivations), std::end(kActivations), op) != std::end(kActivations);
}

}  // namespace

bool MayFuseWithReaders(const RewriteContext& c, ValueId v) {
  int readers = 0;
  bool is_factor = false;
  for (const Use use : c.value(v).uses) {
    const OpDef* op = c.node(use.node).op;
    if (!op || op->name == "Shape") continue;
    if (IsActivation(op->name)) return true;
    is_factor = is_factor || op->name == "Mul" || op->name == "Div";
    ++readers;
  }
  return readers > 1 && is_factor;  // as in x * f(x)
}

Result<Tensor> JoinAlong(std::span<const Tensor* const> parts, int axis) {
  const auto at_axis = static_cast<size_t>(axis);
  Dims dims = parts[0]->dims;
  dims[at_axis] = 0;
  for (const Tensor* p : parts) dims[at_axis] += p->dims[at_axis];
  HASTEN_ASSIGN(Tensor out, NewTensor(parts[0]->dtype, dims));
  const int64_t outer = dims.Product(0, axis), inner = dims.Product(axis + 1, dims.rank());
  const int64_t row = dims[at_axis] * inner;
  int64_t at = 0;
  for (const Tensor* p : parts) {
    const int64_t width = p->dims[at_axis] * inner;
    for (int64_t i = 0; i < outer; ++i) CopyElements(*p, i * width, &out, i * row + at, width);
    at += width;
  }
  return out;
}

Result<Tensor> PartAlong(const Tensor& whole, int axis, int64_t first, int64_t size) {
  const auto at_axis = static_cast<size_t>(axis);
  Dims dims = whole.dims;
  dims[at_axis] = size;
  HASTEN_ASSIGN(Tensor out, NewTensor(whole.dtype, dims));
  const int64_t outer = dims.Product(0, axis), inner = dims.Product(axis + 1, dims.rank());
  for (int64_t i = 0; i < outer; ++i)
    CopyElements(whole, (i * whole.dims[at_axis] + first) * inner, &out, i * size * inner, size * inner);
  return out;
}

}  // namespace hasten
