#include "kernels/invocation.h"

#include <algorithm>
#include <random>

#include "ops/interpret.h"

namespace hasten {

Result<Invocation> Invocation::Of(const Tactic& tactic, const PlanCall& call) {
  Invocation made(tactic, call);
  made.packed_.resize(call.in.size());
  for (size_t i = 0; i < call.in.size() && i < 32; ++i) {
    if (!(tactic.packs >> i & 1) || !call.constant(i)) continue;
    Tensor& packed = made.packed_[i];
    HASTEN_TRY(tactic.pack(call, static_cast<int>(i), &packed));
    if (!tactic.packed_type) continue;
    const Type is = packed.data ? Type::Tensor(packed.dtype, packed.dims) : Type::Unknown();
    const Type said = tactic.packed_type(call, static_cast<int>(i));
    HASTEN_REQUIRE(is == said, tactic.name, " packs input ", i, " as ", is, ", its packed_type says ", said);
  }
  if (tactic.prepare) HASTEN_TRY(tactic.prepare(call, &made.params_));
  return made;
}

Status Invocation::Bind(std::span<const Type> in, std::span<const Type> out, std::span<const Type> epilogue_in) {
  std::vector<Type> types(in.begin(), in.end());
  for (size_t i = 0; i < packed_.size(); ++i)
    if (packed_[i].data) types[i] = Type::Tensor(packed_[i].dtype, packed_[i].dims);
  const PointwiseProgram& program = call_.node->epilogue;
  BoundShapes shapes{types,        out, &call_.node->attrs, params_.data(), program.empty() ? nullptr : &program,
                     call_.layout, {}};
  shapes.epilogue_in = epilogue_in;
  binding_ = {};
  HASTEN_TRY(BindCall(*tactic_, shapes, &binding_));
  HASTEN_ASSIGN(workspace_, NewTensor(DType::kU8, {static_cast<int64_t>(binding_.workspace_bytes)}));
  return {};
}

Status Invocation::Run(std::span<const Value* const> in, std::span<const Value* const> epilogue_in,
                       std::span<Value* const> out, ThreadPool* pool, uint64_t shuffle_seed) {
  std::vector<Value> packed(packed_.begin(), packed_.end());
  std::vector<const Value*> operands(in.begin(), in.end());
  for (size_t i = 0; i < packed_.size(); ++i)
    if (packed_[i].data) operands[i] = &packed[i];
  const LocalServices local;
  if (!workers_) workers_ = std::make_unique<WorkerServices>(pool ? pool->threads() : 1);
  workers_->Share(*local.get());
  KernelCall c;
  c.in = operands;
  c.out = out;
  c.epilogue_operands = epilogue_in;
  c.attributes = &call_.node->attrs;
  c.params = params_.data();
  c.epilogue = call_.node->epilogue.empty() ? nullptr : &call_.node->epilogue;
  c.bound = binding_.data.data();
  c.workspace = workspace_.data;
  c.layout = call_.layout;
  c.services = workers_->of(0);
  if (shuffle_seed == 0) return Launch(*tactic_, binding_, &c, pool, workers_.get());
  std::mt19937_64 random(shuffle_seed);
  for (size_t phase = 0; phase < binding_.phases.size(); ++phase) {
    c.phase = static_cast<int>(phase);
    c.chunks = binding_.phases[phase];
    std::vector<int64_t> order(static_cast<size_t>(c.chunks));
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
    std::shuffle(order.begin(), order.end(), random);
    for (int64_t chunk : order) {
      c.chunk = chunk;
      HASTEN_TRY(tactic_->run(c));
      workers_->Reset(0);
    }
  }
  return {};
}

}  // namespace hasten
