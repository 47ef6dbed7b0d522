#include "ops/einsum.h"

namespace hasten {
namespace {

constexpr std::string_view kEllipsis = "...";

std::string_view Term(std::string_view list, int i) {
  for (; i > 0; --i) list.remove_prefix(list.find(',') + 1);
  return list.substr(0, list.find(','));
}

// Calls f(label of a letter) or f(kLabels) for an ellipsis, in order.
template <class F>
Status ForEachLabel(std::string_view term, F f) {
  bool ellipsis = false;
  for (size_t i = 0; i < term.size(); ++i) {
    const char c = term[i];
    if (c == ' ') continue;
    if (term.substr(i, 3) == kEllipsis) {
      HASTEN_REQUIRE(!std::exchange(ellipsis, true), "a term must have one ellipsis at most, is ", Quote(term));
      i += 2;
      f(kLabels);
    } else {
      const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
      HASTEN_REQUIRE(upper || lower, "a term must be of letters and an ellipsis, is ", Quote(term));
      f(upper ? c - 'A' : c - 'a' + 26);
    }
  }
  return {};
}

Status Append(Dims* labels, int64_t label) {
  HASTEN_REQUIRE(labels->rank() < Dims::kMaxRank, "a term must have at most ", Dims::kMaxRank, " axes");
  labels->push_back(label);
  return {};
}

Status AppendEllipsis(Dims* labels, int axes) {
  for (int i = 0; i < axes; ++i) HASTEN_TRY(Append(labels, kLabels - axes + i));
  return {};
}

}  // namespace

Equation SplitEquation(std::string_view text) {
  const size_t arrow = text.find("->");
  if (arrow == std::string_view::npos) return {text, {}, false};
  return {text.substr(0, arrow), text.substr(arrow + 2), true};
}

int CountTerms(const Equation& e) { return static_cast<int>(std::count(e.inputs.begin(), e.inputs.end(), ',')) + 1; }

Result<Dims> TermLabels(const Equation& e, int i, int rank) {
  const std::string_view term = Term(e.inputs, i);
  int letters = 0;
  bool ellipsis = false;
  HASTEN_TRY(ForEachLabel(term, [&](int label) { label == kLabels ? void(ellipsis = true) : void(++letters); }));
  HASTEN_REQUIRE(ellipsis ? letters <= rank : letters == rank, "term ", Quote(term),
                 " must have an axis for each of the ", rank, " of input ", i);
  HASTEN_REQUIRE(rank <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", rank);
  Dims labels;
  Status status;
  HASTEN_TRY(ForEachLabel(term, [&](int label) {
    if (status.ok()) status = label == kLabels ? AppendEllipsis(&labels, rank - letters) : Append(&labels, label);
  }));
  HASTEN_TRY(std::move(status));
  return labels;
}

Result<Dims> OutputLabels(const Equation& e, std::span<const Dims> terms) {
  std::array<int, kLabels> seen{};
  for (const Dims& term : terms)
    for (int64_t label : term) ++seen[static_cast<size_t>(label)];
  const auto axes = static_cast<int>(std::count_if(seen.begin() + kLetters, seen.end(), [](int n) { return n > 0; }));
  Dims labels;
  if (!e.has_output) {
    HASTEN_TRY(AppendEllipsis(&labels, axes));
    for (int label = 0; label < kLetters; ++label)
      if (seen[static_cast<size_t>(label)] == 1) HASTEN_TRY(Append(&labels, label));
    return labels;
  }
  Status status;
  HASTEN_TRY(ForEachLabel(e.output, [&](int label) {
    if (!status.ok()) return;
    if (label == kLabels) {
      status = AppendEllipsis(&labels, axes);
    } else if (seen[static_cast<size_t>(label)] == 0 ||
               std::find(labels.begin(), labels.end(), label) != labels.end()) {
      status = Status(Code::kInvalidModel,
                      Str("letters of the output must be in an input, and differ; is ", Quote(e.output)));
    } else {
      status = Append(&labels, label);
    }
  }));
  HASTEN_TRY(std::move(status));
  return labels;
}

}  // namespace hasten
