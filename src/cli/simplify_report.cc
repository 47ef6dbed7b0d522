#include "cli/simplify_report.h"

#include <fmt/format.h>

#include "cli/figures.h"
#include "cli/html.h"

namespace hasten::cli {
namespace {

struct Row {
  std::string name, before, after;
};

int64_t CountOf(const OnnxContents& c, const std::string& op) {
  const auto it = c.ops.find(op);
  return it == c.ops.end() ? 0 : it->second;
}

std::vector<Row> OpRows(const Simplified& s) {
  std::set<std::string> ops;
  for (const auto& [op, count] : s.before.ops) ops.insert(op);
  for (const auto& [op, count] : s.after.ops) ops.insert(op);
  std::vector<Row> rows;
  for (const std::string& op : ops) rows.push_back({op, Str(CountOf(s.before, op)), Str(CountOf(s.after, op))});
  return rows;
}

int64_t Constants(const OnnxContents& c) { return c.constants + static_cast<int64_t>(c.initializers.size()); }

std::string BinarySize(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double v = static_cast<double>(bytes);
  size_t unit = 0;
  for (; v >= 1024 && unit + 1 < std::size(kUnits); ++unit) v /= 1024;
  return fmt::format("{:.1f}{}", v, kUnits[unit]);
}

std::string Flops(const ModelFacts& f) { return f.flops ? HumanScaled(*f.flops) : "unknown"; }
std::string Arena(const ModelFacts& f) { return f.arena_bytes ? HumanBytes(*f.arena_bytes) : "unknown"; }

}  // namespace

std::string DifferenceTable(const Simplified& s) {
  std::vector<Row> rows = OpRows(s);
  rows.push_back({"Constant", Str(Constants(s.before)), Str(Constants(s.after))});
  rows.push_back({"Nodes", Str(s.before.nodes()), Str(s.after.nodes())});
  rows.push_back({"Model Size", BinarySize(s.before.bytes), BinarySize(s.after.bytes)});
  const Row head{"", "Original Model", "Simplified Model"};
  size_t width = 0;
  for (const Row& r : rows) width = std::max(width, r.name.size());
  const std::string rule = fmt::format("+{:-<{}}+{:-<16}+{:-<18}+\n", "", width + 2, "", "");
  const auto line = [&](const Row& r) {
    return fmt::format("| {:<{}} | {:<14} | {:<16} |\n", r.name, width, r.before, r.after);
  };
  std::string out = rule + line(head) + rule;
  for (const Row& r : rows) out += line(r);
  return out + rule;
}

std::string CheckLine(const SimplifyCheck& c) {
  if (!c.differs.empty()) return Str("check failed: ", c.differs);
  if (!c.why_not.empty()) return Str("not checked: ", c.why_not);
  if (c.runs == 0) return "not checked, as asked";
  return fmt::format("checked with {} set{} of inputs: the largest difference is {:.2g} of an output's largest element",
                     c.runs, c.runs == 1 ? "" : "s", c.largest);
}

void SimplifyFacts(const Simplified& s, JsonWriter* json) {
  WriteField(json, "input", s.from);
  WriteField(json, "output", s.to);
  WriteField(json, "seconds", s.seconds);
  WriteKey(json, "ops");
  json->StartObject();
  for (const Row& r : OpRows(s)) {
    WriteKey(json, r.name);
    json->StartArray();
    json->Int64(CountOf(s.before, r.name));
    json->Int64(CountOf(s.after, r.name));
    json->EndArray();
  }
  json->EndObject();
  WriteField(json, "nodes_before", s.before.nodes());
  WriteField(json, "nodes_after", s.after.nodes());
  WriteField(json, "bytes_before", s.before.bytes);
  WriteField(json, "bytes_after", s.after.bytes);
  WriteKey(json, "fired");
  json->StartObject();
  for (const PassReport::Entry& e : s.passes.entries)
    if (e.fired > 0) WriteField(json, e.name, int64_t{e.fired});
  json->EndObject();
  WriteField(json, "check_runs", s.check.runs);
  WriteField(json, "largest_difference", s.check.largest);
  WriteField(json, "not_checked", s.check.why_not);
  WriteField(json, "differs", s.check.differs);
}

std::string HtmlPage(const Simplified& s, const ModelFacts& before, const ModelFacts& after) {
  std::vector<std::vector<std::string>> ops, costs, rules, firings;
  for (const Row& r : OpRows(s)) ops.push_back({r.name, r.before, r.after});
  costs.push_back({"nodes", HumanCount(s.before.nodes()), HumanCount(s.after.nodes())});
  costs.push_back({"operations of a run", Flops(before), Flops(after)});
  costs.push_back({"parameters", HumanCount(before.parameters), HumanCount(after.parameters)});
  costs.push_back({"bytes of parameters", HumanBytes(before.parameter_bytes), HumanBytes(after.parameter_bytes)});
  costs.push_back({"memory between nodes", Arena(before), Arena(after)});
  costs.push_back({"file", HumanBytes(s.before.bytes), HumanBytes(s.after.bytes)});
  for (const PassReport::Entry& e : s.passes.entries)
    if (e.fired > 0 || e.ms >= 1) rules.push_back({std::string(e.name), Str(e.fired), HumanMilliseconds(e.ms)});
  for (const PassReport::Firing& f : s.passes.firings) firings.push_back({std::string(f.rule), f.node});
  return HtmlDocument(
      s.to, Str("<h1>", Html(s.from), " &rarr; ", Html(s.to), "</h1>\n<p>", Html(CheckLine(s.check)), "</p>\n",
                HtmlTable("Costs", {"", "before", "after"}, costs), HtmlTable("Ops", {"op", "before", "after"}, ops),
                HtmlTable("Rules", {"rule", "fired", "time"}, rules),
                HtmlTable("Firings, in order", {"rule", "node"}, firings)));
}

}  // namespace hasten::cli
