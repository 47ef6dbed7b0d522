#include "ops/op.h"

namespace hasten::ops {
namespace {

struct BatchNormalizationAttrs {
  float epsilon = 1e-5f, momentum = 0.9f;
  bool training_mode = false;
};

constexpr AttrField kFields[] = {Field<&BatchNormalizationAttrs::epsilon>("epsilon"),
                                 Field<&BatchNormalizationAttrs::momentum>("momentum"),
                                 Field<&BatchNormalizationAttrs::training_mode>("training_mode")};

Status Infer(InferCall& c) {
  for (int i = 0; i < 5; ++i) HASTEN_TRY(c.RequireTensor(i));
  for (int i = 1; i < 5; ++i) HASTEN_TRY(c.RequireRank(i, 1));
  const bool training = c.attrs<BatchNormalizationAttrs>().training_mode;
  for (int i = 1; i < c.outputs(); ++i)
    HASTEN_REQUIRE(training || !c.wanted[i], "output ", i, " needs training_mode 1");
  const Shape& x = c.shape(0);
  Dim channels = Dim::Fresh();
  if (x.ranked()) {
    HASTEN_REQUIRE(x.rank() >= 1, "input 0 must not be a scalar");
    channels = x.rank() > 1 ? x[1] : Dim(1);
    for (int i = 1; i < 5; ++i) HASTEN_TRY(c.RequireDims(i, 0, channels, "channels"));
  }
  c.Out(0, c.type(0));
  c.Out(1, c.dtype(3), {channels});
  c.Out(2, c.dtype(4), {channels});
  c.Out(3, c.dtype(3), {channels});
  c.Out(4, c.dtype(4), {channels});
  return {};
}

struct Layout {
  int64_t batch, channels, plane;
};

Layout LayoutOf(const Dims& d) {
  if (d.rank() == 1) return {d[0], 1, 1};
  return {d[0], d[1], d.Product(2, d.rank())};
}

// Calls f on every element of channel k.
template <class F>
void ForChannel(const Layout& l, int64_t k, std::span<double> x, F f) {
  for (int64_t n = 0; n < l.batch; ++n) {
    double* plane = x.data() + (n * l.channels + k) * l.plane;
    for (int64_t i = 0; i < l.plane; ++i) f(plane[i]);
  }
}

struct Moments {
  double mean = 0, variance = 0;
};

Moments MomentsOf(const Layout& l, int64_t k, std::span<double> x) {
  Moments m;
  const auto count = static_cast<double>(l.batch * l.plane);
  ForChannel(l, k, x, [&](double v) { m.mean += v; });
  m.mean /= count;
  ForChannel(l, k, x, [&](double v) { m.variance += (v - m.mean) * (v - m.mean); });
  m.variance /= count;
  return m;
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<BatchNormalizationAttrs>();
  const Layout l = LayoutOf(c.input(0).dims);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  for (int64_t k = 0; k < l.channels; ++k) {
    const Moments old{c.input(3).Double(k), c.input(4).Double(k)};
    const Moments m = a.training_mode ? MomentsOf(l, k, x) : old;
    const double scale = c.input(1).Double(k) / std::sqrt(m.variance + static_cast<double>(a.epsilon));
    const double shift = c.input(2).Double(k);
    ForChannel(l, k, x, [&](double& v) { v = (v - m.mean) * scale + shift; });
    const double keep = a.momentum;
    if (c.wants(1)) c.output(1).SetDouble(k, old.mean * keep + m.mean * (1 - keep));
    if (c.wants(2)) c.output(2).SetDouble(k, old.variance * keep + m.variance * (1 - keep));
    if (c.wants(3)) c.output(3).SetDouble(k, m.mean);
    if (c.wants(4)) c.output(4).SetDouble(k, m.variance);
  }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

// Statistics per element rather than per channel (spatial = 0): the axes after the batch become one channel axis.
Status Flatten(OnnxNode& n) {
  if (n.opset < 5)
    return Status(Code::kUnsupported, Str("spatial 0 at opset ", n.opset, " must be 1: Reshape takes no shape there"));
  HASTEN_REQUIRE(n.has(0), "input 0 must be there");
  const ValueId shape = n.Emit("Shape", {n.inputs[0]});
  n.inputs[0] = n.Emit("Flatten", {n.inputs[0]}, {{"axis", int64_t{1}}});
  const ValueId all = n.AddConstant(VectorI64(std::vector<int64_t>{-1}));
  for (size_t i = 1; i < n.inputs.size(); ++i)
    if (!n.TypeOf(i).shape.ranked() || n.TypeOf(i).shape.rank() != 1)
      n.inputs[i] = n.Emit("Reshape", {n.inputs[i], all});
  n.EmitAfter(0, "Reshape", {shape});
  return {};
}

Status FromSix(OnnxNode& n) {
  n.Drop("consumed_inputs");
  if (n.Int("is_test", 0) != 0) n.outputs.resize(std::min<size_t>(1, n.outputs.size()));
  n.Drop("is_test");
  return {};
}

Status ToSix(OnnxNode& n) {
  if (n.outputs.size() <= 1) n.Set("is_test", int64_t{1});
  return {};
}

Status ToOne(OnnxNode& n) {
  n.Set("consumed_inputs", std::vector<int64_t>{0, 0, 0, 1, 1});
  return {};
}

Status FromSeven(OnnxNode& n) {
  const auto spatial = n.Take("spatial");
  const int64_t* v = spatial ? std::get_if<int64_t>(&*spatial) : nullptr;
  return v && *v == 0 ? Flatten(n) : Status();
}

// Before version 14 wanting the statistics was what asked for training.
Status FromNine(OnnxNode& n) {
  for (size_t i = 1; i < n.outputs.size(); ++i)
    if (n.outputs[i] != kNone) n.Set("training_mode", int64_t{1});
  return {};
}

Status ToNine(OnnxNode& n) {
  const bool training = n.Int("training_mode", 0) != 0;
  n.Drop("training_mode");
  while (!n.outputs.empty() && n.outputs.back() == kNone) n.outputs.pop_back();
  if (training && n.outputs.size() == 1) n.outputs.push_back(n.graph->AddValue(""));
  return {};
}

constexpr OnnxVersion kVersions[] = {
    {1, FromSix, ToOne}, {6, FromSix, ToSix}, {7, FromSeven, nullptr}, {9, FromNine, ToNine}, {14}, {15}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 5, 7}, -2, 2}, k{DType::kF32, {3}}, v{DType::kF32, {3}, 0.1, 2};
  const NamedAttr training{"training_mode", int64_t{1}};
  return {{"inference", {x, k, k, k, v}},
          {"epsilon", {x, k, k, k, v}, {{"epsilon", 0.5f}}},
          {"training", {x, k, k, k, v}, {training}, 3},
          {"momentum", {x, k, k, k, v}, {training, {"momentum", 0.25f}}, 3},
          {"rank 2", {{DType::kF32, {5, 3}}, k, k, k, v}},
          {"rank 1 is one channel",
           {{DType::kF32, {5}}, {DType::kF32, {1}}, {DType::kF32, {1}}, {DType::kF32, {1}}, {DType::kF32, {1}, 1, 2}}},
          {"no batch", {{DType::kF32, {0, 3, 5}}, k, k, k, v}},
          {"f16 with f32 statistics", {{DType::kF16, {2, 3, 5}}, k, k, k, v}},
          {"f64",
           {{DType::kF64, {2, 3, 5}},
            {DType::kF64, {3}},
            {DType::kF64, {3}},
            {DType::kF64, {3}},
            {DType::kF64, {3}, 0.1, 2}}}};
}

}  // namespace

extern const OpDef kBatchNormalization = {
    .name = "BatchNormalization",
    .doc =
        "y = (x - mean) / sqrt(var + epsilon) * scale + b per channel. In training mode mean and var are those of x "
        "over all other axes (of the population), and running = input * momentum + of x * (1 - momentum). x: float "
        "[N, C, d...] or [N]; scale, b, mean, var: [C]; running_mean, running_var: [C]; outputs 3 and 4, known before "
        "opset 14 alone, are the mean and var of x. Ioffe and Szegedy, 2015.",
    .attrs = SchemaOf<BatchNormalizationAttrs>(kFields),
    .arity = {5, 5, 1, 5},
    .onnx = {"", "BatchNormalization", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
