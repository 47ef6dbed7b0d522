#include "engine/session.h"

#include "base/cores.h"
#include "base/mapped_file.h"
#include "import/onnx/import.h"
#include "ops/text.h"
#include "passes/pipeline.h"
#include "zoo/zoo.h"

namespace hasten {
namespace {

// `usual`: threads where the options leave their number open.  Null: one thread.
std::shared_ptr<ThreadPool> PoolOf(const SessionOptions& options, int usual) {
  if (options.pool) return options.pool;
  const int threads = options.threads > 0 ? options.threads : usual;
  return threads > 1 ? std::make_shared<ThreadPool>(threads) : nullptr;
}

}  // namespace

Result<std::unique_ptr<Model>> LoadModel(const std::string& path, const Catalog& catalog) {
  if (constexpr std::string_view kZoo = "zoo:"; path.starts_with(kZoo))
    return zoo::Build(std::string_view(path).substr(kZoo.size())).At(path);
  if (IsPlanFile(path)) {
    HASTEN_ASSIGN(const PlanFile file, PlanFile::Open(path));
    return file.LoadModel(catalog).At(path);
  }
  if (!path.ends_with(".ir")) return ImportOnnx(path, catalog);
  HASTEN_ASSIGN(const std::string text, ReadFile(path));
  return ParseText(text, catalog).At(path);
}

Result<std::unique_ptr<Session>> Session::Load(const std::string& path, const SessionOptions& options) {
  if (IsPlanFile(path) && !options.plan.references_only) {
    HASTEN_ASSIGN(const PlanFile file, PlanFile::Open(path));
    return OfPlanFile(file, options);
  }
  HASTEN_ASSIGN(auto model, LoadModel(path, options.plan.catalog ? *options.plan.catalog : Catalog::BuiltIn()));
  return Optimized(std::move(model), options).At(path);
}

Result<std::unique_ptr<Session>> Session::Optimized(std::shared_ptr<Model> model, const SessionOptions& options) {
  if (options.passes && !options.plan.references_only) {
    PassOptions passes;
    passes.numerics = options.plan.numerics;
    HASTEN_TRY(Optimize(model.get(), passes, nullptr));
  }
  if (options.keep_weights) return Of(std::move(model), options);
  MappedFile::GiveBackAll();  // passes read weights that nobody reads again
  SessionOptions releasing = options;
  releasing.plan.release = [graph = &model->graph](const Graph* of, ValueId v) {
    if (of != graph) return;
    const Tensor& weight = graph->value(v).constant->tensor;
    MappedFile::GiveBack(weight.data, static_cast<size_t>(weight.bytes()));
    Constant empty;
    empty.tensor.dtype = weight.dtype;
    empty.tensor.dims = weight.dims;
    graph->value(v).constant = std::make_shared<const Constant>(std::move(empty));
  };
  return Of(std::move(model), releasing);
}

Result<std::unique_ptr<Session>> Session::Of(std::shared_ptr<const Model> model, const SessionOptions& options) {
  const auto pool = PoolOf(options, UsableCores());
  PlanOptions plan_options = options.plan;
  plan_options.pool = pool.get();
  HASTEN_ASSIGN(auto plan, BuildPlan(std::move(model), plan_options));
  return std::unique_ptr<Session>(new Session(std::move(plan), pool));
}

Result<std::unique_ptr<Session>> Session::OfPlanFile(const PlanFile& file, const SessionOptions& options) {
  const auto pool = PoolOf(options, std::min(file.settings().threads, UsableCores()));
  PlanOptions plan_options = options.plan;
  plan_options.pool = pool.get();
  HASTEN_ASSIGN(LoadedPlan loaded, file.Load(plan_options));
  std::unique_ptr<Session> session(new Session(std::move(loaded.plan), pool));
  session->planned_again_ = loaded.planned_again;
  return session;
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
