#include "cli/outputs.h"

#include <fmt/format.h>

#include "cli/classes.h"
#include "ops/infer.h"

namespace hasten::cli {
namespace {

constexpr int64_t kPreview = 6;
constexpr int64_t kMostTableRows = 16, kMostTableColumns = 8;
constexpr int64_t kMostInJson = 1024;  // elements

std::string Element(const Tensor& t, int64_t i) {
  switch (LaneOf(t.dtype)) {
    case Lane::kString: return Quote(t.string(i));
    case Lane::kDouble: return fmt::format("{:.6g}", t.Double(i));
    case Lane::kComplex: return fmt::format("{:.6g}{:+.6g}j", t.Complex(i).real(), t.Complex(i).imag());
    case Lane::kUint64: return t.dtype == DType::kBool ? Str(t.Int(i) != 0) : Str(static_cast<uint64_t>(t.Int(i)));
    default: return Str(t.Int(i));
  }
}

std::string Preview(const Tensor& t) {
  std::vector<std::string> first;
  for (int64_t i = 0; i < std::min(t.elements(), kPreview); ++i) first.push_back(Element(t, i));
  return Str(Join(first, " "), t.elements() > kPreview ? " ..." : "");
}

// A line a row, where the tensor has a few rows of a few columns.
std::optional<std::string> Table(const Tensor& t) {
  const int rank = t.dims.rank();
  if (rank < 2 || t.elements() == 0) return std::nullopt;
  const int64_t columns = t.dims.back(), rows = t.dims[static_cast<size_t>(rank) - 2];
  if (rows < 2 || rows * columns != t.elements() || rows > kMostTableRows || columns > kMostTableColumns)
    return std::nullopt;
  std::vector<std::string> cells;
  std::vector<size_t> widths(static_cast<size_t>(columns));
  for (int64_t i = 0; i < t.elements(); ++i) {
    cells.push_back(Element(t, i));
    size_t& width = widths[static_cast<size_t>(i % columns)];
    width = std::max(width, cells.back().size());
  }
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) {
    const size_t column = i % widths.size();
    text += fmt::format("{}{:>{}}", column == 0 ? "\n  " : "  ", cells[i], widths[column]);
  }
  return text;
}

struct Statistics {
  double least = 0, most = 0, mean = 0;  // of the finite elements
  int64_t finite = 0, nan = 0, infinite = 0;
};

std::optional<Statistics> StatisticsOf(const Tensor& t) {
  if (!IsFloat(t.dtype) && !IsInteger(t.dtype)) return std::nullopt;
  Statistics s;
  for (double v : ToDoubles(t)) {
    s.nan += std::isnan(v);
    s.infinite += std::isinf(v);
    if (!std::isfinite(v)) continue;
    s.least = s.finite ? std::min(s.least, v) : v;
    s.most = s.finite ? std::max(s.most, v) : v;
    s.mean += v;
    ++s.finite;
  }
  if (s.finite) s.mean /= static_cast<double>(s.finite);
  return s;
}

std::string Describe(const Value& v) {
  if (!v.is_tensor()) {
    if (v.kind() == Value::Kind::kMap)
      return Str(": ", v.map().keys.elements(), " entries, ", Preview(v.map().keys), ": ", Preview(v.map().values));
    return v.kind() == Value::Kind::kSequence ? Str(" of ", v.elements().size()) : "";
  }
  const Tensor& t = v.tensor();
  std::string text;
  if (const auto s = StatisticsOf(t); s && t.elements() > kPreview) {
    if (s->finite) text += fmt::format(": {:.6g} to {:.6g}, mean {:.6g}", s->least, s->most, s->mean);
    if (s->nan) text += Str("; ", s->nan, " NaN");
    if (s->infinite) text += Str("; ", s->infinite, " infinite");
  }
  if (const auto table = Table(t)) return text + *table;
  return text + "\n  " + Preview(t);
}

void OutputFact(const std::string& name, const Value& v, JsonWriter* json) {
  json->StartObject();
  WriteField(json, "name", name);
  WriteField(json, "type", v.has() ? TypeOf(v).Text() : "none");
  const auto s = v.is_tensor() ? StatisticsOf(v.tensor()) : std::nullopt;
  if (s && s->finite) {
    WriteField(json, "min", s->least);
    WriteField(json, "max", s->most);
    WriteField(json, "mean", s->mean);
  }
  if (s) {
    WriteField(json, "nan", s->nan);
    WriteField(json, "infinite", s->infinite);
  }
  if (v.is_tensor() && v.tensor().elements() <= kMostInJson) WriteData(json, "data", v.tensor());
  json->EndObject();
}

void ClassFacts(const Ranking& ranking, const std::vector<std::string>& labels, JsonWriter* json) {
  WriteKey(json, "top");
  json->StartArray();
  for (const auto& row : ranking.rows) {
    json->StartArray();
    for (const ClassScore& c : row) {
      json->StartObject();
      WriteField(json, "class", c.index);
      if (!labels.empty()) WriteField(json, "label", labels[static_cast<size_t>(c.index)]);
      WriteField(json, "score", c.score);
      json->EndObject();
    }
    json->EndArray();
  }
  json->EndArray();
  WriteKey(json, "softmax");
  json->Bool(ranking.softmax);
}

std::string Percent(double part) {
  constexpr double kLeast = 0.0001;
  return part < kLeast && part > 0 ? "< 0.01 %" : fmt::format("{:6.2f} %", 100 * part);
}

Status ShowClasses(const RunFlags& flags, const std::string& name, const Tensor& scores, Report* report) {
  constexpr int64_t kUsualTop = 5;
  std::vector<std::string> labels;
  const int64_t classes = scores.dims[scores.dims.rank() >= 2 ? 1 : 0];
  if (!flags.labels.empty()) {
    HASTEN_ASSIGN(labels, ReadLabels(flags.labels));
    if (static_cast<int64_t>(labels.size()) != classes)
      return Status(Code::kInvalidArgument, Str(flags.labels, ": must have a name for each of the ", classes,
                                                " classes of output ", Quote(name), ", has ", labels.size()));
  }
  const int64_t top = std::min(flags.top.value_or(kUsualTop), classes);
  const Ranking ranking = RankClasses(scores, top, !flags.no_softmax);
  const std::string_view how = flags.no_softmax  ? "as the model gives them"
                               : ranking.softmax ? "softmax applied"
                                                 : "already probabilities";
  for (size_t r = 0; r < ranking.rows.size(); ++r) {
    const std::string of = ranking.rows.size() > 1 ? Str(", item ", r) : "";
    report->Line(Str("top ", top, " of output ", Quote(name), of, " (", how, "):"));
    for (const ClassScore& c : ranking.rows[r]) {
      const std::string label = labels.empty() ? Str("class ", c.index) : labels[static_cast<size_t>(c.index)];
      report->Line(Str("  ", flags.no_softmax ? fmt::format("{:>10.6g}", c.score) : Percent(c.score), "  ", label));
    }
  }
  report->Fact([ranking, labels](JsonWriter* json) { ClassFacts(ranking, labels, json); });
  return {};
}

}  // namespace

Status ShowOutputs(const RunFlags& flags, const Session& session, std::span<const Value> outputs, bool pictured,
                   Report* report) {
  std::vector<std::pair<std::string, Value>> named;
  for (size_t i = 0; i < outputs.size(); ++i) named.emplace_back(session.output_name(i), outputs[i]);
  report->Fact([named](JsonWriter* json) {
    WriteKey(json, "outputs");
    json->StartArray();
    for (const auto& [name, value] : named) OutputFact(name, value, json);
    json->EndArray();
  });
  const bool drawn = !flags.draw.empty();
  const bool asked = flags.top || (!flags.labels.empty() && !drawn) || flags.no_softmax;
  const bool scores = !outputs.empty() && ScoresClasses(outputs[0]);
  if (asked && !scores)
    return Status(Code::kInvalidArgument,
                  outputs.empty()
                      ? "the model has no outputs to rank"
                      : Str("output ", Quote(named[0].first),
                            " must be a row of class scores for --top and --labels, is ", TypeOf(outputs[0])));
  if (scores && (asked || (pictured && !drawn))) return ShowClasses(flags, named[0].first, outputs[0].tensor(), report);
  if (!flags.check.empty() || drawn) return {};
  for (const auto& [name, value] : named)
    report->Line(Str("output ", Quote(name), " ", value.has() ? TypeOf(value).Text() : "none", Describe(value)));
  return {};
}

}  // namespace hasten::cli
