#include "ops/recurrent.h"

namespace hasten {
namespace {

struct Named {
  std::string_view name;
  double (*f)(double x, double a, double b);
  bool has_alpha = false, has_beta = false;
  double alpha = 0, beta = 0;  // where the lists say nothing
};

constexpr Named kActivations[] = {
    {"relu", [](double x, double, double) { return x > 0 || std::isnan(x) ? x : 0.0; }},
    {"tanh", [](double x, double, double) { return std::tanh(x); }},
    {"sigmoid", [](double x, double, double) { return 1 / (1 + std::exp(-x)); }},
    {"affine", [](double x, double a, double b) { return a * x + b; }, true, true, 1, 0},
    {"leakyrelu", [](double x, double a, double) { return x >= 0 ? x : a * x; }, true, false, 0.01f},
    {"thresholdedrelu", [](double x, double a, double) { return x >= a ? x : 0.0; }, true, false, 1},
    {"scaledtanh", [](double x, double a, double b) { return a * std::tanh(b * x); }, true, true, 1, 1},
    {"hardsigmoid", [](double x, double a, double b) { return std::clamp(a * x + b, 0.0, 1.0); }, true, true, 0.2f,
     0.5},
    {"elu", [](double x, double a, double) { return x >= 0 ? x : a * std::expm1(x); }, true, false, 1},
    {"softsign", [](double x, double, double) { return x / (1 + std::abs(x)); }},
    {"softplus", [](double x, double, double) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }},
};

const Named* FindActivation(std::string_view name) {
  for (const Named& a : kActivations)
    if (std::equal(name.begin(), name.end(), a.name.begin(), a.name.end(),
                   [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; }))
      return &a;
  return nullptr;
}

}  // namespace

Result<Activations> ActivationsOf(const RecurrentKind& kind, const RecurrentAttrs& a) {
  const size_t directions = a.direction == "bidirectional" ? 2 : 1, count = directions * kind.activations.size();
  HASTEN_REQUIRE(a.activations.empty() || a.activations.size() >= count, "activations must have ", count,
                 " entries, has ", a.activations.size());
  Activations out;
  size_t alpha = 0, beta = 0;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view name =
        a.activations.empty() ? kind.activations[i % kind.activations.size()] : a.activations[i];
    const Named* found = FindActivation(name);
    HASTEN_REQUIRE(found, "activation ", Quote(name), " is not known");
    Activation f{found->f, found->alpha, found->beta};
    if (found->has_alpha && alpha < a.activation_alpha.size()) f.alpha = a.activation_alpha[alpha++];
    if (found->has_beta && beta < a.activation_beta.size()) f.beta = a.activation_beta[beta++];
    if (a.clip && *a.clip > 0) f.clip = *a.clip;
    out.f[i] = f;
  }
  return out;
}

}  // namespace hasten
