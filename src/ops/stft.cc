#include "ops/fourier.h"

namespace hasten::ops {
namespace {

struct StftAttrs {
  bool onesided = true;
};
constexpr AttrField kFields[] = {Field<&StftAttrs::onesided>("onesided")};

enum Input { kSignal, kStep, kWindow, kLength };

// The length of a frame: given, or the window's, or the signal's.
Dim FrameLength(const InferCall& c) {
  if (c.has(kLength)) {
    const auto given = c.KnownOf(kLength);
    return given && given->elements.size() == 1 ? given->elements[0] : Dim::Fresh();
  }
  if (c.has(kWindow)) return c.shape(kWindow).ranked() ? c.shape(kWindow)[0] : Dim::Fresh();
  return c.shape(kSignal).ranked() ? c.shape(kSignal)[1] : Dim::Fresh();
}

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(c.RequireTensor(kWindow));
  for (int i : {kStep, kLength}) {
    HASTEN_TRY(RequireIndices(c, i));
    HASTEN_TRY(RequireOneElement(c, i));
  }
  HASTEN_TRY(c.RequireSameDType(kSignal, kWindow));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || IsFloat(c.dtype(0)), "signal must be floats, is ", c.type(0));
  HASTEN_TRY(c.RequireRank(kSignal, 3));
  HASTEN_TRY(c.RequireRank(kWindow, 1));
  const Shape& x = c.shape(kSignal);
  HASTEN_REQUIRE(!x.ranked() || !(NeverEqual(x[2], 1) && NeverEqual(x[2], 2)),
                 "signal must be [batch, length, 1] (real) or [.., 2] (complex), has shape ", x);
  const Dim length = FrameLength(c);
  HASTEN_TRY(c.RequireDims(kWindow, 0, length, "length of a frame"));
  HASTEN_REQUIRE(!length.is_const() || length.value() >= 1, "a frame must have entries, has ", length);
  const auto step = KnownInt(c, kStep);
  HASTEN_REQUIRE(!step || *step >= 1, "frame_step must be positive, is ", *step);
  Dim frames = Dim::Fresh();
  if (step && x.ranked()) {
    const Dim slack = x[1] - length;
    HASTEN_REQUIRE(!slack.is_const() || slack.value() >= 0, "a frame must fit a signal of ", x[1], ", has ", length);
    frames = FloorDiv(slack, *step) + 1;
  }
  return OutShape(
      c, 0, c.dtype(0),
      {x.ranked() ? x[0] : Dim::Fresh(), frames, c.attrs<StftAttrs>().onesided ? FloorDiv(length, 2) + 1 : length, 2});
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  const Dims& x = c.input(kSignal).dims;
  const int64_t step = c.input(kStep).Int(0), parts = x[2], frames = y->dims[1], bins = y->dims[2];
  const int64_t length = c.has(kLength) ? c.input(kLength).Int(0) : c.has(kWindow) ? c.input(kWindow).elements() : x[1];
  HASTEN_ASSIGN(const auto signal, c.Doubles(kSignal));
  std::span<const double> window;
  if (c.has(kWindow)) {
    HASTEN_ASSIGN(window, c.Doubles(kWindow));
  }
  HASTEN_ASSIGN(const auto factors, TwiddleFactors(c, length));
  HASTEN_ASSIGN(const auto frame, c.Scratch<std::complex<double>>(length));
  HASTEN_ASSIGN(const auto spectrum, c.Scratch<std::complex<double>>(bins));
  for (int64_t i = 0; i < x[0] * frames; ++i) {
    const double* from = signal.data() + (i / frames * x[1] + i % frames * step) * parts;
    for (size_t t = 0; t < frame.size(); ++t, from += parts)
      frame[t] = (window.empty() ? 1 : window[t]) * std::complex<double>(from[0], parts == 2 ? from[1] : 0);
    HASTEN_TRY(Transform(c, frame, factors, false, spectrum));
    for (int64_t k = 0; k < bins; ++k) {
      const std::complex<double> v = spectrum[static_cast<size_t>(k)];
      const double pair[] = {v.real(), v.imag()};
      WriteDoubles(y, (i * bins + k) * 2, pair);
    }
  }
  return {};
}

double Flops(const CostCall& c) {
  const auto y = c.out[0].shape.Concrete();
  if (!y) return 0;
  const auto bins = static_cast<double>((*y)[2]);
  const double n = c.attrs<StftAttrs>().onesided ? 2 * (bins - 1) : bins;
  return TransformFlops(static_cast<double>((*y)[0] * (*y)[1]), n, bins);
}

constexpr OnnxVersion kVersions[] = {{17}};

std::vector<Sample> Samples() {
  const SampleInput real{DType::kF32, {2, 31, 1}}, complex{DType::kF32, {1, 16, 2}}, none{DType::kNone, {}};
  const SampleInput window{DType::kF32, {8}, 0, 1};
  const NamedAttr both{"onesided", int64_t{0}};
  return {{"window", {real, IntScalar(5), window}},
          {"window and length", {real, IntScalar(8), window, IntScalar(8)}},
          {"length alone, odd", {real, IntScalar(3), none, IntScalar(7)}},
          {"both sides", {real, IntScalar(4), window}, {both}},
          {"complex", {complex, IntScalar(4), window}, {both}},
          {"one frame", {real, IntScalar(1)}},
          {"no batch", {{DType::kF32, {0, 16, 1}}, IntScalar(4), window}},
          {"f64", {{DType::kF64, {1, 16, 1}}, IntScalar(4), none, IntScalar(8)}}};
}

}  // namespace

extern const OpDef kStft = {
    .name = "STFT",
    .doc =
        "The Fourier transforms of frames of a signal, frame_step apart, each times the window: y[b, f, k] = sum "
        "over i of window[i] x[b, f * frame_step + i] exp(-2 pi j k i / n). signal: float [B, L, 1] (real) or [B, "
        "L, 2] (complex); frame_step: one integer; window: [n], default ones; frame_length: one integer; y: [B, (L "
        "- n) / step + 1, n / 2 + 1 (onesided) or n, 2].",
    .attrs = SchemaOf<StftAttrs>(kFields),
    .arity = {2, 4},
    .onnx = {"", "STFT", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .samples = Samples,
};

}  // namespace hasten::ops
