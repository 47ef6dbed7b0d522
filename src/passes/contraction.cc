#include "passes/contraction.h"

#include <algorithm>

#include "passes/attributes.h"

namespace hasten {
namespace {

using Axes = std::vector<Labels>;  // the labels that each axis has together; none: an axis of length 1
using Steps = std::vector<Movement>;

bool Has(const Labels& labels, int64_t label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

// Those of a that b has, or lacks.
Labels Common(const Labels& a, const Labels& b, bool has = true) {
  Labels out;
  std::copy_if(a.begin(), a.end(), std::back_inserter(out), [&](int64_t label) { return Has(b, label) == has; });
  return out;
}
Labels Missing(const Labels& a, const Labels& b) { return Common(a, b, false); }

Axes Single(const Labels& labels) {
  Axes out;
  for (int64_t label : labels) out.push_back({label});
  return out;
}

Labels Joined(const Axes& axes) {
  Labels out;
  for (const Labels& a : axes) out.insert(out.end(), a.begin(), a.end());
  return out;
}

// One axis for each label of `all`; of length 1, or none in front, for those that `own` lacks.
Axes Spread(const Labels& all, const Labels& own) {
  Axes out;
  for (int64_t label : all)
    if (Has(own, label))
      out.push_back({label});
    else if (!out.empty())
      out.push_back({});
  return out;
}

void SumOver(const Labels& summed, Labels* labels, Steps* steps) {
  Movement sum{"ReduceSum", {}};
  for (size_t i = 0; i < labels->size(); ++i)
    if (Has(summed, (*labels)[i])) sum.ints.push_back(static_cast<int64_t>(i));
  if (sum.ints.empty()) return;
  *labels = Missing(*labels, summed);
  steps->push_back(std::move(sum));
}

void Order(const Labels& from, const Labels& to, Steps* steps) {
  if (from == to) return;
  Movement transpose{"Transpose", {}};
  for (int64_t label : to) transpose.ints.push_back(std::find(from.begin(), from.end(), label) - from.begin());
  steps->push_back(std::move(transpose));
}

// The shape that makes `to` of `from`, as Reshape takes it.
std::optional<std::vector<int64_t>> Reshaped(const std::array<Dim, kLabels>& dims, const Axes& from, const Axes& to) {
  std::vector<int64_t> out;
  bool kept = true;
  for (size_t i = 0; i < to.size(); ++i) {
    Dim d = 1;
    for (int64_t label : to[i]) d = d * dims[static_cast<size_t>(label)];
    kept = kept && i < from.size() && from[i] == to[i];
    if (!kept && d.is(0)) return std::nullopt;
    out.push_back(d.is_const() ? d.value() : kept ? 0 : -1);
  }
  if (std::count(out.begin(), out.end(), -1) > 1) return std::nullopt;
  return out;
}

// From axes to others of the same labels in the same order.  False if the shape cannot be told.
bool Regroup(const std::array<Dim, kLabels>& dims, const Axes& from, const Axes& to, Steps* steps) {
  if (from == to) return true;
  const auto is_plain = [](const Axes& axes) {
    return std::all_of(axes.begin(), axes.end(), [](const Labels& a) { return a.size() < 2; });
  };
  if (!is_plain(from) || !is_plain(to)) {
    auto shape = Reshaped(dims, from, to);
    if (shape) steps->push_back({"Reshape", *std::move(shape)});
    return shape.has_value();
  }
  const Axes& more = from.size() > to.size() ? from : to;
  Movement change{from.size() > to.size() ? "Squeeze" : "Unsqueeze", {}};
  for (size_t i = 0; i < more.size(); ++i)
    if (more[i].empty()) change.ints.push_back(static_cast<int64_t>(i));
  steps->push_back(std::move(change));
  return true;
}

// Every label of the output has an axis in both operands, where they differ one of length 1.
Lowering LowerToMul(const Contraction& e, Lowering l) {
  l.product = "Mul";
  for (size_t i : {size_t{0}, size_t{1}}) {
    const Labels own = Common(e.output, e.terms[i]);
    Order(e.terms[i], own, &l.operands[i]);
    Regroup(e.dims, Single(own), Spread(e.output, own), &l.operands[i]);
  }
  return l;
}

// A Transpose of a matrix becomes an attribute of Gemm.
void TakeTransposes(Lowering* l) {
  for (size_t i : {size_t{0}, size_t{1}}) {
    Steps& steps = l->operands[i];
    if (steps.empty() || steps.back().op != "Transpose") continue;
    steps.pop_back();
    l->transposed[i] = true;
    l->product = "Gemm";
  }
}

// The left operand's labels that the result has lead, the last that the right one lacks is the row.
std::optional<Lowering> LowerToMatMul(const Contraction& e, const Labels& summed, bool takes_row, bool takes_gemm,
                                      Lowering l) {
  const Labels &a = e.terms[l.swapped], &b = e.terms[!l.swapped];
  l.product = "MatMul";
  const Labels columns = Missing(e.output, a), rows = Missing(Common(e.output, a), b);
  const Labels row = rows.empty() ? rows : Labels{rows.back()}, lead = Missing(Common(e.output, a), row);
  Axes left = Single(lead), right = Spread(lead, b), result = left;
  if (!row.empty() || !lead.empty() || !takes_row) {
    left.push_back(row);
    result.push_back(row);
  }
  left.push_back(summed);
  right.push_back(summed);
  right.push_back(columns);
  result.push_back(columns);
  if (std::max(left.size(), right.size()) > Dims::kMaxRank) return std::nullopt;
  const size_t first = l.swapped, second = !l.swapped;
  Order(a, Joined(left), &l.operands[first]);
  Order(b, Joined(right), &l.operands[second]);
  if (takes_gemm && lead.empty() && row.size() == 1 && columns.size() == 1 && summed.size() == 1) TakeTransposes(&l);
  if (!Regroup(e.dims, Single(Joined(left)), left, &l.operands[first]) ||
      !Regroup(e.dims, Single(Joined(right)), right, &l.operands[second]) ||
      !Regroup(e.dims, result, Single(Joined(result)), &l.result))
    return std::nullopt;
  Order(Joined(result), e.output, &l.result);
  return l;
}

std::optional<Labels> DistinctLabels(const Equation& equation, int i, int rank) {
  const auto labels = TermLabels(equation, i, rank);
  if (!labels.ok()) return std::nullopt;
  Labels out((*labels).begin(), (*labels).end()), sorted = out;
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end() ? std::optional(out) : std::nullopt;
}

}  // namespace

std::optional<Contraction> ContractionOf(const RewriteContext& c, NodeId einsum) {
  const Node& node = c.node(einsum);
  const auto text = AttrOr<std::string>(node, "equation", "");
  const Equation equation = SplitEquation(text);
  Contraction out;
  std::vector<Dims> terms;
  std::array<bool, kLabels> seen{};
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const Type& type = c.type(node.inputs[i]);
    if (!type.is_tensor() || !type.shape.ranked()) return std::nullopt;
    const auto labels = DistinctLabels(equation, static_cast<int>(i), type.shape.rank());
    if (!labels) return std::nullopt;
    for (size_t a = 0; a < labels->size(); ++a) {
      const auto label = static_cast<size_t>((*labels)[a]);
      const Dim& d = type.shape[static_cast<int>(a)];
      if (std::exchange(seen[label], true) && !(out.dims[label] == d)) return std::nullopt;
      out.dims[label] = d;
    }
    out.terms.push_back(*labels);
    terms.emplace_back(std::span<const int64_t>(*labels));
  }
  const auto output = OutputLabels(equation, terms);
  if (!output.ok()) return std::nullopt;
  out.output.assign((*output).begin(), (*output).end());
  return out;
}

Lowering LowerToReduction(Contraction e) {
  Lowering l;
  SumOver(Missing(e.terms[0], e.output), &e.terms[0], &l.operands[0]);
  Order(e.terms[0], e.output, &l.operands[0]);
  return l;
}

std::vector<Lowering> LowerToProduct(Contraction e, bool takes_row, bool takes_gemm) {
  Lowering start;
  const std::vector<Labels> terms = e.terms;
  for (size_t i : {size_t{0}, size_t{1}})
    SumOver(Missing(Missing(terms[i], terms[1 - i]), e.output), &e.terms[i], &start.operands[i]);
  if (Missing(e.terms[0], e.output).empty()) return {LowerToMul(e, start)};
  std::vector<Lowering> out;
  for (const bool swapped : {false, true}) {
    start.swapped = swapped;
    for (const Labels& term : e.terms)
      if (auto l = LowerToMatMul(e, Missing(term, e.output), takes_row, takes_gemm, start))
        out.push_back(*std::move(l));
  }
  return out;
}

}  // namespace hasten
