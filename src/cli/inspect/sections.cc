#include "cli/inspect/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/figures.h"
#include "cli/inspect/weights.h"
#include "cli/table.h"

namespace hasten::cli {
namespace {

// A list of objects, one per element.
template <class List, class Write>
void ListFact(Report* report, std::string key, List list, Write write) {
  report->Fact([key = std::move(key), list = std::move(list), write](JsonWriter* json) {
    WriteKey(json, key);
    json->StartArray();
    for (const auto& element : list) {
      json->StartObject();
      write(element, json);
      json->EndObject();
    }
    json->EndArray();
  });
}

std::string Number(double v) { return fmt::format("{:.4g}", v); }

struct Sum {
  std::string name;
  int64_t nodes = 0, bytes = 0, parameters = 0;
  double operations = 0;
  void Add(const NodeCost& cost) {
    ++nodes;
    bytes += cost.bytes;
    parameters += cost.parameters;
    operations += cost.operations;
  }
};

// "layer1/conv1" of "/layer1/conv1/Conv"; what has no path is together.
std::string BlockOf(const NodeCost& cost) {
  std::string_view name = cost.graph->node(cost.node).name;
  if (name.starts_with('/')) name.remove_prefix(1);
  const size_t first = name.find('/');
  if (first == std::string_view::npos) return "(names without a path)";
  const size_t second = name.find('/', first + 1);
  return std::string(name.substr(0, second == std::string_view::npos ? first : second));
}

template <class Key>
std::vector<Sum> SumsBy(std::span<const NodeCost> nodes, Key key) {
  std::map<std::string, Sum> sums;
  for (const NodeCost& cost : nodes) sums[key(cost)].Add(cost);
  std::vector<Sum> out;
  for (auto& [name, sum] : sums) {
    sum.name = name;
    out.push_back(sum);
  }
  std::stable_sort(out.begin(), out.end(), [](const Sum& a, const Sum& b) { return a.operations > b.operations; });
  return out;
}

void ShowSums(std::string_view title, std::string key, std::vector<Sum> sums, Report* report) {
  double all = 0;
  for (const Sum& sum : sums) all += sum.operations;
  Table table({title, ">nodes", ">operations", ">share", ">bytes", ">operations a byte", ">parameters"});
  for (const Sum& sum : sums)
    table.Add({sum.name, HumanCount(sum.nodes), HumanScaled(sum.operations),
               all > 0 ? fmt::format("{:.1f}%", 100 * sum.operations / all) : "", HumanBytes(sum.bytes),
               sum.bytes > 0 ? fmt::format("{:.1f}", sum.operations / static_cast<double>(sum.bytes)) : "",
               HumanCount(sum.parameters)});
  table.Print(*report);
  ListFact(report, std::move(key), std::move(sums), [](const Sum& sum, JsonWriter* json) {
    WriteField(json, "name", sum.name);
    WriteField(json, "nodes", sum.nodes);
    WriteField(json, "operations", sum.operations);
    WriteField(json, "bytes", sum.bytes);
    WriteField(json, "parameters", sum.parameters);
  });
}

std::vector<std::string> TypesOf(const NodeCost& cost) {
  std::vector<std::string> out;
  for (const Type& type : cost.out)
    if (type.known()) out.push_back(type.Text());
  return out;
}

}  // namespace

void ShowNodes(std::span<const NodeCost> nodes, Report* report) {
  Table table({">#", "op", "name", "outputs", ">operations", ">bytes", ">parameters"});
  std::vector<int64_t> count;  // of each depth
  for (const NodeCost& cost : nodes) {
    count.resize(static_cast<size_t>(cost.depth) + 1);
    const Node& node = cost.graph->node(cost.node);
    table.Add({Str(count[static_cast<size_t>(cost.depth)]++),
               Str(std::string(2 * static_cast<size_t>(cost.depth), ' '), OpName(node)), node.name,
               Join(TypesOf(cost), ", "), HumanScaled(cost.operations), HumanBytes(cost.bytes),
               HumanCount(cost.parameters)});
  }
  table.Print(*report);
  ListFact(report, "node_list", std::vector(nodes.begin(), nodes.end()), [](const NodeCost& cost, JsonWriter* json) {
    const Node& node = cost.graph->node(cost.node);
    WriteField(json, "name", node.name);
    WriteField(json, "op", OpName(node));
    WriteField(json, "depth", int64_t{cost.depth});
    WriteTexts(json, "outputs", TypesOf(cost));
    WriteField(json, "operations", cost.operations);
    WriteField(json, "bytes", cost.bytes);
    WriteField(json, "parameters", cost.parameters);
  });
}

void ShowWeights(const Graph& graph, Report* report) {
  std::vector<WeightFacts> weights = GatherWeights(graph);
  Table table({"weight", "type", ">bytes", ">least", ">greatest", ">mean", ">deviation", ">zeros", ">NaN", ">inf"});
  for (const WeightFacts& w : weights) {
    std::vector<std::string> row = {w.name, w.tensor->Text(), HumanBytes(w.tensor->bytes())};
    if (w.numbers) {
      const double n = static_cast<double>(std::max<int64_t>(1, w.tensor->elements()));
      for (const double v : {w.least, w.greatest, w.mean, w.deviation}) row.push_back(Number(v));
      row.push_back(fmt::format("{:.1f}%", 100 * static_cast<double>(w.zeros) / n));
      row.push_back(HumanCount(w.not_a_numbers));
      row.push_back(HumanCount(w.infinities));
    }
    row.resize(10);
    table.Add(std::move(row));
  }
  table.Print(*report);
  ListFact(report, "weights", std::move(weights), [](const WeightFacts& w, JsonWriter* json) {
    WriteField(json, "name", w.name);
    WriteField(json, "type", w.tensor->Text());
    WriteField(json, "bytes", w.tensor->bytes());
    WriteField(json, "uses", w.uses);
    if (!w.numbers) return;
    WriteField(json, "min", w.least);
    WriteField(json, "max", w.greatest);
    WriteField(json, "mean", w.mean);
    WriteField(json, "deviation", w.deviation);
    WriteField(json, "zeros", w.zeros);
    WriteField(json, "nan", w.not_a_numbers);
    WriteField(json, "inf", w.infinities);
  });
}

void ShowCosts(std::span<const NodeCost> nodes, Report* report) {
  ShowSums("op", "cost_by_op", SumsBy(nodes, [](const NodeCost& c) { return OpName(c.graph->node(c.node)); }), report);
  report->Line("");
  ShowSums("block", "cost_by_block", SumsBy(nodes, BlockOf), report);
}

void ShowMemory(const MemoryMap& map, Report* report) {
  constexpr size_t kMost = 24;
  std::string text = MemoryText(map, kMost);
  text.pop_back();  // Line ends it
  report->Line(text);
  ListFact(report, "memory", map.values, [](const Lifetime& v, JsonWriter* json) {
    WriteField(json, "name", v.name);
    WriteField(json, "bytes", v.bytes);
    WriteField(json, "offset", v.offset);
    WriteField(json, "first_step", int64_t{v.first});
    WriteField(json, "last_step", int64_t{v.last});
  });
}

}  // namespace hasten::cli
