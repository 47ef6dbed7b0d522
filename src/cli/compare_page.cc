// The page of `hasten compare --report`.
#include <fmt/format.h>

#include "cli/compared.h"
#include "cli/html.h"

namespace hasten::cli {
namespace {

constexpr double kWidth = 900, kHeight = 260, kLeft = 60, kBottom = 30, kTop = 10;

std::string Line(double x1, double y1, double x2, double y2, std::string_view style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1, x2, y2, style);
}

std::string Text(double x, double y, std::string_view text, std::string_view anchor = "middle") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, Html(text));
}

std::string Svg(std::string_view inside) {
  return fmt::format("<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n{2}</svg>\n", kWidth, kHeight,
                     inside);
}

// Powers of ten from 1e-9 to 1e1 on an axis; errors beyond stand at its ends.
double HeightOf(double error) {
  constexpr double kLow = -9, kHigh = 1;
  const double exponent = std::clamp(error > 0 ? std::log10(error) : kLow, kLow, kHigh);
  return kTop + (kHigh - exponent) / (kHigh - kLow) * (kHeight - kTop - kBottom);
}

// The error of each layer, in the order of the run.
std::string ErrorPlot(const Comparison& c) {
  std::string out;
  for (int exponent = -9; exponent <= 1; exponent += 2) {
    const double y = HeightOf(std::pow(10, exponent));
    out += Line(kLeft, y, kWidth, y, "stroke=\"#ddd\"") + Text(kLeft - 6, y + 4, Str("1e", exponent), "end");
  }
  const double bound = HeightOf(c.bound);
  const double step = (kWidth - kLeft - 10) / static_cast<double>(std::max<size_t>(c.layers.size(), 1));
  for (size_t i = 0; i < c.layers.size(); ++i) {
    const Compared& layer = c.layers[i];
    if (!layer.why_not.empty()) continue;
    const double x = kLeft + 5 + step * (static_cast<double>(i) + 0.5), error = layer.statistics.scaled();
    out += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"><title>{}: {:.3g} ({})</title></circle>\n", x,
        HeightOf(error), layer.Within(c.bound) ? "#2a7" : "#c22", Html(layer.name), error, Html(layer.where));
  }
  out += Line(kLeft, bound, kWidth, bound, "stroke=\"#c22\" stroke-dasharray=\"6 4\"");
  return Svg(out + Text((kLeft + kWidth) / 2, kHeight - 8, "layers, in the order of the run; dashed: the bound"));
}

std::string UlpPlot(const std::vector<std::pair<std::string, int64_t>>& bins) {
  double most = 1;
  for (const auto& [apart, count] : bins) most = std::max(most, static_cast<double>(count));
  const double step = (kWidth - kLeft) / static_cast<double>(bins.size());
  std::string out;
  for (size_t i = 0; i < bins.size(); ++i) {
    const double height = static_cast<double>(bins[i].second) / most * (kHeight - kTop - kBottom - 15);
    const double x = kLeft + step * static_cast<double>(i), y = kHeight - kBottom - height;
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#47a\"/>\n", x, y,
                       step - 6, height);
    out += Text(x + step / 2 - 3, kHeight - kBottom + 14, bins[i].first);
    if (bins[i].second > 0) out += Text(x + step / 2 - 3, y - 3, Str(bins[i].second));
  }
  return Svg(out);
}

std::string Table(std::string_view title, const std::vector<Compared>& all, double bound) {
  std::vector<std::vector<std::string>> rows;
  for (const Compared& c : all) {
    const Statistics& s = c.statistics;
    std::vector<std::string> row = {c.name, c.where};
    if (c.why_not.empty())
      row.insert(row.end(), {c.Within(bound) ? "" : "beyond", fmt::format("{:.3g}", s.scaled()),
                             fmt::format("{:.3g}", s.max_absolute), fmt::format("{:.3g}", s.mean_absolute),
                             fmt::format("{:.3g}", s.max_relative), fmt::format("{:.9f}", s.cosine)});
    else
      row.push_back(c.why_not);
    rows.push_back(std::move(row));
  }
  return HtmlTable(title, {"value", "node", "", "error", "max abs", "mean abs", "max rel", "cosine"}, rows);
}

}  // namespace

std::string ComparePage(const Comparison& c) {
  const auto beyond =
      std::count_if(c.outputs.begin(), c.outputs.end(), [&](const Compared& one) { return !one.Within(c.bound); });
  std::string body =
      Str("<h1>", Html(c.a), " against ", Html(c.b), "</h1>\n<p>",
          beyond == 0 ? Str("All ", c.outputs.size(), " outputs are within the bound")
                      : Str("<b>", beyond, " of ", c.outputs.size(), " outputs are beyond the bound</b>"),
          ", ", fmt::format("{:g}", c.bound), " of their largest element. Right is what ", Html(c.judge),
          " computes.</p>\n");
  if (!c.first_beyond.empty()) body += Str("<p>First layer beyond the bound: ", Html(c.first_beyond), "</p>\n");
  for (const std::string& line : c.bisected) body += Str("<p>", Html(line), "</p>\n");
  if (!c.layers.empty()) body += Str("<h2>Error by layer</h2>\n", ErrorPlot(c));
  if (!UlpLine(c.outputs).empty())
    body += Str("<h2>Outputs: units in the last place apart, elements</h2>\n", UlpPlot(UlpBins(c.outputs)));
  body += Table("Outputs", c.outputs, c.bound) + Table("Layers", c.layers, c.bound);
  return HtmlDocument(Str(c.a, " against ", c.b), body);
}

}  // namespace hasten::cli
