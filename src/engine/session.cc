#include "engine/session.h"

#include "base/mapped_file.h"
#include "import/onnx/import.h"
#include "ops/text.h"

namespace hasten {

Result<std::unique_ptr<Model>> LoadModel(const std::string& path, const Catalog& catalog) {
  if (!path.ends_with(".ir")) return ImportOnnx(path, catalog);
  HASTEN_ASSIGN(const std::string text, ReadFile(path));
  return ParseText(text, catalog).At(path);
}

Result<std::unique_ptr<Session>> Session::Load(const std::string& path, const SessionOptions& options) {
  HASTEN_ASSIGN(auto model, LoadModel(path, options.plan.catalog ? *options.plan.catalog : Catalog::BuiltIn()));
  return Of(std::move(model), options).At(path);
}

Result<std::unique_ptr<Session>> Session::Of(std::shared_ptr<const Model> model, const SessionOptions& options) {
  HASTEN_ASSIGN(auto plan, BuildPlan(std::move(model), options.plan));
  return std::unique_ptr<Session>(new Session(std::move(plan)));
}

const Type& Session::input_type(size_t i) const {
  const PlannedValue& v = plan_->values[plan_->inputs[i]];
  return v.graph->value(v.value).type;
}

const Type& Session::output_type(size_t i) const {
  const PlannedValue& v = plan_->values[plan_->outputs[i]];
  return v.graph->value(v.value).type;
}

const Type& Session::declared_output_type(size_t i) const {
  const Type& declared = model().graph.value(model().graph.outputs[i]).declared;
  return declared.known() ? declared : output_type(i);
}

}  // namespace hasten
