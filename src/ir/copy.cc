#include "ir/copy.h"

namespace hasten {

std::unique_ptr<Model> CopyOf(const Model& model) {
  auto copy = std::make_unique<Model>();
  copy->graph = std::move(*model.graph.Clone());
  copy->ir_version = model.ir_version;
  copy->opsets = model.opsets;
  copy->producer_name = model.producer_name;
  copy->producer_version = model.producer_version;
  copy->domain = model.domain;
  copy->doc = model.doc;
  copy->model_version = model.model_version;
  copy->metadata = model.metadata;
  return copy;
}

}  // namespace hasten
