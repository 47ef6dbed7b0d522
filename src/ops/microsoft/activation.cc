#include "ops/microsoft/activation.h"

namespace hasten::ops::microsoft {
namespace {

struct Named {
  std::string_view name;
  double (*f)(double x, double a, double b);
  float a = 0, b = 0;
};

constexpr Named kActivations[] = {
    {"", [](double x, double, double) { return x; }},
    {"Relu", [](double x, double, double) { return x < 0 ? 0.0 : x; }},
    {"Tanh", [](double x, double, double) { return std::tanh(x); }},
    {"Sigmoid", [](double x, double, double) { return 1 / (1 + std::exp(-x)); }},
    {"LeakyRelu", [](double x, double a, double) { return x < 0 ? a * x : x; }, 0.01f},
    {"Clip", [](double x, double a, double b) { return x < a   ? a
                                                       : x > b ? b
                                                               : x; },
     std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max()},
    {"HardSigmoid", [](double x, double a, double b) { return std::clamp(a * x + b, 0.0, 1.0); }, 0.2f, 0.5f},
    {"Elu", [](double x, double a, double) { return x < 0 ? a * std::expm1(x) : x; }, 1},
    {"Selu", [](double x, double a, double b) { return b * (x < 0 ? a * std::expm1(x) : x); }, 1.67326319f,
     1.05070102f},
    {"ThresholdedRelu", [](double x, double a, double) { return x > a ? x : 0.0; }, 1},
    {"Softplus", [](double x, double, double) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }},
    {"Softsign", [](double x, double, double) { return x / (1 + std::abs(x)); }},
};

}  // namespace

Result<FusedActivation> FindActivation(std::string_view name, std::optional<float> a, std::optional<float> b) {
  for (const Named& known : kActivations)
    if (known.name == name)
      return FusedActivation{known.f, static_cast<double>(a.value_or(known.a)),
                             static_cast<double>(b.value_or(known.b))};
  return Status(Code::kUnsupported, Str("activation ", Quote(name), " is not known"));
}

}  // namespace hasten::ops::microsoft
