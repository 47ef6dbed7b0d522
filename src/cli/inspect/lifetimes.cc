#include "cli/inspect/lifetimes.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/figures.h"
#include "cli/html.h"
#include "plan/plan.h"
#include "runtime/bound_plan.h"

namespace hasten::cli {
namespace {

constexpr size_t kColumns = 56;

// The columns of the text that steps first..last fill.
std::pair<size_t, size_t> ColumnsOf(const MemoryMap& map, uint32_t first, uint32_t last) {
  const size_t steps = std::max<size_t>(1, map.steps.size()), columns = std::min(kColumns, steps);
  const auto column = [&](size_t step) { return std::min(step, steps - 1) * columns / steps; };
  return {column(first), column(last)};
}

std::string Bar(const MemoryMap& map, const Lifetime& v) {
  const auto [from, to] = ColumnsOf(map, v.first, v.last);
  return Str(std::string(from, '.'), std::string(to - from + 1, '#'),
             std::string(std::min(kColumns, std::max<size_t>(1, map.steps.size())) - to - 1, '.'));
}

// How full the memory is over time, in eighths of a line.
std::string Profile(const MemoryMap& map) {
  constexpr std::string_view kEighths[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const size_t columns = std::min(kColumns, std::max<size_t>(1, map.steps.size()));
  std::vector<int64_t> most(columns);
  for (uint32_t s = 0; s < map.live.size(); ++s) {
    int64_t& column = most[ColumnsOf(map, s, s).first];
    column = std::max(column, map.live[s]);
  }
  const int64_t peak = std::max<int64_t>(1, *std::max_element(most.begin(), most.end()));
  std::string out;
  for (const int64_t bytes : most) out += kEighths[(bytes * 8 + peak - 1) / peak];
  return out;
}

// Values are sorted by offset.  Those that share memory (in place) count once.
void CountLive(MemoryMap* map) {
  std::vector<int64_t> end(map->steps.size());  // of what is counted already
  for (const Lifetime& v : map->values)
    for (uint32_t s = v.first; s <= v.last && s < end.size(); ++s) {
      map->live[s] += std::max<int64_t>(0, v.offset + v.bytes - std::max(v.offset, end[s]));
      end[s] = std::max(end[s], v.offset + v.bytes);
    }
}

std::string Colour(size_t i) {
  constexpr std::string_view kColours[] = {"#8ecae6", "#ffb703", "#90be6d", "#f28482",
                                           "#b8a1d9", "#f6bd60", "#84a59d", "#cdb4db"};
  return std::string(kColours[i % std::size(kColours)]);
}

std::string About(const MemoryMap& map, const Lifetime& v) {
  return Str(Quote(v.name), ", ", HumanBytes(v.bytes), " at ", HumanCount(v.offset), ", from ", map.steps[v.first],
             " to ", map.steps[std::min<size_t>(v.last, map.steps.size() - 1)]);
}

}  // namespace

Result<MemoryMap> MapMemory(const std::shared_ptr<const Model>& model, std::span<const Value> inputs) {
  HASTEN_ASSIGN(const auto plan, BuildPlan(model));
  Inference inference(kBindingInference);
  RunMemory memory;
  HASTEN_ASSIGN(const auto bound, BindPlan(*plan, inputs, int64_t{1} << 40, &inference, &memory));
  MemoryMap map;
  map.arena_bytes = bound->arena_bytes;
  for (const Step& step : plan->steps)
    map.steps.push_back(step.where.empty() && step.node ? OpName(*step.node) : step.where);
  map.live.resize(map.steps.size());
  for (SlotId s = 0; s < plan->values.size(); ++s) {
    const PlannedValue& v = plan->values[s];
    if (v.storage != Storage::kArena || !bound->has_fixed[s] || !bound->fixed[s].data) continue;
    const int64_t offset = bound->fixed[s].data - bound->arena.data, bytes = bound->fixed[s].bytes();
    if (offset < 0 || offset + bytes > map.arena_bytes) continue;  // elsewhere: on a device
    map.values.push_back({v.name, offset, bytes, v.first, v.last});
    map.value_bytes = std::max(map.value_bytes, offset + bytes);
  }
  std::stable_sort(map.values.begin(), map.values.end(), [](const Lifetime& a, const Lifetime& b) {
    return std::pair(a.offset, a.first) < std::pair(b.offset, b.first);
  });
  CountLive(&map);
  return map;
}

std::string MemoryText(const MemoryMap& map, size_t most) {
  std::vector<const Lifetime*> largest;
  for (const Lifetime& v : map.values) largest.push_back(&v);
  std::stable_sort(largest.begin(), largest.end(),
                   [](const Lifetime* a, const Lifetime* b) { return a->bytes > b->bytes; });
  if (largest.size() > most) largest.resize(most);
  std::stable_sort(largest.begin(), largest.end(),
                   [](const Lifetime* a, const Lifetime* b) { return a->first < b->first; });
  const auto peak = std::max_element(map.live.begin(), map.live.end());
  std::string out = Str("arena: ", HumanBytes(map.arena_bytes), ", of which ",
                        HumanBytes(map.arena_bytes - map.value_bytes), " are the kernels' workspace\n");
  if (peak == map.live.end()) return out;
  out += Str("most at once: ", HumanBytes(*peak), " during ", map.steps[static_cast<size_t>(peak - map.live.begin())],
             "\n");
  out += fmt::format("{:>10} {:>14}  |{}|\n", "bytes", "at", Profile(map));
  for (const Lifetime* v : largest)
    out += fmt::format("{:>10} {:>14}  |{}|  {}\n", HumanBytes(v->bytes), HumanCount(v->offset), Bar(map, *v), v->name);
  if (map.values.size() > largest.size())
    out += Str("  and ", map.values.size() - largest.size(), " smaller values; --json lists all\n");
  return out;
}

std::string MemorySvg(const MemoryMap& map, const std::string& title) {
  constexpr double kWidth = 1200, kHeight = 600, kLeft = 90, kTop = 40;
  const double steps = std::max<double>(1, static_cast<double>(map.steps.size()));
  const double bytes = std::max<double>(1, static_cast<double>(map.arena_bytes));
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" font-family=\"sans-serif\" "
      "font-size=\"11\">\n"
      "<text x=\"{}\" y=\"20\" font-size=\"14\">{}: {} in one arena</text>\n"
      "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#888\"/>\n",
      kLeft + kWidth + 20, kTop + kHeight + 40, kLeft, Html(title), HumanBytes(map.arena_bytes), kLeft, kTop, kWidth,
      kHeight);
  for (int tick = 0; tick <= 4; ++tick)
    out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 6,
                       kTop + kHeight * (1 - tick / 4.0) + 4, HumanBytes(map.arena_bytes * tick / 4));
  for (size_t i = 0; i < map.values.size(); ++i) {
    const Lifetime& v = map.values[i];
    const double x = kLeft + kWidth * v.first / steps;
    const double width = kWidth * (std::min<double>(v.last, steps - 1) - v.first + 1) / steps;
    const double height = kHeight * static_cast<double>(v.bytes) / bytes;
    const double y = kTop + kHeight * (1 - static_cast<double>(v.offset + v.bytes) / bytes);
    out += fmt::format(
        "<g><title>{}</title><rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\" "
        "stroke=\"#fff\" stroke-width=\"0.5\"/></g>\n",
        Html(About(map, v)), x, y, width, height, Colour(i));
  }
  out += fmt::format("<text x=\"{}\" y=\"{}\">steps 0 to {}</text>\n</svg>\n", kLeft, kTop + kHeight + 24,
                     map.steps.size() - 1);
  return out;
}

}  // namespace hasten::cli
