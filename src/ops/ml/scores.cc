#include "ops/ml/scores.h"

namespace hasten::ops::ml {
namespace {

double Logistic(double v) {
  const double p = 1 / (1 + std::exp(-std::abs(v)));
  return v < 0 ? 1 - p : p;
}

// S. Winitzki, "A handy approximation for the error function and its inverse", 2008, with a = 0.147.
double InverseErf(double x) {
  constexpr double kA = 0.147, kPi = 3.14159265358979323846;
  const double log = std::log((1 - x) * (1 + x)), half = 2 / (kPi * kA) + 0.5 * log;
  return std::copysign(std::sqrt(std::sqrt(half * half - log / kA) - half), x);
}

double Probit(double p) { return std::sqrt(2.0) * InverseErf(2 * p - 1); }

void Softmax(std::span<double> v, bool keep_zeros) {
  constexpr double kZero = 1e-7;
  const double largest = *std::max_element(v.begin(), v.end());
  double sum = 0;
  for (double& s : v) sum += s = keep_zeros && std::abs(s) <= kZero ? s * std::exp(-largest) : std::exp(s - largest);
  for (double& s : v) s = sum == 0 ? 0.5 : s / sum;
}

}  // namespace

Result<PostTransform> ParsePostTransform(std::string_view name) {
  if (name == "NONE") return PostTransform::kNone;
  if (name == "SOFTMAX") return PostTransform::kSoftmax;
  if (name == "LOGISTIC") return PostTransform::kLogistic;
  if (name == "SOFTMAX_ZERO") return PostTransform::kSoftmaxZero;
  if (name == "PROBIT") return PostTransform::kProbit;
  return Status(
      Code::kInvalidModel,
      Str("attribute post_transform must be NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT, is ", Quote(name)));
}

void Transform(PostTransform t, std::span<double> scores) {
  if (scores.empty()) return;
  switch (t) {
    case PostTransform::kNone: return;
    case PostTransform::kSoftmax:
    case PostTransform::kSoftmaxZero: return Softmax(scores, t == PostTransform::kSoftmaxZero);
    case PostTransform::kLogistic:
      for (double& v : scores) v = Logistic(v);
      return;
    case PostTransform::kProbit:
      for (double& v : scores) v = Probit(v);
      return;
  }
}

void TransformTargets(PostTransform t, std::span<double> scores) {
  if (scores.size() > 1 || t == PostTransform::kProbit) Transform(t, scores);
}

std::array<double, 2> BinaryScores(PostTransform t, double s, bool symmetric) {
  if (t == PostTransform::kLogistic) return {Logistic(-s), Logistic(s)};
  if (t == PostTransform::kProbit) return {Probit(1 - s), Probit(s)};
  return {symmetric ? -s : 1 - s, s};
}

Status Labels::Check() const {
  HASTEN_REQUIRE(ints.empty() != strings.empty(), "must have class labels that are either integers or strings, has ",
                 ints.size(), " and ", strings.size());
  return {};
}

void Labels::Write(Tensor* y, int64_t at, size_t label) const {
  if (ints.empty())
    y->as<std::string>()[at] = strings[label];
  else
    y->SetInt(at, ints[label]);
}

}  // namespace hasten::ops::ml
