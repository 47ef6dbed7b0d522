#include "kernels/launch.h"

#include <mutex>

namespace hasten {
namespace {

struct Phase {
  const Tactic* tactic;
  const KernelCall* call;
  WorkerServices* workers;
  std::atomic<bool> failed{false};
  std::mutex mutex;
  Status status;  // the first error
};

void Chunk(void* context, int64_t chunk, int worker) {
  auto* phase = static_cast<Phase*>(context);
  if (phase->failed.load(std::memory_order_relaxed) || phase->workers->limits().Passed(chunk)) return;
  KernelCall call = *phase->call;
  call.chunk = chunk;
  call.services = phase->workers->of(worker);
  Status status = phase->tactic->run(call);
  phase->workers->Reset(worker);
  if (status.ok()) return;
  const std::lock_guard lock(phase->mutex);
  if (!phase->failed.exchange(true)) phase->status = std::move(status);
}

bool BroadcastsTo(const Shape& from, const Shape& to) {
  if (!from.ranked() || !to.ranked() || from.rank() > to.rank()) return false;
  for (int i = 0; i < from.rank(); ++i) {
    const Dim& d = from[i];
    if (!d.is(1) && !(d == to[to.rank() - from.rank() + i])) return false;
  }
  return true;
}

}  // namespace

Status BindCall(const Tactic& tactic, const BoundShapes& shapes, Binding* binding) {
  for (const Type& operand : shapes.epilogue_in) {
    const Type& output = shapes.out[0];
    HASTEN_REQUIRE(!output.is_tensor() || (operand.is_tensor() && BroadcastsTo(operand.shape, output.shape)), "shapes ",
                   operand.shape, " and ", output.shape, " do not broadcast");
  }
  return tactic.bind ? tactic.bind(shapes, binding) : Status();
}

Status RunLimits::Why() const {
  const auto code = static_cast<Code>(stop_->load(std::memory_order_relaxed));
  return Status(code, code == Code::kDeadlineExceeded ? "run did not end before its deadline" : "run was cancelled");
}

void WorkerServices::Share(const RunServices& services, const RunLimits& limits) {
  limits_ = limits;
  for (Worker& w : workers_) {
    w.services.allocator = services.allocator;
    w.services.stop = services.stop;
    w.services.seed = services.seed;
    w.services.depth = services.depth;
    w.services.run_body = services.run_body;
    // A thread that gets no chunk in the first runs must not allocate in a later one.
    if (w.scratch.Take(1).ok()) w.scratch.Reset();
  }
}

Status Launch(const Tactic& tactic, const Binding& binding, KernelCall* call, ThreadPool* pool,
              WorkerServices* workers) {
  for (size_t i = 0; i < binding.phases.size(); ++i) {
    if (workers->limits().Passed(static_cast<int64_t>(i))) return workers->limits().Why();
    call->phase = static_cast<int>(i);
    call->chunks = binding.phases[i];
    if (call->chunks == 1) {
      call->chunk = 0;
      HASTEN_TRY(tactic.run(*call));
      continue;
    }
    Phase phase{.tactic = &tactic, .call = call, .workers = workers, .status = {}};
    if (pool) {
      pool->Run(call->chunks, Chunk, &phase);
    } else {
      for (int64_t c = 0; c < call->chunks; ++c) Chunk(&phase, c, 0);
    }
    if (phase.failed) return std::move(phase.status);
  }
  // Chunks that were not computed leave outputs that nobody may see.
  return workers->limits().Stopped() ? workers->limits().Why() : Status();
}

}  // namespace hasten
