// What `hasten compare` found of each value: as lines, as JSON, as a page.
#pragma once
#include <string>
#include <vector>

#include "cli/layer_trace.h"
#include "cli/report.h"

namespace hasten::cli {

struct Compared {
  std::string name, where;
  std::string why_not;  // not compared; empty: it was
  Statistics statistics;

  bool Within(double bound) const { return why_not.empty() && statistics.scaled() <= bound; }
};
Compared CompareOne(const std::string& name, const std::string& where, const Value& is, const Value& should_be);

struct Comparison {
  std::string a, b, judge;  // models, as typed; who computed a
  double bound = 0;
  std::vector<Compared> layers, outputs;
  std::string first_beyond;           // the first layer beyond the bound; empty: none
  std::vector<std::string> bisected;  // what the search for a failing part said
};

// A table of lines, and the list under `key` in JSON.
void ShowCompared(std::string_view title, const std::string& key, const std::vector<Compared>& all, double bound,
                  Report* report);
// "units in the last place, outputs: 0: 812, 1: 40, 2-3: 7", of all f32 outputs; empty without any.
std::string UlpLine(const std::vector<Compared>& outputs);
std::vector<std::pair<std::string, int64_t>> UlpBins(const std::vector<Compared>& outputs);

// A page that needs nothing else: the verdict, plots, and a table of every value.
std::string ComparePage(const Comparison& c);

}  // namespace hasten::cli
