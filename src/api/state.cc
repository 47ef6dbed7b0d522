#include "api/handles.h"

namespace hasten::api {
namespace {

Result<Value> Empty(const StatePair& pair, int64_t open_dim) {
  Dims dims;
  for (int i = 0; i < pair.type.shape.rank(); ++i) {
    const Dim& d = pair.type.shape[i];
    dims.push_back(i == pair.axis ? 0 : d.is_const() ? d.value() : open_dim);
  }
  HASTEN_ASSIGN(Tensor t, NewTensor(pair.type.dtype, dims));
  return Value(std::move(t));
}

Status Reset(hasten_state* state) {
  for (size_t i = 0; i < state->now.size(); ++i) {
    const StatePair& pair = state->plan->states[i];
    HASTEN_ASSIGN(state->now[i], Empty(pair, state->open_dim).At(Str("state ", Quote(pair.name))));
  }
  return {};
}

Result<size_t> PairNamed(const hasten_state* state, const char* input) {
  for (size_t i = 0; i < state->now.size(); ++i)
    if (state->plan->states[i].name == input) return i;
  return Status(Code::kNotFound, Str("the plan has no state ", Quote(input)));
}

// Of one call that changes a state.
template <class Body>
hasten_error* WhileIdle(hasten_state* state, Body&& body) {
  if (state->busy.exchange(true)) return Busy("the state is in use by a run");
  hasten_error* error = Guard(body);
  state->busy = false;
  return error;
}

}  // namespace
}  // namespace hasten::api

using namespace hasten;  // NOLINT: the C functions below lie outside of it
using api::Guard;
using api::Misuse;

hasten_error* hasten_state_create(const hasten_plan* plan, const hasten_state_options* given, hasten_state** out) {
  if (out) *out = nullptr;
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(plan);
    HASTEN_NOT_NULL(out);
    hasten_state_options options;
    HASTEN_TRY(api::ReadOptions(given, "hasten_state_options", &options));
    if (options.open_dim < 0) return Misuse("open_dim must not be negative, is ", options.open_dim);
    if (plan->parts->states.empty()) return Misuse("the plan has no states");
    auto state = std::make_unique<hasten_state>();
    state->plan = plan->parts;
    state->open_dim = options.open_dim > 0 ? options.open_dim : 1;
    state->now.resize(plan->parts->states.size());
    state->spare.resize(plan->parts->states.size());
    HASTEN_TRY(api::Reset(state.get()));
    *out = state.release();
    return {};
  });
}

hasten_error* hasten_state_reset(hasten_state* state) {
  if (!state) return Guard([]() -> Status { return Misuse("state must not be NULL"); });
  return api::WhileIdle(state, [&] { return api::Reset(state); });
}

hasten_error* hasten_state_get(const hasten_state* state, const char* input, hasten_tensor* out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(state);
    HASTEN_NOT_NULL(input);
    HASTEN_NOT_NULL(out);
    HASTEN_ASSIGN(const size_t i, api::PairNamed(state, input));
    *out = api::View(state->now[i].tensor());
    return {};
  });
}

hasten_error* hasten_state_set(hasten_state* state, const char* input, const hasten_tensor* tensor) {
  if (!state) return Guard([]() -> Status { return Misuse("state must not be NULL"); });
  return api::WhileIdle(state, [&]() -> Status {
    HASTEN_NOT_NULL(input);
    HASTEN_NOT_NULL(tensor);
    HASTEN_ASSIGN(const size_t i, api::PairNamed(state, input));
    HASTEN_ASSIGN(Tensor copy, api::Copy(*tensor));
    const Type& type = state->plan->states[i].type;
    bool fits = copy.dtype == type.dtype && copy.dims.rank() == type.shape.rank();
    for (int a = 0; fits && a < copy.dims.rank(); ++a)
      fits = !type.shape[a].is_const() || type.shape[a].value() == copy.dims[static_cast<size_t>(a)];
    if (!fits) return Misuse("state ", Quote(input), " must be ", type, ", is ", copy.Text());
    state->now[i] = Value(std::move(copy));
    return {};
  });
}

void hasten_state_free(hasten_state* state) { delete state; }
