#include "import/onnx/lint.h"

#include <map>
#include <set>

#include "base/mapped_file.h"
#include "base/nearest.h"
#include "import/onnx/importer.h"
#include "import/onnx/node_order.h"

namespace hasten {
namespace onnx {
namespace {

using Names = std::set<Bytes>;

// What a graph has, and what lies around it.
struct Level {
  const Level* outer = nullptr;
  std::string way;  // "node 3 'loop' (Loop): body: "
  Names defined;    // inputs, initializers, outputs of nodes read so far
  std::map<Bytes, size_t> producer;
  std::set<Bytes> used;
  int depth = 0;

  bool Sees(Bytes name) const { return defined.contains(name) || (outer && outer->Sees(name)); }
};

class Linter {
 public:
  Linter(const Catalog& catalog, const WireModel& model, std::vector<Finding>* out)
      : catalog_(catalog), model_(model), out_(*out) {}

  Status Model() {
    std::set<Bytes> names;
    for (const Bytes m : model_.functions) {
      HASTEN_ASSIGN(const WireFunction fn, ReadFunction(m));
      functions_.insert({NormalDomain(fn.domain), fn.name});
    }
    for (const WireOpset& o : model_.opsets) opsets_[NormalDomain(o.domain)] = o.version;
    HASTEN_ASSIGN(const WireGraph graph, ReadGraph(model_.graph.bytes));
    Level level;
    return Graph(graph, &level, nullptr);
  }

 private:
  void Add(const Level& level, std::string_view rule, std::string where, Bytes value, std::string message) {
    constexpr size_t kMost = 100000;
    if (out_.size() >= kMost) return;
    out_.push_back(MakeFinding(rule, Str(level.way, where), std::string(value), std::move(message)));
  }
  void AddAt(const Level& level, std::string_view rule, size_t i, const WireNode& n, Bytes value, std::string message) {
    Add(level, rule, Where(i, n), value, std::move(message));
    out_.back().op = n.type;
  }

  void Define(Level* level, const std::string& where, Bytes name) {
    if (level->defined.contains(name))
      Add(*level, "duplicate_value", where, name, Str(Shown(name), " is defined twice"));
    else if (level->outer && level->outer->Sees(name))
      Add(*level, "duplicate_value", where, name, Str(Shown(name), " is a value of a graph around this one, too"));
    level->defined.insert(name);
  }

  Result<Names> Initializers(const WireGraph& graph, Level* level) {
    Names names;
    for (const Bytes m : graph.initializers) {
      HASTEN_ASSIGN(const WireTensor t, ReadTensor(m));
      if (t.name.empty()) Add(*level, "unnamed_value", "initializer", {}, "an initializer has no name");
      Define(level, "initializer", t.name);
      names.insert(t.name);
    }
    for (const Bytes m : graph.sparse_initializers) {
      HASTEN_ASSIGN(const WireSparse s, ReadSparse(m));
      HASTEN_ASSIGN(const WireTensor t, ReadTensor(s.values.bytes));
      Define(level, "initializer", t.name);
      names.insert(t.name);
    }
    return names;
  }

  // `free` receives the outer names that a graph inside a node uses.
  Status Graph(const WireGraph& graph, Level* level, std::set<Bytes>* free) {
    HASTEN_REQUIRE(level->depth <= kMaxGraphDepth, "graphs must not be nested deeper than ", kMaxGraphDepth);
    HASTEN_ASSIGN(const Names initializers, Initializers(graph, level));
    std::vector<Bytes> inputs;
    for (const Bytes m : graph.inputs) {
      HASTEN_ASSIGN(const WireValue v, ReadValueInfo(m));
      if (v.name.empty()) Add(*level, "unnamed_value", "input", {}, "an input has no name");
      if (!initializers.contains(v.name)) Define(level, "input", v.name);
      if (!initializers.contains(v.name)) inputs.push_back(v.name);
      if (!level->outer && !v.type)
        Add(*level, "untyped_input", "input", v.name, Str("input ", Shown(v.name), " has no type"));
    }
    HASTEN_ASSIGN(const std::vector<WireNode> nodes, ReadNodes(graph));
    for (size_t i = 0; i < nodes.size(); ++i)
      for (const Bytes name : nodes[i].outputs)
        if (!name.empty()) level->producer.emplace(name, i);
    HASTEN_TRY(Nodes(nodes, level, free));
    HASTEN_TRY(Outputs(graph, level, free));
    Unused(*level, nodes, inputs, initializers);
    return {};
  }

  static Result<std::vector<WireNode>> ReadNodes(const WireGraph& graph) {
    std::vector<WireNode> nodes;
    for (const Bytes m : graph.nodes) {
      HASTEN_ASSIGN(WireNode n, ReadNode(m));
      nodes.push_back(std::move(n));
    }
    return nodes;
  }

  Status Nodes(const std::vector<WireNode>& nodes, Level* level, std::set<Bytes>* free) {
    std::map<Bytes, size_t> names;
    needs_[level].resize(nodes.size());
    for (size_t i = 0; i < nodes.size(); ++i) {
      const WireNode& n = nodes[i];
      if (n.name.empty()) {
        AddAt(*level, "unnamed_node", i, n, n.outputs.empty() ? Bytes() : n.outputs[0], "has no name");
      } else if (const auto [it, fresh] = names.emplace(n.name, i); !fresh) {
        AddAt(*level, "duplicate_node", i, n, {}, Str("has the name of node ", it->second));
      }
      Op(*level, i, n);
      for (size_t k = 0; k < n.inputs.size(); ++k)
        if (!n.inputs[k].empty()) Use(level, i, n, Str("input ", k), n.inputs[k], free);
      HASTEN_TRY(Bodies(nodes, i, level, free));
      if (std::all_of(n.outputs.begin(), n.outputs.end(), [](Bytes name) { return name.empty(); }))
        AddAt(*level, "no_output", i, n, {}, "has no output");
      for (const Bytes name : n.outputs)
        if (!name.empty()) Define(level, Where(i, n), name);
    }
    return {};
  }

  Status Bodies(const std::vector<WireNode>& nodes, size_t i, Level* level, std::set<Bytes>* free) {
    for (const Bytes m : nodes[i].attrs) {
      HASTEN_ASSIGN(const WireAttr attr, ReadAttr(m));
      std::vector<Bytes> bodies = attr.graphs;
      if (attr.graph) bodies.push_back(attr.graph.bytes);
      for (const Bytes body : bodies) {
        HASTEN_ASSIGN(const WireGraph graph, ReadGraph(body));
        Level inner;
        inner.outer = level;
        inner.depth = level->depth + 1;
        inner.way = Str(level->way, Where(i, nodes[i]), ": ", attr.name, ": ");
        std::set<Bytes> used;
        HASTEN_TRY(Graph(graph, &inner, &used));
        needs_.erase(&inner);
        for (const Bytes name : used) Use(level, i, nodes[i], Str("its graph '", attr.name, "'"), name, free);
      }
    }
    return {};
  }

  void Use(Level* level, size_t i, const WireNode& n, const std::string& what, Bytes name, std::set<Bytes>* free) {
    level->used.insert(name);
    const auto it = level->producer.find(name);
    if (it != level->producer.end()) needs_[level][i].push_back(it->second);
    if (level->defined.contains(name)) return;
    if (it != level->producer.end()) {
      AddAt(*level, "unsorted", i, n, name, Str(what, " ", Shown(name), " is computed only by node ", it->second));
      return;
    }
    if (free) free->insert(name);
    if (level->outer && (level->outer->Sees(name) || Computed(level->outer, name))) return;
    if (!level->outer || !free)
      AddAt(*level, "dangling_input", i, n, name, Str(what, " ", Shown(name), " is computed by nothing"));
  }

  static bool Computed(const Level* level, Bytes name) {
    for (; level; level = level->outer)
      if (level->producer.contains(name)) return true;
    return false;
  }

  Status Outputs(const WireGraph& graph, Level* level, std::set<Bytes>* free) {
    std::vector<size_t> stack;
    for (const Bytes m : graph.outputs) {
      HASTEN_ASSIGN(const WireValue v, ReadValueInfo(m));
      level->used.insert(v.name);
      if (const auto it = level->producer.find(v.name); it != level->producer.end()) stack.push_back(it->second);
      if (level->defined.contains(v.name)) continue;
      if (free && level->outer && (level->outer->Sees(v.name) || Computed(level->outer, v.name)))
        free->insert(v.name);
      else
        Add(*level, "dangling_output", "output", v.name, Str("output ", Shown(v.name), " is computed by no node"));
    }
    auto& needs = needs_[level];
    live_.assign(needs.size(), false);
    while (!stack.empty()) {
      const size_t i = stack.back();
      stack.pop_back();
      if (live_[i]) continue;
      live_[i] = true;
      stack.insert(stack.end(), needs[i].begin(), needs[i].end());
    }
    return {};
  }

  void Unused(const Level& level, const std::vector<WireNode>& nodes, const std::vector<Bytes>& inputs,
              const Names& initializers) {
    for (size_t i = 0; i < nodes.size(); ++i)
      if (!live_[i] && !nodes[i].outputs.empty())
        AddAt(level, "unused_node", i, nodes[i], nodes[i].outputs[0], "no output of the graph needs it");
    for (const Bytes name : initializers)
      if (!level.used.contains(name))
        Add(level, "unused_initializer", "initializer", name, Str("nothing reads ", Shown(name)));
    if (level.outer) return;
    for (const Bytes name : inputs)
      if (!level.used.contains(name)) Add(level, "unused_input", "input", name, Str("nothing reads ", Shown(name)));
  }

  void Op(const Level& level, size_t i, const WireNode& n) {
    const std::string_view domain = NormalDomain(n.domain);
    if (functions_.contains({domain, n.type})) return;
    const auto opset = opsets_.find(domain);
    if (opset == opsets_.end() && !(domain.empty() && model_.ir_version < 3))
      AddAt(level, "missing_opset", i, n, {},
            Str("the model does not say which opset of domain ", Quote(domain), " it uses"));
    const OpDef* op = catalog_.FindOnnx(domain, n.type);
    if (FindImport(domain, n.type) || (domain.empty() && n.type == "Constant")) return;
    if (!op && domain.empty()) {
      std::vector<std::string> names;
      for (const OpDef* known : catalog_.ops()) names.emplace_back(known->name);
      const std::string nearest = Nearest(n.type, names);
      AddAt(
          level, "unknown_op", i, n, {},
          Str("ai.onnx has no op ", Shown(n.type), nearest.empty() ? "" : Str("; did you mean ", Quote(nearest), "?")));
    } else if (!op) {
      AddAt(level, "unknown_domain", i, n, {},
            Str("op ", Shown(n.type), " of domain ", Shown(domain), " is not known here: it is carried, not run"));
    } else if (opset != opsets_.end() && !op->onnx.versions.empty() &&
               op->onnx.versions.front().since > opset->second) {
      AddAt(level, "newer_op", i, n, {},
            Str("exists since opset ", op->onnx.versions.front().since, ", the model says ", opset->second));
    }
  }

  const Catalog& catalog_;
  const WireModel& model_;
  std::vector<Finding>& out_;
  std::set<std::pair<std::string_view, std::string_view>> functions_;
  std::map<std::string_view, int64_t> opsets_;
  std::map<const Level*, std::vector<std::vector<size_t>>> needs_;  // per node of an open graph: nodes it needs
  std::vector<bool> live_;                                          // of the graph that ended last
};

constexpr Finding::Level kError = Finding::Level::kError, kWarning = Finding::Level::kWarning,
                         kNote = Finding::Level::kNote;
constexpr LintRule kRules[] = {
    {"dangling_input", kError, "a node reads what nothing computes"},
    {"dangling_output", kError, "an output of the graph is computed by no node"},
    {"duplicate_node", kWarning, "two nodes of a graph have one name"},
    {"duplicate_value", kError, "a value is defined twice, or has the name of one of a graph around it"},
    {"invalid", kError, "what else makes the model impossible to import: wrong types, attributes, counts of operands"},
    {"missing_opset", kError, "an op's domain is not among the opsets that the model names"},
    {"missing_shape", kNote, "nothing tells the dtype or the rank of a value"},
    {"newer_op", kWarning, "an op that does not exist yet at the model's opset"},
    {"no_output", kError, "a node without outputs"},
    {"odd_weight", kWarning, "a weight has NaN or infinite elements"},
    {"unknown_domain", kWarning, "an op of a domain that this build does not know"},
    {"unknown_op", kError, "an op that the standard does not have"},
    {"unnamed_node", kNote, "a node has no name"},
    {"unnamed_value", kError, "an input or initializer without a name"},
    {"unsorted", kError, "a node stands before one whose result it reads"},
    {"untyped_input", kError, "an input of the model has no type"},
    {"unused_initializer", kWarning, "nothing reads an initializer"},
    {"unused_input", kWarning, "nothing reads an input"},
    {"unused_node", kWarning, "no output needs a node"},
    {"wrong_type", kError, "a value's declared dtype, rank or dims cannot be"},
};

}  // namespace
}  // namespace onnx

std::string_view Name(Finding::Level level) {
  constexpr std::string_view kNames[] = {"error", "warning", "note"};
  return kNames[static_cast<size_t>(level)];
}

std::span<const LintRule> LintRules() { return onnx::kRules; }

Finding MakeFinding(std::string_view rule, std::string where, std::string value, std::string message) {
  for (const LintRule& r : LintRules())
    if (r.name == rule) return {r.level, r.name, std::move(where), {}, std::move(value), std::move(message)};
  HASTEN_CHECK(false);
}

Result<std::vector<Finding>> LintOnnx(const std::string& path, const Catalog& catalog) {
  HASTEN_ASSIGN(const auto file, MappedFile::Open(path));
  std::vector<Finding> out;
  auto model = onnx::ReadModel(file->bytes());
  if (!model.ok()) return std::move(model).At(path).status();
  if (!model->graph.present) return Status(Code::kInvalidModel, Str(path, ": has no graph: not an ONNX model"));
  HASTEN_TRY(onnx::Linter(catalog, *model, &out).Model().At(path));
  return out;
}

}  // namespace hasten
