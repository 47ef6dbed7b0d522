#include "zoo/zoo.h"

#include "base/nearest.h"
#include "catalog/zoo.inc"

namespace hasten::zoo {
namespace {

Status Unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const Topology* t : Topologies()) names.emplace_back(t->name);
  const std::string all = Join(names, ", ");
  if (name.empty()) return Status(Code::kNotFound, Str("must name one of ", all));
  const std::string nearest = Nearest(name, names);
  return Status(Code::kNotFound,
                Str("there is no ", Quote(name), nearest.empty() ? "." : Str("; did you mean '", nearest, "'?"),
                    " The zoo has ", all));
}

Status MakeWeights(Graph* graph) {
  for (ValueId v = 0; v < graph->value_slots(); ++v) {
    GraphValue& value = graph->value(v);
    if (!value.constant || value.constant->tensor.data) continue;
    Constant made = *value.constant;
    HASTEN_ASSIGN(made.tensor, Generate(*made.generator, made.tensor.dtype, made.tensor.dims));
    value.constant = std::make_shared<const Constant>(std::move(made));
  }
  return {};
}

}  // namespace

std::span<const Topology* const> Topologies() { return kCatalog; }

const Topology* Find(std::string_view name) {
  for (const Topology* t : Topologies())
    if (t->name == name) return t;
  return nullptr;
}

Result<std::unique_ptr<Model>> BuildGraph(const Topology& topology) {
  Builder builder(topology.name);
  topology.build(builder);
  HASTEN_ASSIGN(auto model, builder.Finish());
  model->doc = std::string(topology.doc);
  return model;
}

Result<std::unique_ptr<Model>> Build(std::string_view name) {
  const Topology* topology = Find(name);
  if (!topology) return Unknown(name);
  HASTEN_ASSIGN(auto model, BuildGraph(*topology));
  HASTEN_TRY(MakeWeights(&model->graph));
  return model;
}

}  // namespace hasten::zoo
