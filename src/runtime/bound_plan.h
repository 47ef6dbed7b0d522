// A plan with shapes: where every value of fixed shape lies, and every call's operands.
#pragma once
#include "ops/infer.h"
#include "plan/plan.h"
#include "runtime/run_memory.h"

namespace hasten {

// How shapes are bound: from the real ones, shape arithmetic included.
inline constexpr Inference::Options kBindingInference = {.fold_small = true, .use_graph_types = false};

struct BoundStep {
  bool dynamic = false;  // some output's shape is known at run time only
  KernelCall call;
  Binding binding;
  // Into the plan's arrays of operands.
  std::span<const Value* const> in, epilogue_in;
  std::span<const Tensor* const> epilogue_tensors;
  std::span<Value* const> out;
  // Of dynamic calls by tactics:
  std::vector<const Value*> unpacked;  // `in`, with packed constants as the model has them
  std::vector<Type> in_types, out_types;
  std::vector<SlotId> release;  // values of dynamic shape whose last use this is
};

struct BoundPlan {
  std::vector<Value::Kind> kinds;  // what this binding is for: the inputs' kinds, dtypes and dims
  std::vector<DType> dtypes;
  std::vector<Dims> key;
  size_t rows = 0;            // of states
  std::vector<Value> values;  // per slot; steps point here
  std::vector<Tensor> fixed;  // per slot: its memory if its shape is known, else no data; outputs: no memory yet
  std::vector<bool> has_fixed;
  std::vector<SlotId> dynamic;  // computed values without fixed memory
  std::vector<BoundStep> steps;
  std::vector<const Value*> inputs_of_steps;
  std::vector<const Tensor*> tensors_of_steps;
  std::vector<Value*> outputs_of_steps;
  Tensor arena;
  int64_t arena_bytes = 0;
  // One per state binding.
  struct BoundState {
    StateView view;
    std::vector<std::byte* const*> pages;
    std::vector<int64_t> length;
    int64_t appended = 0;  // entries a run adds
  };
  std::vector<BoundState> states;
};

// Inference for these inputs, memory layout and operand arrays.  Errors say which input must be what.  `old` (null:
// none) is an earlier binding of the same plan, whose lists are used again, as are those of the facts in `inference`.
Result<std::unique_ptr<BoundPlan>> BindPlan(const Plan& plan, std::span<const Value> inputs, int64_t max_arena_bytes,
                                            Inference* inference, RunMemory* memory,
                                            std::unique_ptr<BoundPlan> old = nullptr);

}  // namespace hasten
