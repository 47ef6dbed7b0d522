// Hasten for C++17 and later: hasten.h with ownership, containers and results.  Header-only; nothing of std crosses the
// library's edge.
//
//   auto model = hasten::Load("model.onnx").value();
//   std::vector<float> pixels(3 * 224 * 224);
//   auto outputs = model.Run({hasten::Tensor::Of(pixels, {1, 3, 224, 224})}).value();
//   for (float score : outputs[0].As<float>().value()) ...
//
// Errors are values: Result<T> and Status are true when all is well.  value() of a failed one throws hasten::Exception,
// or ends the program where exceptions are off; nothing else here throws anything but std::bad_alloc.
//
// What may be used by which thread, and when, is as hasten.h says of the handle inside.  Objects may be destroyed in
// any order, and moved from ones are good for nothing but destruction and assignment.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hasten/hasten.h"
#include "hasten/values.hpp"

namespace hasten {
inline namespace v0 {

// --- Handles ---

namespace detail {

template <class T, void (*kFree)(T*)>
struct Free {
  void operator()(T* handle) const { kFree(handle); }
};
template <class T, void (*kFree)(T*)>
using Handle = std::unique_ptr<T, Free<T, kFree>>;

using LogFunction = std::function<void(hasten_level, const char*)>;
inline void Log(void* user_data, hasten_level level, const char* message) {
  (*static_cast<const LogFunction*>(user_data))(level, message);
}

}  // namespace detail

// Ops of the application's own: custom_ops.hpp has Add for C++.
class Catalog {
 public:
  static Result<Catalog> Create() {
    hasten_catalog* c = nullptr;
    if (Status s = Status::Of(hasten_catalog_create(&c)); !s) return s;
    return Catalog(c);
  }
  Status LoadPlugin(const std::string& path) {
    return Status::Of(hasten_catalog_load_plugin(handle_.get(), path.c_str()));
  }
  hasten_catalog* get() const { return handle_.get(); }

 private:
  explicit Catalog(hasten_catalog* c) : handle_(c) {}
  detail::Handle<hasten_catalog, hasten_catalog_free> handle_;
};

// An input or output.
struct ValueInfo {
  std::string name, type;  // type: "f32[batch,3,224,224]"
  hasten_kind kind = HASTEN_KIND_NONE;
  hasten_dtype dtype = HASTEN_NONE;
  bool ranked = false;
  Dims dims;                         // -1: decided by the run
  std::vector<std::string> symbols;  // of dims; empty where they are numbers

  static ValueInfo Of(const hasten_value_info& info) {
    ValueInfo out;
    out.name = info.name;
    out.type = info.type;
    out.kind = info.kind;
    out.dtype = info.dtype;
    out.ranked = info.ndim >= 0;
    for (int32_t i = 0; i < info.ndim; ++i) {
      out.dims.push_back(info.dims[i]);
      out.symbols.emplace_back(info.symbols[i] ? info.symbols[i] : "");
    }
    return out;
  }
};

class CancelToken {
 public:
  static Result<CancelToken> Create() {
    hasten_cancel* c = nullptr;
    if (Status s = Status::Of(hasten_cancel_create(&c)); !s) return s;
    return CancelToken(c);
  }
  void Cancel() { hasten_cancel_now(handle_.get()); }
  hasten_cancel* get() const { return handle_.get(); }

 private:
  explicit CancelToken(hasten_cancel* c) : handle_(c, hasten_cancel_free) {}
  std::shared_ptr<hasten_cancel> handle_;
};

class State {
 public:
  Status Reset() { return Status::Of(hasten_state_reset(handle_.get())); }
  Status Set(const std::string& input, const Tensor& tensor) {
    auto view = tensor.Lowered();
    return view ? Status::Of(hasten_state_set(handle_.get(), input.c_str(), &*view)) : Status(view.error());
  }
  // A copy of what the next run will be given.
  template <class T>
  Result<std::vector<T>> Get(const std::string& input) const {
    hasten_tensor t{};
    if (Status s = Status::Of(hasten_state_get(handle_.get(), input.c_str(), &t)); !s) return s;
    if (t.dtype != DTypeOf<T>()) return Error{HASTEN_INVALID_ARGUMENT, "the state is of another dtype"};
    const auto* data = static_cast<const T*>(t.data);
    return std::vector<T>(data, data + hasten_tensor_elements(&t));
  }
  hasten_state* get() const { return handle_.get(); }

 private:
  friend class Plan;
  explicit State(hasten_state* s) : handle_(s) {}
  detail::Handle<hasten_state, hasten_state_free> handle_;
};

struct Argument {
  Argument(Tensor t) : tensor(std::move(t)) {}
  Argument(Value v) : value(std::move(v)) {}
  Argument(std::string of, Tensor t) : name(std::move(of)), tensor(std::move(t)) {}
  Argument(std::string of, Value v) : name(std::move(of)), value(std::move(v)) {}
  std::string name;  // empty: by place
  Tensor tensor;
  Value value;  // used where it is one
};
using Arguments = std::vector<Argument>;

struct RunOptions {
  std::chrono::duration<double, std::milli> deadline{0};  // from the call on; 0: none
  const CancelToken* cancel = nullptr;
  uint64_t seed = 0;
  State* state = nullptr;
};

// A run that goes on by itself.  Destroying it does not end the run.
class Pending {
 public:
  void Cancel() { cancel_.Cancel(); }
  bool Ready() const { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  // Once.
  Result<Outputs> Wait() { return future_.get(); }

 private:
  friend class Executor;
  Pending(CancelToken cancel, std::future<Result<Outputs>> future)
      : cancel_(std::move(cancel)), future_(std::move(future)) {}
  CancelToken cancel_;
  std::future<Result<Outputs>> future_;
};

class Executor {
 public:
  // Outputs in memory of the library's.
  Result<Outputs> Run(const Arguments& inputs, const RunOptions& options = {}) { return Go(inputs, {}, options); }
  Result<Outputs> Run(std::initializer_list<Argument> inputs, const RunOptions& options = {}) {
    return Go(Arguments(inputs), {}, options);
  }
  // Outputs in memory of the caller's, of exactly their dims; which ones is up to the caller.
  Status RunInto(const Arguments& inputs, const Arguments& outputs, const RunOptions& options = {}) {
    auto in = Lower(inputs), out = Lower(outputs);
    if (!in) return in.error();
    if (!out) return out.error();
    const hasten_run_options lowered = Lower(options);
    return Status::Of(hasten_run(get(), in->data(), in->size(), out->data(), out->size(), &lowered, nullptr));
  }
  // Memory and state that are borrowed must last until the run has ended.  options.cancel, if given, is what
  // Pending::Cancel cancels.
  Result<Pending> RunAsync(Arguments inputs, const RunOptions& options = {}) {
    auto job = std::make_unique<Job>(Job{std::move(inputs), {}});
    auto cancel = options.cancel ? Result<CancelToken>(*options.cancel) : CancelToken::Create();
    if (!cancel) return cancel.error();
    auto in = Lower(job->inputs);
    if (!in) return in.error();
    hasten_run_options lowered = Lower(options);
    lowered.cancel = cancel->get();
    auto future = job->promise.get_future();
    if (Status s = Status::Of(
            hasten_run_async(get(), in->data(), in->size(), nullptr, 0, &lowered, Executor::Done, job.get()));
        !s)
      return s;
    job.release();  // Done's
    return Pending(*std::move(cancel), std::move(future));
  }
  void Wait() { hasten_executor_wait(get()); }
  hasten_executor* get() const { return handle_.get(); }

 private:
  friend class Plan;
  struct Job {
    Arguments inputs;
    std::promise<Result<Outputs>> promise;
  };
  explicit Executor(hasten_executor* e) : handle_(e) {}
  static void Done(void* user_data, hasten_error* error, hasten_result* result) {
    const std::unique_ptr<Job> job(static_cast<Job*>(user_data));
    if (Status s = Status::Of(error); !s)
      job->promise.set_value(s.error());
    else
      job->promise.set_value(Outputs(result));
  }
  static Result<std::vector<hasten_argument>> Lower(const Arguments& arguments) {
    std::vector<hasten_argument> out;
    for (const Argument& a : arguments) {
      hasten_argument lowered{};
      if (!a.name.empty()) lowered.name = a.name.c_str();
      lowered.value = a.value.get();
      if (!lowered.value) {
        auto view = a.tensor.Lowered();
        if (!view) return view.error();
        lowered.tensor = *view;
      }
      out.push_back(lowered);
    }
    return out;
  }
  static hasten_run_options Lower(const RunOptions& options) {
    hasten_run_options out{};
    out.struct_size = sizeof out;
    out.deadline_ms = options.deadline.count();
    out.cancel = options.cancel ? options.cancel->get() : nullptr;
    out.seed = options.seed;
    out.state = options.state ? options.state->get() : nullptr;
    return out;
  }
  Result<Outputs> Go(const Arguments& inputs, const Arguments& outputs, const RunOptions& options) {
    auto in = Lower(inputs), out = Lower(outputs);
    if (!in) return in.error();
    if (!out) return out.error();
    const hasten_run_options lowered = Lower(options);
    hasten_result* result = nullptr;
    if (Status s = Status::Of(hasten_run(get(), in->data(), in->size(), out->data(), out->size(), &lowered, &result));
        !s)
      return s;
    return Outputs(result);
  }
  detail::Handle<hasten_executor, hasten_executor_free> handle_;
};

struct Shape {
  std::string input;
  Dims dims;
};
struct StateBinding {
  std::string input, output;
  bool grows = false;
  int axis = 0;
};

// As hasten_plan_options.
struct PlanOptions {
  int threads = 0;  // 0: as many as this process may use
  int level = 0;    // 1 to 5: kernels are timed
  hasten_precision precision = HASTEN_PRECISION_DEFAULT;
  double timing_seconds = 0;
  std::string timing_cache;
  std::vector<Shape> shapes;
  std::vector<StateBinding> states;
  bool passes = true;
  bool release_weights = false;
  std::function<void(size_t done, size_t all)> progress;
  detail::LogFunction log;
};

namespace detail {

// PlanOptions in C, as long as both stay where they are.
struct LoweredPlanOptions {
  explicit LoweredPlanOptions(const PlanOptions& o) {
    options.struct_size = sizeof options;
    options.threads = o.threads;
    options.level = o.level;
    options.precision = o.precision;
    options.timing_seconds = o.timing_seconds;
    if (!o.timing_cache.empty()) options.timing_cache = o.timing_cache.c_str();
    options.no_passes = !o.passes;
    options.release_weights = o.release_weights;
    for (const Shape& s : o.shapes)
      shapes.push_back({s.input.c_str(), static_cast<int32_t>(s.dims.size()), s.dims.data()});
    for (const StateBinding& s : o.states) states.push_back({s.input.c_str(), s.output.c_str(), s.grows, s.axis});
    options.shapes = shapes.data();
    options.shape_count = shapes.size();
    options.states = states.data();
    options.state_count = states.size();
    if (o.progress) {
      options.progress = [](void* f, size_t done, size_t all) {
        (*static_cast<const std::function<void(size_t, size_t)>*>(f))(done, all);
      };
      options.progress_user_data = const_cast<void*>(static_cast<const void*>(&o.progress));
    }
    if (o.log) {
      options.log = Log;
      options.log_user_data = const_cast<void*>(static_cast<const void*>(&o.log));
    }
  }
  LoweredPlanOptions(const LoweredPlanOptions&) = delete;
  hasten_plan_options options{};
  std::vector<hasten_shape> shapes;
  std::vector<hasten_state_binding> states;
};

template <class Object>
std::vector<ValueInfo> Infos(const Object* of, size_t count,
                             hasten_error* (*at)(const Object*, size_t, hasten_value_info*)) {
  std::vector<ValueInfo> out;
  for (size_t i = 0; i < count; ++i) {
    hasten_value_info info{};
    info.struct_size = sizeof info;
    if (hasten_error* e = at(of, i, &info))
      hasten_error_free(e);
    else
      out.push_back(ValueInfo::Of(info));
  }
  return out;
}

}  // namespace detail

class Plan {
 public:
  static Result<Plan> Load(const std::string& path, const PlanOptions& options = {}, const Catalog* catalog = nullptr) {
    const detail::LoweredPlanOptions lowered(options);
    hasten_plan* p = nullptr;
    if (Status s = Status::Of(hasten_plan_load(path.c_str(), catalog ? catalog->get() : nullptr, &lowered.options, &p));
        !s)
      return s;
    return Plan(p);
  }
  Status Save(const std::string& path) const { return Status::Of(hasten_plan_save(get(), path.c_str())); }
  Result<Executor> MakeExecutor(const hasten_executor_options* options = nullptr) const {
    hasten_executor* e = nullptr;
    if (Status s = Status::Of(hasten_executor_create(get(), options, &e)); !s) return s;
    return Executor(e);
  }
  Result<State> MakeState(int64_t open_dim = 1) const {
    hasten_state_options options{};
    options.struct_size = sizeof options;
    options.open_dim = open_dim;
    hasten_state* made = nullptr;
    if (Status s = Status::Of(hasten_state_create(get(), &options, &made)); !s) return s;
    return State(made);
  }
  std::vector<ValueInfo> inputs() const { return detail::Infos(get(), hasten_plan_inputs(get()), hasten_plan_input); }
  std::vector<ValueInfo> outputs() const {
    return detail::Infos(get(), hasten_plan_outputs(get()), hasten_plan_output);
  }
  int threads() const { return hasten_plan_threads(get()); }
  std::string description() const { return hasten_plan_description(get()); }
  const hasten_plan* get() const { return handle_.get(); }

 private:
  friend class Model;
  explicit Plan(hasten_plan* p) : handle_(p) {}
  detail::Handle<hasten_plan, hasten_plan_free> handle_;
};

// As hasten_model_options.
struct ModelOptions {
  const Catalog* catalog = nullptr;
  int64_t max_memory = 0;
  bool borrow_bytes = false;
  detail::LogFunction log;
};

class Model {
 public:
  static Result<Model> Load(const std::string& path, const ModelOptions& options = {}) {
    const hasten_model_options lowered = Lower(options);
    hasten_model* m = nullptr;
    if (Status s = Status::Of(hasten_model_load(path.c_str(), &lowered, &m)); !s) return s;
    return Model(m);
  }
  static Result<Model> LoadBytes(const void* bytes, size_t size, const ModelOptions& options = {}) {
    const hasten_model_options lowered = Lower(options);
    hasten_model* m = nullptr;
    if (Status s = Status::Of(hasten_model_load_bytes(bytes, size, &lowered, &m)); !s) return s;
    return Model(m);
  }
  Result<Plan> MakePlan(const PlanOptions& options = {}) const {
    const detail::LoweredPlanOptions lowered(options);
    hasten_plan* p = nullptr;
    if (Status s = Status::Of(hasten_plan_create(get(), &lowered.options, &p)); !s) return s;
    return Plan(p);
  }
  std::vector<ValueInfo> inputs() const { return detail::Infos(get(), hasten_model_inputs(get()), hasten_model_input); }
  std::vector<ValueInfo> outputs() const {
    return detail::Infos(get(), hasten_model_outputs(get()), hasten_model_output);
  }
  std::optional<std::string> Metadata(const std::string& key) const {
    const char* found = hasten_model_metadata(get(), key.c_str());
    return found ? std::optional<std::string>(found) : std::nullopt;
  }
  const hasten_model* get() const { return handle_.get(); }

 private:
  explicit Model(hasten_model* m) : handle_(m) {}
  static hasten_model_options Lower(const ModelOptions& o) {
    hasten_model_options out{};
    out.struct_size = sizeof out;
    out.catalog = o.catalog ? o.catalog->get() : nullptr;
    out.max_memory = o.max_memory;
    out.borrow_bytes = o.borrow_bytes;
    if (o.log) {
      out.log = detail::Log;
      out.log_user_data = const_cast<void*>(static_cast<const void*>(&o.log));
    }
    return out;
  }
  detail::Handle<hasten_model, hasten_model_free> handle_;
};

// Load, plan and prepare in one.
inline Result<Executor> Load(const std::string& path, const PlanOptions& options = {}, const ModelOptions& of = {}) {
  auto model = Model::Load(path, of);
  if (!model) return model.error();
  auto plan = model->MakePlan(options);
  if (!plan) return plan.error();
  return plan->MakeExecutor();
}

}  // namespace v0
}  // namespace hasten
