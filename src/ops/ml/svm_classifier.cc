#include "ops/ml/scores.h"
#include "ops/ml/svm.h"

namespace hasten::ops::ml {
namespace {

struct SvmClassifierAttrs {
  std::vector<float> coefficients, kernel_params, prob_a, prob_b, rho, support_vectors;
  std::vector<int64_t> classlabels_ints, vectors_per_class;
  std::vector<std::string> classlabels_strings;
  std::string kernel_type = "LINEAR", post_transform = "NONE";
  Labels labels() const { return {classlabels_ints, classlabels_strings}; }
};
using A = SvmClassifierAttrs;
constexpr AttrField kFields[] = {Field<&A::classlabels_ints>("classlabels_ints"),
                                 Field<&A::classlabels_strings>("classlabels_strings"),
                                 Field<&A::coefficients>("coefficients"),
                                 Field<&A::kernel_params>("kernel_params"),
                                 Field<&A::kernel_type>("kernel_type"),
                                 Field<&A::post_transform>("post_transform"),
                                 Field<&A::prob_a>("prob_a"),
                                 Field<&A::prob_b>("prob_b"),
                                 Field<&A::rho>("rho"),
                                 Field<&A::support_vectors>("support_vectors"),
                                 Field<&A::vectors_per_class>("vectors_per_class")};

// Sizes, as the attributes tell them.
struct Machine {
  size_t classes, pairs, vectors;  // no vectors: one linear model for each class
  size_t widths;                   // of the scores
};

Result<Machine> Check(const A& a) {
  HASTEN_TRY(a.labels().Check());
  HASTEN_TRY(ParsePostTransform(a.post_transform).status());
  HASTEN_TRY(SvmKernel::Parse(a.kernel_type, a.kernel_params).status());
  Machine m{a.labels().count(), 0, 0, 0};
  for (int64_t n : a.vectors_per_class) {
    HASTEN_REQUIRE(n >= 0 && static_cast<uint64_t>(n) <= a.coefficients.size(),
                   "attribute vectors_per_class must hold counts, holds ", n);
    m.vectors += static_cast<size_t>(n);
  }
  if (m.vectors == 0) {
    HASTEN_REQUIRE(!a.rho.empty(), "must have the attribute rho");
    m.widths = m.classes;
    return m;
  }
  HASTEN_REQUIRE(m.classes >= 2 && a.vectors_per_class.size() == m.classes,
                 "attribute vectors_per_class must have an entry for each of ", m.classes, " classes, at least 2, has ",
                 a.vectors_per_class.size());
  m.pairs = m.classes * (m.classes - 1) / 2;
  HASTEN_REQUIRE(a.coefficients.size() == m.vectors * (m.classes - 1), "must have ", m.classes - 1,
                 " coefficients for each of ", m.vectors, " vectors, has ", a.coefficients.size());
  HASTEN_REQUIRE(a.rho.size() >= m.pairs, "attribute rho must have ", m.pairs, " entries, has ", a.rho.size());
  HASTEN_REQUIRE(a.prob_a.size() == a.prob_b.size() && (a.prob_a.empty() || a.prob_a.size() >= m.pairs),
                 "attributes prob_a and prob_b must have ", m.pairs, " entries or none, have ", a.prob_a.size(),
                 " and ", a.prob_b.size());
  m.widths = !a.prob_a.empty() || m.classes == 2 ? m.classes : m.pairs;
  return m;
}

Status Infer(InferCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_ASSIGN(const Machine m, Check(a));
  HASTEN_TRY(RequireNumbers(c, 0));
  const Dim features = FeatureCount(c.shape(0));
  const std::vector<float>& matrix = m.vectors ? a.support_vectors : a.coefficients;
  const size_t rows = m.vectors ? m.vectors : m.classes;
  HASTEN_REQUIRE(!NeverEqual(features * static_cast<int64_t>(rows), static_cast<int64_t>(matrix.size())), "must have ",
                 rows, m.vectors ? " support vectors of " : " linear models of ", features, " features, has ",
                 matrix.size(), " entries");
  c.Out(0, a.labels().dtype(), {RowCount(c.shape(0))});
  c.Out(1, DType::kF32, {RowCount(c.shape(0)), static_cast<int64_t>(m.widths)});
  return {};
}

// One machine decides between each two classes, i and j > i: positive for i.
void PairScores(const A& a, const Machine& m, std::span<const double> kernels, std::span<double> scores,
                std::span<double> votes) {
  const auto sum = [&](size_t row, size_t begin, size_t count) {
    double s = 0;
    for (size_t v = begin; v < begin + count; ++v)
      s += static_cast<double>(a.coefficients[row * m.vectors + v]) * kernels[v];
    return s;
  };
  const auto count = [&](size_t k) { return static_cast<size_t>(a.vectors_per_class[k]); };
  std::fill(votes.begin(), votes.end(), 0);
  size_t pair = 0;
  for (size_t i = 0, first_i = 0; i < m.classes; first_i += count(i++))
    for (size_t j = i + 1, first_j = first_i + count(i); j < m.classes; first_j += count(j++), ++pair) {
      scores[pair] = static_cast<double>(a.rho[pair]) + sum(j - 1, first_i, count(i)) + sum(i, first_j, count(j));
      votes[scores[pair] > 0 ? i : j] += 1;
    }
}

// Class probabilities p from those of pairs, by the second method of T.-F. Wu, C.-J. Lin and R. C. Weng, "Probability
// Estimates for Multi-class Classification by Pairwise Coupling", JMLR 5, 2004, algorithm 2: minimises p' Q p.
void Couple(const A& a, const Machine& m, std::span<const double> scores, std::span<double> q, std::span<double> qp,
            std::span<double> p) {
  const size_t k = m.classes;
  const double tolerance = 0.005 / static_cast<double>(k);
  std::fill(q.begin(), q.end(), 0);
  size_t pair = 0;
  for (size_t i = 0; i < k; ++i)
    for (size_t j = i + 1; j < k; ++j, ++pair) {
      const double platt = scores[pair] * static_cast<double>(a.prob_a[pair]) + static_cast<double>(a.prob_b[pair]);
      const double r = std::clamp(1 / (1 + std::exp(platt)), 1e-7, 1 - 1e-7);
      q[i * k + i] += (1 - r) * (1 - r);
      q[j * k + j] += r * r;
      q[i * k + j] = q[j * k + i] = -r * (1 - r);
    }
  std::fill(p.begin(), p.end(), 1 / static_cast<double>(k));
  for (size_t round = 0; round < std::max<size_t>(100, k); ++round) {
    double pqp = 0, worst = 0;
    for (size_t t = 0; t < k; ++t) {
      qp[t] = std::inner_product(p.begin(), p.end(), q.begin() + static_cast<std::ptrdiff_t>(t * k), 0.0);
      pqp += p[t] * qp[t];
    }
    for (double v : qp) worst = std::max(worst, std::abs(v - pqp));
    if (worst < tolerance) return;
    for (size_t t = 0; t < k; ++t) {
      const double step = (pqp - qp[t]) / q[t * k + t], whole = 1 + step;
      p[t] += step;
      pqp = (pqp + step * (step * q[t * k + t] + 2 * qp[t])) / (whole * whole);
      for (size_t j = 0; j < k; ++j) {
        qp[j] = (qp[j] + step * q[t * k + j]) / whole;
        p[j] /= whole;
      }
    }
  }
}

// Of linear models: the best; of two classes the second as soon as the best score counts as positive, as in
// onnxruntime.
size_t LinearLabel(const A& a, std::span<const double> scores) {
  const auto best = std::max_element(scores.begin(), scores.end());
  const bool all_positive = std::all_of(a.coefficients.begin(), a.coefficients.end(), [](float v) { return v >= 0; });
  if (scores.size() == 2 && (all_positive ? *best >= 0.5 : *best > 0)) return 1;
  return static_cast<size_t>(best - scores.begin());
}

struct Scratch {
  std::span<double> kernels, scores, votes, q, qp, p;
};

// Scores of one row before the transform into s.scores (or s.p, with probabilities); gives the label.
size_t ScoreRow(const A& a, const Machine& m, const SvmKernel& kernel, std::span<const double> row, const Scratch& s) {
  if (m.vectors == 0) {
    for (size_t k = 0; k < m.classes; ++k)
      s.scores[k] = static_cast<double>(a.rho[0]) +
                    SvmKernel::Linear()(row, std::span(a.coefficients).subspan(k * row.size(), row.size()));
    return LinearLabel(a, s.scores);
  }
  for (size_t v = 0; v < m.vectors; ++v)
    s.kernels[v] = kernel(row, std::span(a.support_vectors).subspan(v * row.size(), row.size()));
  PairScores(a, m, s.kernels, s.scores, s.votes);
  if (!a.prob_a.empty()) Couple(a, m, s.scores, s.q, s.qp, s.p);
  return static_cast<size_t>(std::max_element(s.votes.begin(), s.votes.end()) - s.votes.begin());
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<A>();
  HASTEN_ASSIGN(const Machine m, Check(a));
  HASTEN_ASSIGN(const SvmKernel kernel, SvmKernel::Parse(a.kernel_type, a.kernel_params));
  HASTEN_ASSIGN(const PostTransform transform, ParsePostTransform(a.post_transform));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  const Rows rows = RowsOf(c.input(0).dims);
  const auto n = static_cast<int64_t>(m.classes), width = static_cast<int64_t>(m.widths);
  const bool coupled = m.vectors && !a.prob_a.empty();
  Scratch s;
  HASTEN_ASSIGN(s.kernels, c.Scratch<double>(static_cast<int64_t>(m.vectors)));
  HASTEN_ASSIGN(s.scores, c.Scratch<double>(m.vectors ? static_cast<int64_t>(m.pairs) : n));
  HASTEN_ASSIGN(s.votes, c.Scratch<double>(n));
  HASTEN_ASSIGN(s.q, c.Scratch<double>(coupled ? n * n : 0));
  HASTEN_ASSIGN(s.qp, c.Scratch<double>(n));
  HASTEN_ASSIGN(s.p, c.Scratch<double>(n));
  for (int64_t r = 0; r < rows.count; ++r) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const size_t label = ScoreRow(
        a, m, kernel, x.subspan(static_cast<size_t>(r * rows.features), static_cast<size_t>(rows.features)), s);
    if (c.wants(0)) a.labels().Write(&c.output(0), r, label);
    if (!c.wants(1)) continue;
    if (s.scores.size() == 1 && m.classes == 2 && !coupled) {
      WriteDoubles(&c.output(1), r * width, BinaryScores(transform, s.scores[0], transform == PostTransform::kNone));
      continue;
    }
    const std::span<double> out = coupled ? s.p : s.scores;
    TransformTargets(transform, out);
    WriteDoubles(&c.output(1), r * width, out);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<NamedAttr> Three(std::string kernel, bool probabilities) {
  std::vector<NamedAttr> attrs = {
      {"vectors_per_class", std::vector<int64_t>{1, 2, 1}},
      {"support_vectors", std::vector<float>{0.1f, 0.2f, -0.3f, 0.4f, 0.5f, -0.6f, 0.7f, 0.8f}},
      {"coefficients", std::vector<float>{0.3f, -0.9f, 0.2f, 0.5f, 0.4f, -0.1f, 0.6f, -0.8f}},
      {"rho", std::vector<float>{0.1f, -0.1f, 0.05f}},
      {"kernel_type", std::move(kernel)},
      {"kernel_params", std::vector<float>{0.5f, 0.1f, 3}},
      {"classlabels_ints", std::vector<int64_t>{5, 6, 7}}};
  if (!probabilities) return attrs;
  attrs.push_back({"prob_a", std::vector<float>{-1.5f, -1.4f, -1.3f}});
  attrs.push_back({"prob_b", std::vector<float>{0.1f, 0, -0.1f}});
  return attrs;
}

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {5, 2}};
  return {{"pairs", {x}, Three("RBF", false), 2},
          {"probabilities", {x}, Three("POLY", true), 2},
          {"linear models",
           {x},
           {{"coefficients", std::vector<float>{0.3f, -0.9f, 0.2f, 0.5f}},
            {"rho", std::vector<float>{0.1f}},
            {"classlabels_strings", std::vector<std::string>{"a", "b"}},
            {"post_transform", std::string("SOFTMAX")}},
           2}};
}

}  // namespace

extern const OpDef kSvmClassifier = {
    .name = "ai.onnx.ml.SVMClassifier",
    .doc =
        "One-against-one support vector machines: for classes i < j the score rho + sum of coefficient k(x, v) over "
        "both "
        "classes' vectors; the label with the most votes. Scores [N, pairs], (-s, s) of two classes, or with prob_a "
        "and prob_b the "
        "classes' probabilities. Without vectors: one linear model for each class.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1, 1, 2},
    .onnx = {"ai.onnx.ml", "SVMClassifier", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
