#include "cli/compared.h"

#include <fmt/format.h>

namespace hasten::cli {
namespace {

std::string LineOf(const Compared& c, double bound) {
  if (!c.why_not.empty()) return fmt::format("  {:<40} {}", Quote(c.name), c.why_not);
  const Statistics& s = c.statistics;
  return fmt::format("{} {:<40} {:>9.2e} {:>9.2e} {:>9.2e} {:>9.2e} {:>9.2e} {:>12.9f}  {}",
                     c.Within(bound) ? ' ' : '!', Quote(c.name), s.scaled(), s.max_absolute, s.mean_absolute,
                     s.max_relative, s.mean_relative, s.cosine, c.where);
}

void WriteCompared(const Compared& c, double bound, JsonWriter* json) {
  json->StartObject();
  WriteField(json, "name", c.name);
  WriteField(json, "node", c.where);
  WriteField(json, "not_compared", c.why_not);
  const Statistics& s = c.statistics;
  WriteField(json, "elements", s.elements);
  WriteField(json, "error", s.scaled());
  WriteField(json, "max_absolute", s.max_absolute);
  WriteField(json, "mean_absolute", s.mean_absolute);
  WriteField(json, "max_relative", s.max_relative);
  WriteField(json, "mean_relative", s.mean_relative);
  WriteField(json, "cosine", s.cosine);
  WriteKey(json, "ulps");
  json->StartArray();
  for (const int64_t n : s.ulps) json->Int64(n);
  json->EndArray();
  WriteKey(json, "within");
  json->Bool(c.Within(bound));
  json->EndObject();
}

}  // namespace

Compared CompareOne(const std::string& name, const std::string& where, const Value& is, const Value& should_be) {
  Compared out{name, where, {}, {}};
  const bool tensors = is.is_tensor() && should_be.is_tensor();
  const auto s = tensors ? StatisticsOf(is.tensor(), should_be.tensor()) : std::nullopt;
  if (s) out.statistics = *s;
  if (!s) out.why_not = "of other kinds or shapes";
  return out;
}

void ShowCompared(std::string_view title, const std::string& key, const std::vector<Compared>& all, double bound,
                  Report* report) {
  if (!all.empty()) {
    report->Line(fmt::format("{:<42} {:>9} {:>9} {:>9} {:>9} {:>9} {:>12}", title, "error", "max abs", "mean abs",
                             "max rel", "mean rel", "cosine"));
    for (const Compared& c : all) report->Line(LineOf(c, bound));
  }
  report->Fact([=](JsonWriter* json) {
    WriteKey(json, key);
    json->StartArray();
    for (const Compared& c : all) WriteCompared(c, bound, json);
    json->EndArray();
  });
}

std::vector<std::pair<std::string, int64_t>> UlpBins(const std::vector<Compared>& outputs) {
  std::array<int64_t, Statistics::kBins> sum = {};
  for (const Compared& c : outputs)
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += c.statistics.ulps[i];
  std::vector<std::pair<std::string, int64_t>> out;
  for (size_t i = 0; i < sum.size(); ++i) {
    const int64_t low = i < 2 ? static_cast<int64_t>(i) : int64_t{1} << (i - 1), high = (int64_t{1} << i) - 1;
    const bool last = i + 1 == sum.size();
    out.emplace_back(Str(low, last ? " and more" : high > low ? Str("-", high) : ""), sum[i]);
  }
  return out;
}

std::string UlpLine(const std::vector<Compared>& outputs) {
  std::vector<std::string> parts;
  for (const auto& [apart, count] : UlpBins(outputs))
    if (count > 0) parts.push_back(Str(apart, ": ", count));
  return parts.empty() ? "" : Str("units in the last place, outputs: ", Join(parts, ", "));
}

}  // namespace hasten::cli
