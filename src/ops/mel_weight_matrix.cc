#include "ops/dtype_attr.h"
#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct MelWeightMatrixAttrs {
  int64_t output_datatype = 1;
};
constexpr AttrField kFields[] = {Field<&MelWeightMatrixAttrs::output_datatype>("output_datatype")};

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireTensors(c, 5));
  for (int i = 0; i < 5; ++i) HASTEN_TRY(RequireOneElement(c, i));
  for (int i = 0; i < 3; ++i) HASTEN_TRY(RequireIndices(c, i));
  for (int i : {3, 4})
    HASTEN_REQUIRE(c.dtype(i) == DType::kNone || IsFloat(c.dtype(i)), "input ", i, " must be a float, is ", c.type(i));
  HASTEN_ASSIGN(const DType dtype, DTypeFromAttr(c.attrs<MelWeightMatrixAttrs>().output_datatype));
  HASTEN_REQUIRE(IsFloat(dtype) || IsInteger(dtype), "output_datatype must be of numbers, is ", Name(dtype));
  const auto bins = KnownInt(c, 0), length = KnownInt(c, 1), rate = KnownInt(c, 2);
  HASTEN_REQUIRE(!length || *length >= 0, "dft_length must not be negative, is ", *length);
  HASTEN_REQUIRE(!rate || *rate > 0, "sample_rate must be positive, is ", *rate);
  return OutShape(c, 0, dtype, {length ? Dim(*length / 2 + 1) : Dim::Fresh(), bins ? Dim(*bins) : Dim::Fresh()});
}

// Spectrogram bins at the edges of the triangles: equal steps on the mel scale, from the lower edge to the upper one.
std::span<int64_t> FillEdges(const KernelCall& c, std::span<int64_t> edges) {
  const auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  const double low = mel(c.input(3).Double(0)), high = mel(c.input(4).Double(0));
  const double step = (high - low) / static_cast<double>(edges.size());
  for (size_t i = 0; i < edges.size(); ++i) {
    const double hertz = 700 * (std::pow(10, (static_cast<double>(i) * step + low) / 2595) - 1);
    const double bin = std::floor((c.input(1).Double(0) + 1) * hertz / c.input(2).Double(0));
    edges[i] = bin >= 0 && bin < 0x1p60 ? static_cast<int64_t>(bin) : -1;
  }
  return edges;
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const int64_t rows = y->dims[0], bands = y->dims[1];
  HASTEN_ASSIGN(const auto scratch, c.Scratch<int64_t>(bands + 2));
  const auto edges = FillEdges(c, scratch);
  FillZero(y);
  for (int64_t band = 0; band < bands; ++band) {
    const int64_t* edge = edges.data() + band;
    const int64_t last = std::max(edge[1], edge[2] - 1);
    if (edge[0] < 0 || edge[1] < edge[0] || edge[2] < edge[1] || last >= rows)
      return Status(Code::kInvalidArgument,
                    Str("bands must lie in ", rows, " spectrogram bins, one is from ", edge[0], " to ", edge[2]));
    const auto rising = static_cast<double>(edge[1] - edge[0]), falling = static_cast<double>(edge[2] - edge[1]);
    for (int64_t j = edge[0]; j <= edge[1]; ++j)
      y->SetDouble(j * bands + band, rising == 0 ? 1 : static_cast<double>(j - edge[0]) / rising);
    for (int64_t j = edge[1]; j < edge[2]; ++j)
      y->SetDouble(j * bands + band, static_cast<double>(edge[2] - j) / falling);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{17}};

std::vector<Sample> Samples() {
  const auto inputs = [](double bands, double length, double rate, double low, double high) {
    return std::vector<SampleInput>{IntScalar(bands),
                                    IntScalar(length),
                                    IntScalar(rate),
                                    {DType::kF32, {}, 0, 0, {low}},
                                    {DType::kF32, {}, 0, 0, {high}}};
  };
  return {{"speech", inputs(20, 512, 16000, 50, 7600)},
          {"narrow bands", inputs(40, 64, 8000, 0, 4000)},
          {"odd length, f64", inputs(3, 31, 8192, 100, 3000), {{"output_datatype", int64_t{11}}}},
          {"no bands", inputs(0, 16, 8192, 0, 4096)}};
}

}  // namespace

extern const OpDef kMelWeightMatrix = {
    .name = "MelWeightMatrix",
    .doc =
        "Weights [dft_length / 2 + 1, num_mel_bins] that turn a spectrogram into num_mel_bins triangular bands "
        "with peak 1, equally spaced in mel(f) = 2595 log10(1 + f / 700) between two edges in hertz. Inputs, one "
        "number each: num_mel_bins, dft_length, sample_rate (integers), lower and upper edge (floats).",
    .attrs = SchemaOf<MelWeightMatrixAttrs>(kFields),
    .arity = {5, 5},
    .onnx = {"", "MelWeightMatrix", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops
