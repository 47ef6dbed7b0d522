#include "api/ops.h"
#include "ir/copy.h"

namespace hasten::api {
namespace {

constexpr int32_t kMostThreads = 1024;

Result<Numerics> NumericsOf(hasten_precision precision) {
  switch (precision) {
    case HASTEN_PRECISION_DEFAULT: return Numerics::kWinograd;
    case HASTEN_PRECISION_EXACT: return Numerics::kExact;
    case HASTEN_PRECISION_STRICT: return Numerics::kReassociated;
    case HASTEN_PRECISION_FAST: return Numerics::kApproximate;
  }
  return Misuse("precision must be one of hasten_precision, is ", static_cast<int>(precision));
}

Status ReadShapes(const hasten_plan_options& options, ShapeHints* shapes) {
  if (options.shape_count > 0 && !options.shapes) return Misuse("shapes must not be NULL where shape_count is not 0");
  for (size_t i = 0; i < options.shape_count; ++i) {
    const hasten_shape& s = options.shapes[i];
    if (!s.input) return Misuse("shape ", i, " must name an input");
    if (s.ndim < 0 || s.ndim > Dims::kMaxRank || (s.ndim > 0 && !s.dims))
      return Misuse("shape of ", Quote(s.input), " must have 0 to ", Dims::kMaxRank, " dims, has ", s.ndim);
    const std::span<const int64_t> dims(s.dims, static_cast<size_t>(s.ndim));
    if (auto checked = CheckedElements(dims); !checked.ok()) return std::move(checked).At(Quote(s.input)).status();
    (*shapes)[s.input] = Dims(dims);
  }
  return {};
}

// What both ways to a plan share.
Result<SessionOptions> SessionOf(const hasten_plan_options& o, const OpSet& ops) {
  if (o.threads < 0 || o.threads > kMostThreads)
    return Misuse("threads must be 0 to ", kMostThreads, ", is ", o.threads);
  if (o.level < 0 || o.level > 5) return Misuse("level must be 0 to 5, is ", o.level);
  if (!(o.timing_seconds >= 0 && o.timing_seconds <= 1e6))
    return Misuse("timing_seconds must be 0 to a million, is ", o.timing_seconds);
  SessionOptions options;
  options.threads = o.threads;
  options.passes = !o.no_passes;
  options.keep_weights = !o.release_weights;
  options.plan.catalog = &ops.catalog;
  options.plan.tactics = ops.tactics;
  options.plan.level = o.level;
  HASTEN_ASSIGN(options.plan.numerics, NumericsOf(o.precision));
  if (o.timing_seconds > 0)
    options.plan.timing_budget = std::chrono::nanoseconds(static_cast<int64_t>(o.timing_seconds * 1e9));
  if (o.timing_cache) options.plan.timing_cache = o.timing_cache;
  if (o.progress)
    options.plan.progress = [call = o.progress, data = o.progress_user_data](size_t done, size_t all) {
      call(data, done, all);
    };
  return options;
}

Result<size_t> SlotNamed(const Plan& plan, const std::vector<SlotId>& slots, const char* name, std::string_view what) {
  if (!name) return Misuse("a state must name an ", what);
  for (size_t i = 0; i < slots.size(); ++i)
    if (plan.values[slots[i]].name == name) return i;
  return Status(Code::kNotFound, Str("the model has no ", what, " ", Quote(name), ", which a state names"));
}

Result<StatePair> PairOf(const Session& session, const hasten_state_binding& b) {
  const Plan& plan = *session.plan();
  HASTEN_ASSIGN(const size_t input, SlotNamed(plan, plan.inputs, b.input, "input"));
  HASTEN_ASSIGN(const size_t output, SlotNamed(plan, plan.outputs, b.output, "output"));
  StatePair pair{b.input, input, output, session.input_type(input), -1};
  if (!pair.type.is_tensor() || !pair.type.shape.ranked() || pair.type.dtype == DType::kString)
    return Misuse("state ", Quote(pair.name), " must be a tensor of numbers of known rank, is ", pair.type);
  if (b.grows) {
    HASTEN_ASSIGN(pair.axis, NormalizeAxis(b.axis, pair.type.shape.rank()).At(Str("state ", Quote(pair.name))));
    if (pair.type.shape[pair.axis].is_const())
      return Misuse("axis ", b.axis, " of state ", Quote(pair.name), " must be open to grow, is ", pair.type);
  }
  return pair;
}

Status AddStates(const hasten_plan_options& options, const Session& session, PlanParts* parts) {
  if (options.state_count > 0 && !options.states) return Misuse("states must not be NULL where state_count is not 0");
  const Plan& plan = *session.plan();
  std::vector<bool> in(plan.inputs.size()), out(plan.outputs.size());
  for (size_t i = 0; i < options.state_count; ++i) {
    HASTEN_ASSIGN(StatePair pair, PairOf(session, options.states[i]));
    if (in[pair.input] || out[pair.output]) return Misuse("state ", Quote(pair.name), " is bound twice");
    in[pair.input] = out[pair.output] = true;
    parts->states.push_back(std::move(pair));
  }
  for (size_t i = 0; i < in.size(); ++i)
    if (!in[i]) parts->inputs.push_back(i);
  for (size_t i = 0; i < out.size(); ++i)
    if (!out[i]) parts->outputs.push_back(i);
  return {};
}

// An op without a kernel is slow, which its user may not expect.
void WarnOfReferences(const Plan& plan, const Log& log) {
  if (!log.callback) return;
  std::map<std::string_view, int> ops;
  for (const Step& s : plan.steps)
    if (s.kind == Step::Kind::kCall && !s.tactic && s.node->op && !s.node->op->traits.metadata_only)
      ++ops[s.node->op->name];
  std::string list;
  for (const auto& [name, count] : ops)
    list += Str(list.empty() ? "" : ", ", name, count > 1 ? Str(" (", count, ")") : "");
  if (!ops.empty()) log.callback(log.user_data, HASTEN_WARNING, Str("run by slow references: ", list).c_str());
}

Status Finish(const hasten_plan_options& options, std::shared_ptr<const OpSet> ops, const Session& session,
              hasten_plan** out) {
  auto parts = std::make_shared<PlanParts>();
  parts->ops = std::move(ops);
  parts->plan = session.plan();
  parts->pool = session.pool();
  parts->released = options.release_weights;
  HASTEN_TRY(AddStates(options, session, parts.get()));
  for (size_t i : parts->inputs)
    parts->input_text.push_back(ValueText::Of(session.input_name(i), session.input_type(i)));
  for (size_t i : parts->outputs)
    parts->output_text.push_back(ValueText::Of(session.output_name(i), session.declared_output_type(i)));
  const Log log{options.log, options.log_user_data};
  log.Notes(parts->plan->notes);
  WarnOfReferences(*parts->plan, log);
  auto made = std::make_unique<hasten_plan>();
  made->parts = std::move(parts);
  *out = made.release();
  return {};
}

}  // namespace
}  // namespace hasten::api

using namespace hasten;  // NOLINT: the C functions below lie outside of it
using api::Guard;
using api::Misuse;

hasten_error* hasten_plan_create(const hasten_model* model, const hasten_plan_options* given, hasten_plan** out) {
  if (out) *out = nullptr;
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(model);
    HASTEN_NOT_NULL(out);
    hasten_plan_options options;
    HASTEN_TRY(api::ReadOptions(given, "hasten_plan_options", &options));
    HASTEN_ASSIGN(SessionOptions session_options, api::SessionOf(options, *model->parts.ops));
    HASTEN_TRY(api::ReadShapes(options, &session_options.plan.shapes));
    const Graph& graph = model->parts.model->graph;
    for (const auto& [name, dims] : session_options.plan.shapes)
      if (std::none_of(graph.inputs.begin(), graph.inputs.end(),
                       [&](ValueId v) { return graph.value(v).name == name; }))
        return Status(Code::kNotFound, Str("the model has no input ", Quote(name), ", which a shape names"));
    HASTEN_ASSIGN(auto session, Session::Optimized(CopyOf(*model->parts.model), session_options));
    return api::Finish(options, model->parts.ops, *session, out);
  });
}

hasten_error* hasten_plan_load(const char* path, const hasten_catalog* catalog, const hasten_plan_options* given,
                               hasten_plan** out) {
  if (out) *out = nullptr;
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(path);
    HASTEN_NOT_NULL(out);
    hasten_plan_options options;
    HASTEN_TRY(api::ReadOptions(given, "hasten_plan_options", &options));
    auto ops = api::OpsOf(catalog);
    HASTEN_ASSIGN(const SessionOptions session_options, api::SessionOf(options, *ops));
    HASTEN_ASSIGN(const PlanFile file, PlanFile::Open(path));
    HASTEN_ASSIGN(auto session, Session::OfPlanFile(file, session_options));
    return api::Finish(options, std::move(ops), *session, out);
  });
}

hasten_error* hasten_plan_save(const hasten_plan* plan, const char* path) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(plan);
    HASTEN_NOT_NULL(path);
    if (plan->parts->released) return Misuse("a plan that let go of its weights (release_weights) cannot be saved");
    return SavePlan(*plan->parts->plan, path);
  });
}

void hasten_plan_free(hasten_plan* plan) { delete plan; }

size_t hasten_plan_inputs(const hasten_plan* plan) { return plan ? plan->parts->inputs.size() : 0; }
size_t hasten_plan_outputs(const hasten_plan* plan) { return plan ? plan->parts->outputs.size() : 0; }

namespace {

hasten_error* NoPlan() {
  return Guard([]() -> Status { return Misuse("plan must not be NULL"); });
}

}  // namespace

hasten_error* hasten_plan_input(const hasten_plan* plan, size_t index, hasten_value_info* out) {
  return plan ? api::InfoAt(plan->parts->input_text, index, out) : NoPlan();
}

hasten_error* hasten_plan_output(const hasten_plan* plan, size_t index, hasten_value_info* out) {
  return plan ? api::InfoAt(plan->parts->output_text, index, out) : NoPlan();
}

int32_t hasten_plan_threads(const hasten_plan* plan) {
  return !plan ? 0 : plan->parts->pool ? plan->parts->pool->threads() : 1;
}

const char* hasten_plan_description(const hasten_plan* plan) {
  if (!plan) return "";
  try {
    std::call_once(plan->described, [&] { plan->description = plan->parts->plan->Describe(); });
  } catch (...) {
    return "";
  }
  return plan->description.c_str();
}
