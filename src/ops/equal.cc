#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  PropagateToBool(c, [](const Dim& a, const Dim& b) -> Dim {
    return a == b ? Dim(1) : NeverEqual(a, b) ? Dim(0) : Dim::Fresh();
  });
  return InferBroadcastToBool(c);
}

Status Eval(KernelCall& c) {
  return EvalCompare(c, {.real = [](double a, double b) { return a == b; },
                         .integer = [](int64_t a, int64_t b) { return a == b; },
                         .natural = [](uint64_t a, uint64_t b) { return a == b; },
                         .string = [](const std::string& a, const std::string& b) { return a == b; }});
}

constexpr OnnxVersion kVersions[] = {{1, UpgradeLegacyBroadcast, DowngradeCommutative}, {7}, {11}, {13}, {19}};

std::vector<Sample> Samples() {
  std::vector<Sample> out = NumberPairSamples();
  out.push_back({"bool", {{DType::kBool, {2, 1}, 0, 0, {0, 1}}, {DType::kBool, {2}, 0, 0, {0, 1}}}});
  out.push_back(
      {"strings", {{DType::kString, {2, 1}, 0, 0, {}, {"", "a"}}, {DType::kString, {3}, 0, 0, {}, {"a", "b", ""}}}});
  return out;
}

}  // namespace

extern const OpDef kEqual = {
    .name = "Equal",
    .doc =
        "y = a == b, elementwise with numpy broadcasting. a: any real dtype, bool or string [d...]; b: the same dtype; "
        "y: bool [broadcast]. NaN equals nothing.",
    .arity = {2, 2},
    .onnx = {"", "Equal", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .commutative = true, .exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops
