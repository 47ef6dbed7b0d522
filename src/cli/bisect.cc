#include "cli/bisect.h"

#include <filesystem>
#include <set>

#include "cli/formats/value_files.h"
#include "cli/layer_trace.h"
#include "import/onnx/export.h"
#include "ir/copy.h"
#include "surgery/extract.h"

namespace hasten::cli {
namespace {

using Region = std::set<NodeId>;

class Search {
 public:
  explicit Search(const BisectTask& task) : task_(task), graph_(task.tested->graph), order_(graph_.Order()) {
    for (size_t i = 0; i < graph_.inputs.size() && i < task.inputs.size(); ++i)
      known_[graph_.inputs[i]] = task.inputs[i];
    for (const auto& [name, tensor] : task.right->layers)
      if (const ValueId v = graph_.FindValue(name); v != kNone) known_.emplace(v, Value(tensor));
  }

  std::optional<FailingPart> Run(ValueId beyond) {
    const NodeId last = graph_.value(beyond).producer;
    if (last == kNone) return std::nullopt;
    Region region;
    for (size_t depth = 1;; depth *= 2) {
      const Region before = std::exchange(region, Ancestors(last, depth));
      if (region == before) return std::nullopt;
      if (Fails(region, beyond)) break;
    }
    return Shrink(std::move(region), beyond);
  }

 private:
  // Nodes at most `depth` steps behind one, itself counted.
  Region Ancestors(NodeId last, size_t depth) const {
    Region out{last};
    std::vector<NodeId> edge{last};
    for (size_t step = 1; step < depth && !edge.empty(); ++step) {
      std::vector<NodeId> next;
      for (const NodeId n : edge)
        for (const ValueId v : graph_.node(n).inputs)
          if (const NodeId p = v == kNone ? kNone : graph_.value(v).producer; p != kNone && out.insert(p).second)
            next.push_back(p);
      edge = std::move(next);
    }
    return out;
  }

  // Earlier ends first, then without what comes first.
  FailingPart Shrink(Region region, ValueId end) {
    for (const NodeId n : order_) {
      if (!region.contains(n) || n == graph_.value(end).producer) continue;
      Region part;
      for (const NodeId m : Ancestors(n, order_.size()))
        if (region.contains(m)) part.insert(m);
      const auto outputs = graph_.node(n).outputs;
      const auto fails = [&](ValueId v) { return v != kNone && known_.contains(v) && Fails(part, v); };
      const auto it = std::find_if(outputs.begin(), outputs.end(), fails);
      if (it == outputs.end()) continue;
      region = std::move(part);
      end = *it;
      break;
    }
    for (const NodeId n : order_) {
      if (!region.contains(n) || n == graph_.value(end).producer) continue;
      Region part = region;
      for (const NodeId m : Ancestors(n, order_.size())) part.erase(m);
      if (Fails(part, end)) region = std::move(part);
    }
    return found_;
  }

  // What a region reads from outside.  It grows where that is not known.
  std::vector<ValueId> Boundary(Region* region) const {
    std::set<ValueId> seen;
    std::vector<ValueId> out;
    std::vector<NodeId> nodes(region->begin(), region->end());
    while (!nodes.empty()) {
      const NodeId n = nodes.back();
      nodes.pop_back();
      for (const ValueId v : graph_.node(n).inputs) {
        if (v == kNone || graph_.value(v).constant || !seen.insert(v).second) continue;
        const NodeId p = graph_.value(v).producer;
        if (p != kNone && region->contains(p)) continue;
        if (p != kNone && !known_.contains(v)) {
          region->insert(p);
          nodes.push_back(p);
        } else {
          out.push_back(v);
        }
      }
    }
    std::sort(out.begin(), out.end());
    // A node that came in later may compute what was taken for outside.
    std::erase_if(out, [&](ValueId v) { return region->contains(graph_.value(v).producer); });
    return out;
  }

  // A part that cannot be cut out, planned or run does not fail.
  bool Fails(Region region, ValueId end) {
    FailingPart part;
    for (const ValueId v : Boundary(&region)) {
      part.inputs.push_back(graph_.value(v).name);
      part.contents.push_back(known_.at(v));
    }
    part.output = graph_.value(end).name;
    std::shared_ptr<Model> cut = CopyOf(*task_.tested), run = CopyOf(*task_.tested);
    const std::vector<std::string> outputs = {part.output};
    if (!Extract(part.inputs, outputs, &cut->graph).ok() || !Extract(part.inputs, outputs, &run->graph).ok())
      return false;
    ++tried_;
    const auto session = task_.plan(std::move(run), part.contents);
    std::vector<Value> is;
    if (!session.ok() || !(**session).Run(part.contents, &is).ok()) return false;
    const Value& want = known_.at(end);
    const auto s = is[0].is_tensor() ? StatisticsOf(is[0].tensor(), want.tensor()) : std::nullopt;
    part.error = s ? s->scaled() : std::numeric_limits<double>::infinity();
    if (part.error <= task_.bound) return false;
    for (const NodeId n : order_)
      if (region.contains(n) && Stands(*cut, n)) part.nodes.push_back(graph_.Where(n));
    part.part = std::move(cut);
    part.tried = tried_;
    found_ = std::move(part);
    return true;
  }

  // Ids are kept by the copy.
  static bool Stands(const Model& cut, NodeId n) { return cut.graph.node(n).alive; }

  const BisectTask& task_;
  const Graph& graph_;
  const std::vector<NodeId> order_;
  std::map<ValueId, Value> known_;
  FailingPart found_;  // the last that failed, which is the smallest
  int tried_ = 0;
};

}  // namespace

Result<std::optional<FailingPart>> Bisect(const BisectTask& task, const std::string& beyond) {
  const ValueId v = task.tested->graph.FindValue(beyond);
  if (v == kNone || !task.right->layers.contains(beyond)) return std::optional<FailingPart>();
  return Search(task).Run(v);
}

std::string SetFolderOf(const std::string& path) {
  return std::filesystem::path(path).replace_extension(".set").string();
}

Status WriteFailingPart(const FailingPart& part, const Judged& right, const std::string& path) {
  HASTEN_TRY(ExportOnnx(*part.part, path).At(path));
  const std::string folder = SetFolderOf(path);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Status(Code::kInvalidArgument, Str(folder, ": ", error.message()));
  const Graph& graph = part.part->graph;
  const auto write = [&](const std::string& stem, ValueId v, const Value& value) {
    return WriteValueFiles(Str(folder, "/", stem), "pb", value, graph.value(v).type, graph.value(v).name).status();
  };
  for (size_t i = 0; i < part.contents.size(); ++i)
    HASTEN_TRY(write(Str("input_", i), graph.inputs[i], part.contents[i]));
  return write("output_0", graph.outputs[0], Value(right.layers.at(part.output)));
}

}  // namespace hasten::cli
