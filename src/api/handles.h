// What the handles of hasten.h hold.
#pragma once
#include <atomic>
#include <mutex>

#include "api/boundary.h"
#include "api/tensors.h"
#include "engine/session.h"

namespace hasten::api {

struct OpSet;

// Text of one input or output, as hasten_value_info points at it.
struct ValueText {
  std::string name, type;
  std::vector<int64_t> dims;
  std::vector<std::string> symbols;
  std::vector<const char*> symbol_pointers;
  hasten_value_info info{};
  static std::unique_ptr<ValueText> Of(const std::string& name, const Type& type);
};

hasten_error* InfoAt(const std::vector<std::unique_ptr<ValueText>>& texts, size_t index, hasten_value_info* out);

// What a log callback is told.
struct Log {
  hasten_log_callback callback = nullptr;
  void* user_data = nullptr;
  void Notes(const std::vector<std::string>& notes) const {
    if (!callback) return;
    for (const std::string& note : notes) callback(user_data, HASTEN_NOTE, note.c_str());
  }
};

struct ModelParts {
  std::shared_ptr<const OpSet> ops;  // outlives what points at its records
  std::shared_ptr<Model> model;
};

// A pair of a plan's inputs and outputs that a state holds.
struct StatePair {
  std::string name;      // of the input
  size_t input, output;  // of the plan
  Type type;             // of the input
  int axis = -1;         // along which it grows; -1: it does not
};

struct PlanParts {
  std::shared_ptr<const OpSet> ops;
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<ThreadPool> pool;
  std::vector<StatePair> states;
  std::vector<size_t> inputs, outputs;  // of the plan, that a run takes and gives
  std::vector<std::unique_ptr<ValueText>> input_text, output_text;
  bool released = false;
};

}  // namespace hasten::api

struct hasten_model {
  hasten::api::ModelParts parts;
  std::vector<std::unique_ptr<hasten::api::ValueText>> inputs, outputs;
};

struct hasten_plan {
  std::shared_ptr<const hasten::api::PlanParts> parts;
  mutable std::once_flag described;
  mutable std::string description;
};

struct hasten_value {
  explicit hasten_value(hasten::Value v);
  hasten::Value value;
  std::vector<hasten_value> children;  // of a sequence: its elements; of a map: keys and values
};

struct hasten_result {
  std::shared_ptr<const hasten::api::PlanParts> plan;
  std::vector<hasten_value> outputs;
};

struct hasten_cancel {
  std::shared_ptr<std::atomic<bool>> flag = std::make_shared<std::atomic<bool>>(false);
};

struct hasten_state {
  std::shared_ptr<const hasten::api::PlanParts> plan;
  int64_t open_dim = 1;
  std::vector<hasten::Value> now, spare;  // of each pair: the next run's input; memory for its output
  std::atomic<bool> busy{false};
};
