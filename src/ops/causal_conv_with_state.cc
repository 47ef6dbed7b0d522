#include "ops/op.h"

namespace hasten::ops {
namespace {

struct CausalConvWithStateAttrs {
  std::string activation = "none";  // or silu, swish: one thing under two names
};
constexpr AttrField kFields[] = {Field<&CausalConvWithStateAttrs::activation>("activation")};

Status Infer(InferCall& c) {
  const std::string& f = c.attrs<CausalConvWithStateAttrs>().activation;
  HASTEN_REQUIRE(f == "none" || f == "silu" || f == "swish", "activation must be none, silu or swish, is ", Quote(f));
  for (int i = 0; i < 4; ++i) HASTEN_TRY(c.RequireTensor(i));
  for (int i = 1; i < 4; ++i) HASTEN_TRY(c.RequireSameDType(0, i));
  for (int i : {0, 1, 3}) HASTEN_TRY(c.RequireRank(i, 3));
  HASTEN_TRY(c.RequireRank(2, 1));
  const Shape x = c.shape(0).ranked() ? c.shape(0) : Shape::Fresh(3);
  HASTEN_TRY(c.RequireDims(1, 0, x[1], "channels"));
  HASTEN_TRY(c.RequireDims(1, 1, 1, "depthwise"));
  HASTEN_TRY(c.RequireDims(2, 0, x[1], "channels"));
  const Dim kernel = c.shape(1).ranked() ? c.shape(1)[2] : Dim::Fresh();
  HASTEN_REQUIRE(!kernel.is(0), "the kernel must not be empty");
  const Shape state{x[0], x[1], kernel - 1};
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireDims(3, i, state[i], "batch, channels, kernel - 1"));
  c.Out(0, c.dtype(0), x);
  c.Out(1, c.dtype(0), state);
  return {};
}

Status Eval(KernelCall& c) {
  const Dims& d = c.input(0).dims;
  const int64_t kernel = c.input(1).dims[2], before = kernel - 1, length = d[2];
  const bool silu = c.attrs<CausalConvWithStateAttrs>().activation != "none";
  HASTEN_ASSIGN(const auto w, c.Doubles(1));
  HASTEN_ASSIGN(const auto line, c.Scratch<double>(before + length));
  HASTEN_ASSIGN(const auto out, c.Scratch<double>(length));
  std::fill(line.begin(), line.end(), 0.0);
  for (int64_t i = 0; i < d[0] * d[1]; ++i) {
    const int64_t channel = i % d[1];
    if (c.has(3)) ReadDoubles(c.input(3), i * before, line.first(static_cast<size_t>(before)));
    ReadDoubles(c.input(0), i * length, line.subspan(static_cast<size_t>(before)));
    const double bias = c.has(2) ? c.input(2).Double(channel) : 0.0;
    for (int64_t t = 0; t < length; ++t) {
      double sum = bias;
      for (int64_t k = 0; k < kernel; ++k) sum += w[channel * kernel + k] * line[t + k];
      out[t] = silu ? sum / (1 + std::exp(-sum)) : sum;
    }
    WriteDoubles(&c.output(0), i * length, out);
    if (c.wants(1)) WriteDoubles(&c.output(1), i * before, line.last(static_cast<size_t>(before)));
  }
  return {};
}

double Flops(const CostCall& c) {
  const auto x = c.in[0].shape.Concrete(), w = c.in[1].shape.Concrete();
  return x && w ? 2.0 * static_cast<double>(x->elements()) * static_cast<double>((*w)[2]) : 0.0;
}

constexpr OnnxVersion kVersions[] = {{27}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const SampleInput x{kF, {2, 3, 7}}, w{kF, {3, 1, 4}}, b{kF, {3}}, none{DType::kNone, {}}, state{kF, {2, 3, 3}};
  return {{"no state", {x, w}, {}, 2},
          {"state and bias", {x, w, b, state}, {}, 2},
          {"silu", {x, w, b, state}, {{"activation", std::string("silu")}}, 2},
          {"one step", {{kF, {2, 3, 1}}, w, none, state}, {}, 2},
          {"kernel of one", {x, {kF, {3, 1, 1}}}, {}, 2},
          {"no batch", {{kF, {0, 3, 7}}, w}, {}, 2},
          {"f16", {{DType::kF16, {1, 3, 5}}, {DType::kF16, {3, 1, 2}}}, {}, 2}};
}

}  // namespace

extern const OpDef kCausalConvWithState = {
    .name = "CausalConvWithState",
    .doc =
        "Depthwise causal convolution: y[n, c, t] = f(bias[c] + sum over k of w[c, 0, k] * s[n, c, t + k]), s being "
        "past_state (or zeros) and then x, along the last axis; f is silu or nothing. x: float [N, C, L]; w: [C, 1, "
        "K]; bias: [C]; past_state: [N, C, K - 1]; y: [N, C, L]; present_state: the last K - 1 of s.",
    .attrs = SchemaOf<CausalConvWithStateAttrs>(kFields),
    .arity = {2, 4, 1, 2},
    .onnx = {"", "CausalConvWithState", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops
