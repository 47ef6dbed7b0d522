// One tactic applied to one call outside a plan: how conformance tests it and how the planner times it.
#pragma once
#include "kernels/launch.h"

namespace hasten {

class Invocation {
 public:
  // Packs and prepares.  Preconditions: the tactic supports `call`; what `call` points at outlives the invocation.
  static Result<Invocation> Of(const Tactic& tactic, const PlanCall& call);

  // For operands of these types (concrete, logical; formal inputs as in the plan call).
  Status Bind(std::span<const Type> in, std::span<const Type> out, std::span<const Type> epilogue_in);
  // `in`: the formal inputs, of which packed ones are not looked at.  Outputs have their memory.  Chunks run on `pool`;
  // null: on this thread in the order of `shuffle_seed` (0: ascending), which must not matter.
  Status Run(std::span<const Value* const> in, std::span<const Value* const> epilogue_in, std::span<Value* const> out,
             ThreadPool* pool = nullptr, uint64_t shuffle_seed = 0);

  const Binding& binding() const { return binding_; }
  const Tensor& packed(size_t i) const { return packed_[i]; }  // no data: not packed

 private:
  Invocation(const Tactic& tactic, const PlanCall& call) : tactic_(&tactic), call_(call) {}
  const Tactic* tactic_;
  PlanCall call_;
  std::vector<Tensor> packed_;
  std::vector<std::byte> params_;
  Binding binding_;
  Tensor workspace_;
  std::unique_ptr<WorkerServices> workers_;
};

}  // namespace hasten
