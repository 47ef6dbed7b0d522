#include "cli/profile_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace hasten::cli {
namespace {

struct Row {
  size_t step;
  double ms, share, gflops, gbytes;
  std::string op, tactic;
};

Row RowOf(const Plan& plan, const Profile& profile, size_t i, double total) {
  const Step& s = plan.steps[i];
  const Profile::Entry& e = profile.entry(i);
  const double ns = e.nanoseconds / static_cast<double>(e.runs);
  return {i,
          ns * 1e-6,
          total > 0 ? e.nanoseconds / total : 0,
          e.flops / ns,
          e.bytes / ns,
          s.where.empty() ? OpName(*s.node) : s.where,
          s.tactic ? std::string(s.tactic->name) : "reference"};
}

}  // namespace

void ReportProfile(const Plan& plan, const Profile& profile, Report* report) {
  double total = 0;
  for (size_t i = 0; i < plan.steps.size(); ++i) total += profile.entry(i).nanoseconds;
  std::vector<Row> rows;
  for (size_t i = 0; i < plan.steps.size(); ++i)
    if (profile.entry(i).runs > 0) rows.push_back(RowOf(plan, profile, i, total));
  report->Line(fmt::format("{:>5} {:>10} {:>7} {:>8} {:>7}  {:<28} {:<14} {}", "step", "ms", "share", "GFLOP/s", "GB/s",
                           "kernel", "layout", "node"));
  for (const Row& r : rows)
    report->Line(fmt::format("{:>5} {:>10.4f} {:>6.1f}% {:>8.1f} {:>7.1f}  {:<28} {:<14} {}", r.step, r.ms,
                             100 * r.share, r.gflops, r.gbytes, r.tactic, Name(plan.steps[r.step].layout), r.op));
  report->Fact([rows, &plan](JsonWriter* json) {
    WriteKey(json, "profile");
    json->StartArray();
    for (const Row& r : rows) {
      json->StartObject();
      WriteField(json, "step", static_cast<int64_t>(r.step));
      WriteField(json, "ms", r.ms);
      WriteField(json, "share", r.share);
      WriteField(json, "gflops", r.gflops);
      WriteField(json, "gbytes", r.gbytes);
      WriteField(json, "kernel", r.tactic);
      WriteField(json, "layout", std::string(Name(plan.steps[r.step].layout)));
      WriteField(json, "node", r.op);
      json->EndObject();
    }
    json->EndArray();
  });
}

}  // namespace hasten::cli
