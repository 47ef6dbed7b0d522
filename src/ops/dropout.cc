#include <random>

#include "ops/elementwise.h"
#include "ops/random.h"

namespace hasten::ops {
namespace {

struct DropoutAttrs {
  std::optional<int64_t> seed;
};
constexpr AttrField kFields[] = {Field<&DropoutAttrs::seed>("seed")};
constexpr double kDefaultRatio = 0.5;

Status Infer(InferCall& c) {
  HASTEN_TRY(RequireKind(c, 0, DTypeKind::kFloat));
  HASTEN_TRY(RequireKind(c, 1, DTypeKind::kFloat));
  HASTEN_TRY(RequireKind(c, 2, DTypeKind::kBool));
  for (int i : {1, 2})
    if (c.has(i) && c.shape(i).ranked())
      HASTEN_REQUIRE(!NeverEqual(c.shape(i).elements(), 1), "input ", i, " must be a scalar, has shape ", c.shape(i));
  c.Out(0, c.type(0));
  c.Out(1, DType::kBool, c.shape(0));
  return {};
}

// The part of the elements to drop: none unless in training.
Result<double> RatioOf(const KernelCall& c) {
  for (int i : {1, 2})
    if (c.has(i) && c.input(i).elements() != 1)
      return Status(Code::kInvalidArgument, Str("input ", i, " must be a scalar, is ", c.input(i)));
  if (!c.has(2) || c.input(2).Int(0) == 0) return 0.0;
  const double ratio = c.has(1) ? c.input(1).Double(0) : kDefaultRatio;
  if (!(ratio >= 0 && ratio < 1)) return Status(Code::kInvalidArgument, Str("ratio must be in [0, 1), is ", ratio));
  return ratio;
}

// Uniform in [0, 1).  With a seed the numbers are those of the standard's reference (MT19937, 53 bits a number), so
// that its cases can be checked; without one they are the run's.
class Draws {
 public:
  explicit Draws(const KernelCall& c)
      : seed_(c.attrs<DropoutAttrs>().seed),
        draw_(NextDraw(c)),
        twister_(static_cast<uint32_t>(seed_.value_or(0)) + static_cast<uint32_t>(draw_) * 0x9e3779b9),
        random_(c.services->seed, c.node_key ^ draw_ << 32) {}
  // Numbers from `begin` on; calls come in order.
  void Fill(uint64_t begin, std::span<double> out) {
    if (!seed_) return random_.FillUniform(begin, out);
    for (double& v : out) {
      const uint64_t high = twister_() >> 5, low = twister_() >> 6;
      v = static_cast<double>(high << 26 | low) * 0x1p-53;
    }
  }

 private:
  std::optional<int64_t> seed_;
  uint64_t draw_;  // in a loop, the round
  std::mt19937 twister_;
  Philox random_;
};

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const double ratio, RatioOf(c));
  Draws source(c);
  const Tensor& x = c.input(0);
  double v[kElementwiseTile], draws[kElementwiseTile] = {};
  for (int64_t at = 0, n = x.elements(); at < n; at += kElementwiseTile) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const auto size = static_cast<size_t>(std::min(kElementwiseTile, n - at));
    if (ratio > 0) source.Fill(static_cast<uint64_t>(at), std::span(draws).first(size));
    ReadDoubles(x, at, std::span(v).first(size));
    for (size_t i = 0; i < size; ++i) {
      const bool keep = draws[i] >= ratio;
      if (c.wants(1)) c.output(1).as<bool>()[at + static_cast<int64_t>(i)] = keep;
      v[i] = keep ? v[i] / (1 - ratio) : 0;
    }
    if (c.wants(0)) WriteDoubles(&c.output(0), at, std::span(v).first(size));
  }
  return {};
}

// A helper behind the mask that gives it as `to`; opset 1 spelled types out.
Status CastMask(OnnxNode& n, DType to) {
  if (n.outputs.size() < 2 || n.outputs[1] == kNone) return {};
  constexpr int kCastByNumber = 6;
  const std::string_view name = to == DType::kF16    ? "FLOAT16"
                                : to == DType::kF64  ? "DOUBLE"
                                : to == DType::kBool ? "BOOL"
                                                     : "FLOAT";
  if (n.opset < kCastByNumber)
    n.EmitAfter(1, "Cast", {}, {{"to", std::string(name)}});
  else
    n.EmitAfter(1, "Cast", {}, {{"to", static_cast<int64_t>(to)}});
  return {};
}

// Opsets 1 and 6 could train; models that are run do not.
Status UpFrom6(OnnxNode& n) {
  n.Drop("is_test");
  return {};
}
Status DownTo6(OnnxNode& n) {
  n.Set("is_test", int64_t{1});
  return {};
}

// The mask had the data's dtype.
Status UpFrom7(OnnxNode& n) {
  const DType data = n.TypeOf(0).dtype;
  return CastMask(n, data == DType::kNone ? DType::kF32 : data);
}
Status DownTo7(OnnxNode& n) { return CastMask(n, DType::kBool); }

Status UpFrom10(OnnxNode& n) { return AttrFloatToInput(n, "ratio", 1); }

Status DownTo10(OnnxNode& n) {
  if (n.has(2)) {
    const Tensor* training = n.ConstantOf(2);
    if (!training || training->elements() != 1 || training->Int(0) != 0)
      return Status(Code::kUnsupported, Str("training_mode must be a constant false to be written at opset ", n.opset));
    n.SetInput(2, kNone);
  }
  n.TrimInputs();
  n.Drop("seed");
  return InputToAttrFloat(n, "ratio", 1);
}

constexpr OnnxVersion kVersions[] = {
    {1, DropConsumedInputs}, {6, UpFrom6, DownTo6}, {7, UpFrom7, DownTo7}, {10, UpFrom10, DownTo10}, {12}, {13}, {22}};

std::vector<Sample> Samples() {
  const SampleInput ratio = {DType::kF32, {}, 0.25, 0.25}, training = {DType::kBool, {}, 1, 1};
  const SampleInput absent = {DType::kNone, {}};
  const std::vector<NamedAttr> seed = {{"seed", int64_t{7}}};
  return {{"inference", {{DType::kF32, {3, 5}}}, {}, 2},
          {"a ratio is nothing in inference", {{DType::kF32, {7}}, ratio}, {}, 2},
          {"training", {{DType::kF32, {1033}}, ratio, training}, seed, 2},
          {"training, default ratio", {{DType::kF64, {3, 5}}, absent, training}, seed, 2},
          {"training, another seed", {{DType::kF64, {3, 5}}, absent, training}, {{"seed", int64_t{8}}}, 2},
          {"nothing dropped", {{DType::kF16, {7}}, {DType::kF16, {}, 0, 0}, training}, seed, 2},
          {"scalar", {{DType::kF32, {}}}},
          {"zero-size", {{DType::kF32, {0, 3}}}, {}, 2}};
}

}  // namespace

extern const OpDef kDropout = {
    .name = "Dropout",
    .doc =
        "In inference y = x. In training (input 2 true) each element is dropped with probability `ratio` (input 1, 0.5 "
        "if absent), y = mask * x / (1 - ratio). x, y: float [d...]; ratio: float scalar; training: bool scalar; "
        "mask: bool [d...].",
    .attrs = SchemaOf<DropoutAttrs>(kFields),
    .arity = {1, 3, 1, 2},
    .onnx = {"", "Dropout", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.random = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
