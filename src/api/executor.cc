#include <condition_variable>
#include <cstring>
#include <thread>

#include "api/ops.h"
#include "runtime/executor.h"
#include "tensor/alignment.h"

namespace hasten::api {

// A run whose arguments were checked.
struct Job {
  std::vector<Value> in, out;  // all of the plan's, states included
  std::vector<Tensor> memory;  // of the caller's, per output that a run gives; kNone: not given
  RunOptions options;
  std::shared_ptr<std::atomic<bool>> cancel;
  hasten_state* state = nullptr;  // its `busy` is held
  bool wants_result = true;
  hasten_done_callback done = nullptr;
  void* user_data = nullptr;
};

}  // namespace hasten::api

struct hasten_executor {
  hasten_executor(std::shared_ptr<const hasten::api::PlanParts> parts, hasten::Executor::Options options)
      : plan(std::move(parts)), executor(plan->plan, std::move(options)) {}
  std::shared_ptr<const hasten::api::PlanParts> plan;
  hasten::Executor executor;
  std::atomic<bool> busy{false};
  // Of asynchronous runs: the thread is started by the first.
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_ptr<hasten::api::Job> job;  // to be taken by the thread
  bool working = false, ending = false;   // from a job's taking until its callback returned
  std::thread thread;
};

namespace hasten::api {
namespace {

// Which of `places` an argument means: positions in the plan's list of those that a run sees.
Result<size_t> PlaceOf(const hasten_argument& argument, size_t at, const std::vector<std::unique_ptr<ValueText>>& texts,
                       std::string_view what) {
  if (!argument.name) {
    if (at < texts.size()) return at;
    return Misuse("the plan has ", texts.size(), " ", what, "s, argument ", at, " is beyond");
  }
  for (size_t i = 0; i < texts.size(); ++i)
    if (texts[i]->name == argument.name) return i;
  std::string names;
  for (const auto& t : texts) names += Str(names.empty() ? "" : ", ", Quote(t->name));
  return Status(Code::kNotFound, Str("the plan has no ", what, " ", Quote(argument.name), ", but ", names));
}

Status TakeInputs(const PlanParts& plan, const hasten_argument* inputs, size_t count, Job* job) {
  job->in.resize(plan.plan->inputs.size());
  std::vector<bool> given(plan.inputs.size());
  for (size_t i = 0; i < count; ++i) {
    HASTEN_ASSIGN(const size_t place, PlaceOf(inputs[i], i, plan.input_text, "input"));
    const std::string where = Str("input ", Quote(plan.input_text[place]->name));
    if (given[place]) return Misuse(where, " is given twice");
    given[place] = true;
    Value& v = job->in[plan.inputs[place]];
    if (inputs[i].value) {
      v = inputs[i].value->value;
    } else {
      HASTEN_ASSIGN(Tensor t, Borrow(inputs[i].tensor).At(where));
      v = Value(std::move(t));
    }
  }
  for (size_t i = 0; i < given.size(); ++i)
    if (!given[i] && plan.input_text[i]->info.kind != HASTEN_KIND_OPTIONAL)
      return Misuse("input ", Quote(plan.input_text[i]->name), ", ", plan.input_text[i]->type, ", is not given");
  return {};
}

Status TakeOutputs(const PlanParts& plan, const hasten_argument* outputs, size_t count, Job* job) {
  job->out.resize(plan.plan->outputs.size());
  job->memory.resize(plan.outputs.size());
  for (size_t i = 0; i < count; ++i) {
    HASTEN_ASSIGN(const size_t place, PlaceOf(outputs[i], i, plan.output_text, "output"));
    const std::string where = Str("output ", Quote(plan.output_text[place]->name));
    if (job->memory[place].dtype != DType::kNone) return Misuse(where, " is given twice");
    if (outputs[i].value) return Misuse(where, ": memory is given as a tensor, not as a value");
    HASTEN_ASSIGN(Tensor t, Writable(outputs[i].tensor).At(where));
    if (t.data && !Misaligned(t)) job->out[plan.outputs[place]] = Value(t);  // else copied to in the end
    job->memory[place] = std::move(t);
  }
  return {};
}

Status TakeOptions(const hasten_run_options* given, Job* job) {
  hasten_run_options options;
  HASTEN_TRY(ReadOptions(given, "hasten_run_options", &options));
  if (!(options.deadline_ms >= 0)) return Misuse("deadline_ms must not be negative, is ", options.deadline_ms);
  constexpr double kNever = 1e12;  // some 30 years
  if (options.deadline_ms > 0 && options.deadline_ms < kNever)
    job->options.deadline =
        std::chrono::steady_clock::now() + std::chrono::nanoseconds(static_cast<int64_t>(options.deadline_ms * 1e6));
  job->options.seed = options.seed;
  if (options.cancel) {
    job->cancel = options.cancel->flag;
    job->options.cancel = job->cancel.get();
  }
  job->state = options.state;
  return {};
}

// Last of the preparations: nothing fails after it.
Status TakeState(const std::shared_ptr<const PlanParts>& plan, hasten_state* state, Job* job) {
  job->state = nullptr;
  if (plan->states.empty() && state) return Misuse("the plan has no states, the run is given one");
  if (plan->states.empty()) return {};
  if (!state) return Misuse("the plan has states: a run must be given one");
  if (state->plan != plan) return Misuse("the state was made for another plan");
  if (state->busy.exchange(true)) return Misuse("the state is in use by another run");
  job->state = state;
  for (size_t i = 0; i < plan->states.size(); ++i) {
    job->in[plan->states[i].input] = state->now[i];
    job->out[plan->states[i].output] = state->spare[i];
  }
  return {};
}

Status Prepare(const hasten_executor& executor, const hasten_argument* inputs, size_t input_count,
               const hasten_argument* outputs, size_t output_count, const hasten_run_options* options, Job* job) {
  if (input_count > 0) HASTEN_NOT_NULL(inputs);
  if (output_count > 0) HASTEN_NOT_NULL(outputs);
  HASTEN_TRY(TakeOptions(options, job));
  HASTEN_TRY(TakeInputs(*executor.plan, inputs, input_count, job));
  HASTEN_TRY(TakeOutputs(*executor.plan, outputs, output_count, job));
  return TakeState(executor.plan, job->state, job);
}

// What nobody keeps is copied: the caller's inputs end with the run.
Status Own(Value* v) {
  if (!v->is_tensor() || v->tensor().owner) return {};
  HASTEN_ASSIGN(Tensor copy, Clone(v->tensor()));
  *v = Value(std::move(copy));
  return {};
}

Status Deliver(const PlanParts& plan, Job* job) {
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    Value& v = job->out[plan.outputs[i]];
    Tensor& memory = job->memory[i];
    if (memory.dtype == DType::kNone) {
      HASTEN_TRY(Own(&v));
      continue;
    }
    const bool tensor = v.is_tensor();
    if (!tensor || v.tensor().dtype != memory.dtype || !(v.tensor().dims == memory.dims))
      return Misuse("output ", Quote(plan.output_text[i]->name), " is ",
                    tensor ? v.tensor().Text() : plan.output_text[i]->type, ", the memory given for it is ",
                    memory.Text());
    if (v.tensor().data == memory.data) continue;
    if (memory.elements() > 0) std::memcpy(memory.data, v.tensor().data, static_cast<size_t>(memory.bytes()));
    v = Value(memory);
  }
  return {};
}

Status KeepState(const PlanParts& plan, Job* job) {
  if (!job->state) return {};
  for (size_t i = 0; i < plan.states.size(); ++i) {
    Value& v = job->out[plan.states[i].output];
    if (!v.is_tensor()) return Misuse("state ", Quote(plan.states[i].name), " came out of the run as no tensor");
    HASTEN_TRY(Own(&v));
  }
  for (size_t i = 0; i < plan.states.size(); ++i) {
    const StatePair& pair = plan.states[i];
    Value &v = job->out[pair.output], &now = job->state->now[i], &spare = job->state->spare[i];
    // Memory for the next output, unless that would be the input's.
    spare = v.tensor().data == now.tensor().data || pair.axis >= 0 ? Value() : std::move(now);
    now = std::move(v);
  }
  return {};
}

Status Compute(hasten_executor* executor, Job* job, std::unique_ptr<hasten_result>* result) {
  const PlanParts& plan = *executor->plan;
  HASTEN_TRY(executor->executor.Run(job->in, &job->out, job->options));
  HASTEN_TRY(Deliver(plan, job));
  if (job->wants_result) {
    auto made = std::make_unique<hasten_result>();
    made->plan = executor->plan;
    made->outputs.reserve(plan.outputs.size());
    for (size_t o : plan.outputs) made->outputs.emplace_back(std::move(job->out[o]));
    *result = std::move(made);
  }
  return KeepState(plan, job);
}

// Computes and lets go of what the job holds.
hasten_error* RunJob(hasten_executor* executor, Job* job, hasten_result** out) {
  std::unique_ptr<hasten_result> result;
  hasten_error* error = Guard([&] { return Compute(executor, job, &result); });
  if (job->state) job->state->busy = false;
  if (!error && out) *out = result.release();
  return error;
}

void Work(hasten_executor* executor) {
  for (;;) {
    std::unique_lock lock(executor->mutex);
    executor->working = false;
    executor->changed.notify_all();
    executor->changed.wait(lock, [&] { return executor->job || executor->ending; });
    if (!executor->job) return;
    const std::unique_ptr<Job> job = std::move(executor->job);
    executor->working = true;
    lock.unlock();
    hasten_result* result = nullptr;
    hasten_error* error = RunJob(executor, job.get(), &result);
    const auto done = job->done;
    executor->busy = false;
    done(job->user_data, error, result);
  }
}

void Wait(hasten_executor* executor) {
  std::unique_lock lock(executor->mutex);
  executor->changed.wait(lock, [&] { return !executor->job && !executor->working; });
}

}  // namespace
}  // namespace hasten::api

using namespace hasten;  // NOLINT: the C functions below lie outside of it
using api::Guard;
using api::Misuse;

hasten_error* hasten_executor_create(const hasten_plan* plan, const hasten_executor_options* given,
                                     hasten_executor** out) {
  if (out) *out = nullptr;
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(plan);
    HASTEN_NOT_NULL(out);
    hasten_executor_options options;
    HASTEN_TRY(api::ReadOptions(given, "hasten_executor_options", &options));
    if (options.max_memory < 0) return Misuse("max_memory must not be negative, is ", options.max_memory);
    Executor::Options known;
    if (options.max_memory > 0) known.max_arena_bytes = options.max_memory;
    if (options.max_shape_sets > 0) known.max_bindings = options.max_shape_sets;
    known.pool = plan->parts->pool;
    *out = new hasten_executor(plan->parts, std::move(known));
    return {};
  });
}

void hasten_executor_free(hasten_executor* executor) {
  if (!executor) return;
  if (executor->thread.joinable()) {
    api::Wait(executor);
    {
      const std::lock_guard lock(executor->mutex);
      executor->ending = true;
    }
    executor->changed.notify_all();
    executor->thread.join();
  }
  delete executor;
}

hasten_error* hasten_cancel_create(hasten_cancel** out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(out);
    *out = new hasten_cancel;
    return {};
  });
}

void hasten_cancel_now(hasten_cancel* cancel) {
  if (cancel) *cancel->flag = true;
}

void hasten_cancel_free(hasten_cancel* cancel) { delete cancel; }

namespace {

constexpr char kBusy[] = "the executor is in use by another run: executors are cheap, give each thread its own";

}  // namespace

hasten_error* hasten_run(hasten_executor* executor, const hasten_argument* inputs, size_t input_count,
                         const hasten_argument* outputs, size_t output_count, const hasten_run_options* options,
                         hasten_result** result) {
  if (result) *result = nullptr;
  if (!executor) return Guard([]() -> Status { return Misuse("executor must not be NULL"); });
  if (executor->busy.exchange(true)) return api::Busy(kBusy);
  api::Job job;
  job.wants_result = result != nullptr;
  hasten_error* error =
      Guard([&] { return api::Prepare(*executor, inputs, input_count, outputs, output_count, options, &job); });
  if (!error) error = api::RunJob(executor, &job, result);
  executor->busy = false;
  return error;
}

hasten_error* hasten_run_async(hasten_executor* executor, const hasten_argument* inputs, size_t input_count,
                               const hasten_argument* outputs, size_t output_count, const hasten_run_options* options,
                               hasten_done_callback done, void* user_data) {
  if (!executor) return Guard([]() -> Status { return Misuse("executor must not be NULL"); });
  if (executor->busy.exchange(true)) return api::Busy(kBusy);
  hasten_error* error = Guard([&]() -> Status {
    HASTEN_NOT_NULL(done);
    auto job = std::make_unique<api::Job>();
    job->done = done;
    job->user_data = user_data;
    const std::lock_guard lock(executor->mutex);
    if (!executor->thread.joinable()) executor->thread = std::thread(api::Work, executor);
    HASTEN_TRY(api::Prepare(*executor, inputs, input_count, outputs, output_count, options, job.get()));
    executor->job = std::move(job);
    executor->changed.notify_all();
    return {};
  });
  if (error) executor->busy = false;
  return error;
}

void hasten_executor_wait(hasten_executor* executor) {
  if (executor) api::Wait(executor);
}

size_t hasten_result_count(const hasten_result* result) { return result ? result->outputs.size() : 0; }

const hasten_value* hasten_result_output(const hasten_result* result, size_t index) {
  return result && index < result->outputs.size() ? &result->outputs[index] : nullptr;
}

const hasten_value* hasten_result_find(const hasten_result* result, const char* name) {
  if (!result || !name) return nullptr;
  for (size_t i = 0; i < result->outputs.size(); ++i)
    if (result->plan->output_text[i]->name == name) return &result->outputs[i];
  return nullptr;
}

void hasten_result_free(hasten_result* result) { delete result; }
