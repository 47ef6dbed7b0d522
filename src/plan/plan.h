// A plan: what computes each step, in order, for this machine.  Immutable, so executors and threads share it.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "kernels/tactic.h"
#include "ops/region.h"

namespace hasten {

class ThreadPool;

// Ties a past/present pair that grows in place (KV cache, recurrent state): the run binds a State per batch row and the
// graph's input and output of these names are no longer passed.
struct StateBinding {
  enum class Kind : uint8_t { kFull, kWindow, kRecurrent };
  std::string input, output;  // of the graph: past, present
  int axis = 2;               // along which it grows
  int64_t capacity = 0;       // entries a row may hold
  Kind kind = Kind::kFull;
};

enum class Storage : uint8_t {
  kConstant,
  kInput,   // the caller's
  kOutput,  // the caller's, or from the run's allocator
  kArena,   // computed; its offset is assigned when shapes are bound, if they can be
  kState,   // a view of the run's states
};

// A value with a place.
struct PlannedValue {
  std::string name;              // of the graph's value, for messages; temporaries: "loop.3"
  const Graph* graph = nullptr;  // where its type is inferred; null: known at run time only
  ValueId value = kNone;
  Storage storage = Storage::kArena;
  Place place;
  Layout layout = Layout::kPlain;
  Tensor constant;
  SlotId packed_from = kNone;    // the constant as the model has it, if this is its packed form
  uint32_t state = 0;            // index of the binding
  uint32_t first = 0, last = 0;  // steps that write and read it, loops accounted for
  // No step may: of a value that every step has in another layout, the plain slot.
  bool is_used() const { return first <= last; }
};

// A step of the flat list.  Control flow is branch and jump steps among the calls.
struct Step {
  enum class Kind : uint8_t { kCall, kCopy, kMove, kBranchIfFalse, kJump };
  Kind kind = Kind::kCall;
  const Node* node = nullptr;      // kCall: op, attributes, epilogue; lives as long as the plan
  const Graph* graph = nullptr;    // that the node is of; null: made by a lowering
  const Tactic* tactic = nullptr;  // null: the op's reference
  int variant = 0;
  Layout layout = Layout::kPlain;            // of the operands that the tactic says follow it
  std::vector<std::byte> params;             // what the tactic's Prepare stored
  std::vector<SlotId> in, epilogue_in, out;  // kNone: absent
  const Device* device = nullptr;            // kCall on a device, kCopy to or from it
  uint32_t target = 0;                       // branch, jump: step to go on with
  uint64_t key = 0;                          // of random ops
  SlotId in_place = kNone;                   // this input's memory may become output 0's, if bytes agree
  std::string where;                         // "node 12 'conv1' (Conv)": the path of messages
};

// Shapes to optimise a plan for, by input name.  A plan runs with any shapes all the same.
using ShapeHints = std::map<std::string, Dims>;

// How one step was chosen to be computed.
struct Choice {
  const Tactic* tactic = nullptr;  // null: the op's reference
  int variant = 0;
  Layout layout = Layout::kPlain;
  std::string where = {};  // Step::where
  uint64_t key = 0;        // Step::key
};

struct PlanOptions {
  const Catalog* catalog = nullptr;        // null: the built-in one
  std::span<const Tactic* const> tactics;  // besides the built-in ones; these come first
  std::span<Device* const> devices;        // that tactics may name, in order of preference
  std::span<const StateBinding> states;
  bool references_only = false;                // no tactics at all: the judge
  Numerics numerics = Numerics::kApproximate;  // the most liberty tactics may take
  // 0: the cost model alone chooses, the same everywhere.  1 to 5: candidates are timed, those whose estimate is within
  // 1.5, 2, 4, 16 and any factor of the best.
  int level = 0;
  std::chrono::nanoseconds timing_budget = std::chrono::seconds(10);
  std::string timing_cache;    // file; empty: none
  ThreadPool* pool = nullptr;  // that timed runs use; null: one thread
  ShapeHints shapes;
  std::vector<std::string> notes;  // that the plan's notes begin with
  // Called while candidates are timed, with steps decided of all.
  std::function<void(size_t done, size_t all)> progress;
  // Called with each weight of the model whose packed form alone the plan reads, and which the plan lets go of; null:
  // the plan keeps them.
  std::function<void(const Graph*, ValueId)> release;
};

// How one step was decided.
struct Decision {
  uint32_t step = 0;  // before reorders were inserted
  std::string where;
  struct Option {
    std::string name;  // "conv_direct, channels last"
    double nanoseconds = 0;
    bool measured = false, picked = false;
  };
  std::vector<Option> options;
};

// What a plan was made for.
struct PlanSettings {
  int threads = 1;
  int level = 0;
  Numerics numerics = Numerics::kApproximate;
  bool references_only = false;
  ShapeHints shapes;
};

struct Plan {
  std::shared_ptr<const Model> model;
  PlanSettings settings;
  std::vector<PlannedValue> values;
  std::vector<Step> steps;
  std::vector<SlotId> inputs, outputs;  // of the main graph, without bound states
  std::vector<StateBinding> states;
  std::vector<Choice> choices;     // of the steps as they were before reorders and copies came between them
  std::vector<std::string> notes;  // what runs by reference and why, in plain words
  std::vector<std::unique_ptr<Node>> own_nodes;  // of lowered regions and reorders
  std::vector<Decision> decisions;
  int64_t timed = 0;  // candidates measured for this plan, not found in the cache

  std::string Describe() const;  // one line a step
};

// Plans a model that passed the verifier and inference.
Result<std::shared_ptr<const Plan>> BuildPlan(std::shared_ptr<const Model> model, const PlanOptions& options = {});

}  // namespace hasten
