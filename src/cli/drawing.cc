#include "cli/drawing.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "cli/html.h"
#include "cli/layered_layout.h"
#include "ir/text.h"

namespace hasten::cli {
namespace {

enum class Mark : uint8_t { kNone, kGone, kNew };

struct DrawnNode {
  std::vector<std::string> lines;  // the first is the op's, or "input"
  std::string about;               // shown when pointed at
  bool terminal = false;           // an input or output of the graph
  Mark mark = Mark::kNone;
};

struct DrawnEdge {
  size_t from, to;
  std::string value, type;
};

struct Drawn {
  std::string title;
  std::vector<DrawnNode> nodes;
  std::vector<DrawnEdge> edges;
};

std::string Shortened(std::string text, size_t most) {
  if (text.size() <= most) return text;
  size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // no half of a character
  return text.substr(0, end) + "...";
}

ValueId FirstOutput(const Node& node) {
  for (const ValueId v : node.outputs)
    if (v != kNone) return v;
  return kNone;
}

// What makes two nodes of two graphs the same.
std::string Identity(const Graph& graph, NodeId n) {
  const Node& node = graph.node(n);
  const ValueId v = FirstOutput(node);
  return Str(OpName(node), "|", node.epilogue, "|", !node.name.empty() || v == kNone ? node.name : graph.value(v).name);
}

std::set<std::string> Identities(const Graph& graph) {
  std::set<std::string> out;
  for (const NodeId n : graph.Order()) out.insert(Identity(graph, n));
  return out;
}

DrawnNode NodeBox(const Graph& graph, NodeId n) {
  const Node& node = graph.node(n);
  DrawnNode out;
  std::string op = OpName(node);
  const size_t graphs = node.attrs.Graphs().size();
  if (!node.epilogue.empty()) op += Str(" + ", node.epilogue.instrs.size());
  if (graphs > 0) op += Str(" {", graphs, graphs > 1 ? " graphs}" : " graph}");
  out.lines.push_back(Shortened(op, 32));
  if (!node.name.empty()) out.lines.push_back(Shortened(node.name, 32));
  if (const ValueId v = FirstOutput(node); v != kNone && graph.value(v).type.known())
    out.lines.push_back(Shortened(graph.value(v).type.Text(), 32));
  out.about = graph.Where(n);
  for (const NamedAttr& a : node.attrs.NonDefault()) out.about += Str("\n", a.name, " = ", AttrText(a.value));
  if (!node.epilogue.empty()) out.about += Str("\nepilogue: ", node.epilogue);
  for (const ValueId v : node.inputs)
    if (const Tensor* t = graph.constant(v)) out.about += Str("\nconstant ", Quote(graph.value(v).name), " ", *t);
  return out;
}

Drawn Draw(const DrawnGraph& picture, const std::set<std::string>* others, Mark mark) {
  const Graph& graph = *picture.graph;
  Drawn out;
  out.title = picture.title;
  std::map<ValueId, size_t> source;
  const auto terminal = [&](std::string_view kind, ValueId v) {
    const GraphValue& value = graph.value(v);
    out.nodes.push_back({{std::string(kind), Shortened(value.name, 32), Shortened(value.type.Text(), 32)},
                         Str(kind, " ", Quote(value.name), " ", value.type),
                         true});
    return out.nodes.size() - 1;
  };
  const auto connect = [&](ValueId v, size_t to) {
    if (const auto it = source.find(v); it != source.end())
      out.edges.push_back({it->second, to, graph.value(v).name, graph.value(v).type.Text()});
  };
  for (const ValueId v : graph.inputs) source[v] = terminal("input", v);
  for (const NodeId n : graph.Order()) {
    const size_t at = out.nodes.size();
    out.nodes.push_back(NodeBox(graph, n));
    if (others && !others->contains(Identity(graph, n))) out.nodes.back().mark = mark;
    std::set<ValueId> seen;
    for (const ValueId v : graph.node(n).inputs)
      if (v != kNone && seen.insert(v).second) connect(v, at);
    for (const ValueId v : graph.node(n).outputs)
      if (v != kNone) source[v] = at;
  }
  for (const ValueId v : graph.outputs) connect(v, terminal("output", v));
  return out;
}

std::vector<Drawn> DrawAll(const std::vector<DrawnGraph>& pictures) {
  std::vector<Drawn> out;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const bool pair = pictures.size() == 2;
    std::set<std::string> others;
    if (pair) others = Identities(*pictures[1 - i].graph);
    out.push_back(Draw(pictures[i], pair ? &others : nullptr, i == 0 ? Mark::kGone : Mark::kNew));
  }
  return out;
}

struct Colours {
  const char *fill, *line;
};

Colours ColoursOf(const DrawnNode& n) {
  if (n.terminal) return {"#e8e8e8", "#777777"};
  if (n.mark == Mark::kGone) return {"#fde4e1", "#cc2222"};
  if (n.mark == Mark::kNew) return {"#e0f4e4", "#229944"};
  return {"#e6eefa", "#4477aa"};
}

// In Graphviz's quoted strings, a backslash would begin an escape.
std::string DotQuoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + "\"";
}

// An edge is a smooth line through its points; each leaves and arrives upright.
std::string PathOf(const std::vector<LayoutPoint>& points, double dx, double dy) {
  constexpr double kStraight = 0.05;
  std::string out = fmt::format("M{:.1f} {:.1f}", points[0].x + dx, points[0].y + dy);
  for (size_t i = 1; i < points.size(); ++i) {
    const LayoutPoint &a = points[i - 1], &b = points[i];
    const double middle = (a.y + b.y) / 2 + dy;
    if (std::abs(a.x - b.x) >= kStraight)
      out += fmt::format("C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", a.x + dx, middle, b.x + dx, middle, b.x + dx,
                         b.y + dy);
    else if (i + 1 == points.size() || std::abs(b.x - points[i + 1].x) >= kStraight)
      out += fmt::format("V{:.1f}", b.y + dy);
  }
  return out;
}

constexpr double kLineHeight = 14, kCharWidth = 6.6, kPadding = 8, kTitle = 30;

void DrawSvg(const Drawn& d, const Layout& layout, const std::vector<LayoutBox>& boxes, double dx, std::string* out) {
  *out += fmt::format("<text x=\"{:.1f}\" y=\"20\" class=\"title\">{}</text>\n", dx + layout.width / 2, Html(d.title));
  for (size_t i = 0; i < d.edges.size(); ++i)
    *out += fmt::format("<path d=\"{}\" class=\"edge\" marker-end=\"url(#arrow)\"><title>{} {}</title></path>\n",
                        PathOf(layout.routes[i], dx, kTitle), Html(d.edges[i].value), Html(d.edges[i].type));
  for (size_t i = 0; i < d.nodes.size(); ++i) {
    const DrawnNode& n = d.nodes[i];
    const LayoutBox& box = boxes[i];
    const double x = layout.centers[i].x + dx, y = layout.centers[i].y + kTitle;
    const Colours colours = ColoursOf(n);
    *out += fmt::format(
        "<g><title>{}</title><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"{}\" fill=\"{}\" "
        "stroke=\"{}\"/>",
        Html(n.about), x - box.width / 2, y - box.height / 2, box.width, box.height, n.terminal ? 12 : 4, colours.fill,
        colours.line);
    for (size_t k = 0; k < n.lines.size(); ++k)
      *out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\"{}>{}</text>", x,
                          y - box.height / 2 + kPadding + kLineHeight * (static_cast<double>(k) + 0.75),
                          k == 0 ? " class=\"op\"" : "", Html(n.lines[k]));
    *out += "</g>\n";
  }
}

}  // namespace

std::string DotText(const std::vector<DrawnGraph>& pictures) {
  std::string out =
      "digraph model {\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", fontsize=10];\n"
      "  edge [fontname=\"sans-serif\", fontsize=8];\n";
  size_t number = 0;
  for (const Drawn& d : DrawAll(pictures)) {
    out += Str("  subgraph cluster_", number, " {\n    label=", DotQuoted(d.title), ";\n");
    const auto id = [&](size_t i) { return Str("g", number, "n", i); };
    for (size_t i = 0; i < d.nodes.size(); ++i) {
      const DrawnNode& n = d.nodes[i];
      const Colours colours = ColoursOf(n);
      out += Str("    ", id(i), " [label=", DotQuoted(Join(n.lines, "\n")), ", tooltip=", DotQuoted(n.about),
                 ", fillcolor=\"", colours.fill, "\", color=\"", colours.line, "\"];\n");
    }
    for (const DrawnEdge& e : d.edges)
      out += Str("    ", id(e.from), " -> ", id(e.to), " [tooltip=", DotQuoted(Str(e.value, " ", e.type)), "];\n");
    out += "  }\n";
    ++number;
  }
  return out + "}\n";
}

std::string SvgText(const std::vector<DrawnGraph>& pictures) {
  std::string body;
  double width = 0, height = 0;
  for (const Drawn& d : DrawAll(pictures)) {
    std::vector<LayoutBox> boxes;
    std::vector<LayoutEdge> edges;
    for (const DrawnNode& n : d.nodes) {
      size_t longest = 0;
      for (const std::string& line : n.lines) longest = std::max(longest, line.size());
      boxes.push_back({kCharWidth * static_cast<double>(longest) + 2 * kPadding,
                       kLineHeight * static_cast<double>(n.lines.size()) + 2 * kPadding});
    }
    for (const DrawnEdge& e : d.edges) edges.push_back({e.from, e.to});
    const Layout layout = LayeredLayout(boxes, edges);
    DrawSvg(d, layout, boxes, width, &body);
    width += layout.width;
    height = std::max(height, layout.height + kTitle);
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
      "{1:.0f}\">\n"
      "<style>text{{font:11px sans-serif;text-anchor:middle}}.op{{font-weight:bold}}.title{{font-size:14px}}"
      ".edge{{fill:none;stroke:#888}}</style>\n"
      "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
      "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#888\"/></marker></defs>\n{2}</svg>\n",
      std::ceil(width), std::ceil(height), body);
}

}  // namespace hasten::cli
