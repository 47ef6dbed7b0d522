#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct ModAttrs {
  bool fmod = false;
};
constexpr AttrField kFields[] = {Field<&ModAttrs::fmod>("fmod")};

Dim KnownTruncated(const Dim& a, const Dim& b) {
  if (a.is_const() && b.is_const() && !b.is(0) && !b.is(-1)) return a.value() % b.value();
  return NonNegative(a) && NonNegative(b) ? Mod(a, b) : AnyInteger();
}

Dim KnownFloored(const Dim& a, const Dim& b) { return Mod(a, b); }

Status Infer(InferCall& c) {
  PropagateInts(c, c.attrs<ModAttrs>().fmod ? KnownTruncated : KnownFloored);
  return InferBroadcastNumbers(c);
}

// By 0 gives 0, as in numpy.
int64_t Truncated(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

int64_t Floored(int64_t a, int64_t b) {
  const int64_t rest = Truncated(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

uint64_t Natural(uint64_t a, uint64_t b) { return b == 0 ? 0 : a % b; }

double FlooredReal(double a, double b) {
  const double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

Status Eval(KernelCall& c) {
  if (!c.attrs<ModAttrs>().fmod) return EvalBinary(c, {.real = FlooredReal, .integer = Floored, .natural = Natural});
  return EvalBinary(
      c, {.real = [](double a, double b) { return std::fmod(a, b); }, .integer = Truncated, .natural = Natural});
}

constexpr OnnxVersion kVersions[] = {{10}, {13}, {28}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = NumberPairSamples();
  const std::vector<NamedAttr> fmod = {{"fmod", int64_t{1}}};
  out.push_back({"floats, the dividend's sign", {{DType::kF32, {3, 5}, -9, 9}, {DType::kF32, {5}, -2, 2}}, fmod});
  out.push_back({"integers, the dividend's sign", {{DType::kI64, {7}, -9, 9}, {DType::kI64, {}, 4, 4}}, fmod});
  out.push_back({"u16", {{DType::kU16, {7}, 0, 65535}, {DType::kU16, {7}, 1, 99}}, fmod});
  return out;
}

}  // namespace

extern const OpDef kMod = {
    .name = "Mod",
    .doc =
        "y = a - floor(a / b) * b, elementwise with numpy broadcasting: b's sign; with `fmod`, y = a - trunc(a / b) * "
        "b: "
        "a's sign. a: number [d...]; b: the same dtype; y: [broadcast]. Integers by 0 give 0.",
    .attrs = SchemaOf<ModAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "Mod", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
