#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct LrnAttrs {
  float alpha = 0.0001f, beta = 0.75f, bias = 1;
  int64_t size = 0;
};

constexpr AttrField kFields[] = {Field<&LrnAttrs::alpha>("alpha"), Field<&LrnAttrs::beta>("beta"),
                                 Field<&LrnAttrs::bias>("bias"), Field<&LrnAttrs::size>("size")};

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  const int64_t size = c.attrs<LrnAttrs>().size;
  HASTEN_REQUIRE(size >= 1, "size must be given and at least 1, is ", size);
  HASTEN_REQUIRE(!c.shape(0).ranked() || c.shape(0).rank() >= 2, "input 0 must have rank 2 at least, has shape ",
                 c.shape(0));
  return InferSameAsInput(c);
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<LrnAttrs>();
  const Dims& d = c.input(0).dims;
  const int64_t channels = d[1], plane = d.Product(2, d.rank());
  const double alpha = a.alpha, beta = a.beta, bias = a.bias;
  const int64_t below = std::min((a.size - 1) / 2, channels), above = std::min(a.size / 2, channels);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(plane));
  for (int64_t i = 0; i < d[0] * channels; ++i) {
    const int64_t at = i % channels;
    std::fill(y.begin(), y.end(), 0.0);
    for (int64_t k = std::max<int64_t>(0, at - below); k <= std::min(channels - 1, at + above); ++k) {
      const double* from = x.data() + (i - at + k) * plane;
      for (int64_t j = 0; j < plane; ++j) y[j] += from[j] * from[j];
    }
    for (int64_t j = 0; j < plane; ++j)
      y[j] = x[i * plane + j] / std::pow(bias + alpha / static_cast<double>(a.size) * y[j], beta);
    WriteDoubles(&c.output(0), i * plane, y);
  }
  return {};
}

double Flops(const CostCall& c) {
  const auto x = c.in[0].shape.Concrete();
  return x ? 2.0 * static_cast<double>(c.attrs<LrnAttrs>().size + 2) * static_cast<double>(x->elements()) : 0.0;
}

constexpr OnnxVersion kVersions[] = {{1}, {13}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 7, 3, 5}, -2, 2};
  const NamedAttr size{"size", int64_t{3}};
  return {{"odd size", {x}, {size}},
          {"even size reaches further up", {x}, {{"size", int64_t{4}}, {"alpha", 1.0f}}},
          {"alpha", {x}, {size, {"alpha", 0.5f}}},
          {"beta", {x}, {size, {"alpha", 0.5f}, {"beta", 0.5f}}},
          {"bias", {x}, {size, {"bias", 2.0f}}},
          {"wider than the channels", {x}, {{"size", int64_t{31}}, {"alpha", 1.0f}}},
          {"one channel", {{DType::kF32, {1, 1, 5}}}, {size}},
          {"no batch", {{DType::kF32, {0, 3, 5}}}, {size}},
          {"f16", {{DType::kF16, {1, 3, 5}}}, {size, {"alpha", 1.0f}}}};
}

}  // namespace

extern const OpDef kLrn = {
    .name = "LRN",
    .doc =
        "Local response normalisation over channels: y[n, c] = x[n, c] / (bias + alpha / size * sum of x[n, "
        "i]^2)^beta, i in [c - floor((size - 1) / 2), c + ceil((size - 1) / 2)] within the channels. x: float [N, C, "
        "d...]; y: the same. Krizhevsky et al., 2012.",
    .attrs = SchemaOf<LrnAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "LRN", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops
