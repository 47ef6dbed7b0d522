// The kernel contract, shared by references and tactics: Prepare at plan time, Bind once per set of shapes, Run many
// times.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "ir/attr.h"
#include "ir/pointwise.h"
#include "tensor/layout.h"
#include "tensor/value.h"

namespace hasten {

// Memory for what a run cannot place in its arena: outputs whose shape depends on data, and outputs of the graph.
class Allocator {
 public:
  virtual ~Allocator() = default;
  // 64-byte aligned memory for `dims`, uninitialised (strings: empty).  kOutOfMemory when over the limit.
  virtual Result<Tensor> Allocate(DType dtype, const Dims& dims) = 0;
};
Allocator* HeapAllocator();  // the process's heap; thread-safe, never freed

// Scratch that lasts for one kernel call.  It grows on first use and is reused after: a steady state allocates nothing.
class ScratchArena {
 public:
  // Uninitialised, 64-byte aligned; valid until Reset.
  Result<std::byte*> Take(size_t bytes);
  void Reset();

 private:
  struct Block {
    std::shared_ptr<std::byte> data;
    size_t size = 0;
  };
  std::vector<Block> blocks_;
  size_t block_ = 0, used_ = 0;
};

// How often each random node has drawn in this run, so that one in a loop does not repeat its numbers.
class DrawCounts {
 public:
  // 0 for a node's first draw, then 1, 2, ...
  uint64_t Next(uint64_t node_key);
  void Reset();  // a new run; keeps the memory

 private:
  std::unordered_map<uint64_t, uint64_t> counts_;
};

class Graph;
class KernelCall;

// What a kernel may ask of the run around it.
struct RunServices {
  Allocator* allocator = nullptr;
  ScratchArena* scratch = nullptr;
  const std::atomic<uint32_t>* stop = nullptr;  // non-zero: give up soon (error elsewhere, cancellation, deadline)
  uint64_t seed = 0;                            // of random ops without a seed attribute, keyed further by node
  DrawCounts* draws = nullptr;                  // null: every draw is a node's first
  int depth = 0;                                // of nested bodies, against runaway recursion
  // Runs body k of a region op by references: set by the interpreter (ops/interpret.cc).
  Status (*run_body)(const KernelCall& call, int k, std::span<const Value> inputs,
                     std::vector<Value>* outputs) = nullptr;
  std::deque<Tensor> unwanted;  // what kernels computed for outputs nobody wants; dropped after the call
};

// One call of a kernel: operands with final addresses.
//
// Before a reference or tactic runs, each output whose shape inference can tell from the operands' shapes and values
// has its memory (output(i) is valid, dims set).  For the others (NonZero) the kernel calls Allocate. Operands never
// overlap outputs, except where the op's record (or tactic) declares an in-place pair.
class KernelCall {
 public:
  std::span<const Value* const> in;  // formal inputs; a null or kNone value is absent
  std::span<Value* const> out;       // null: not wanted
  const Attrs* attributes = nullptr;
  const void* params = nullptr;                // what the tactic's Prepare stored
  const PointwiseProgram* epilogue = nullptr;  // only for tactics that fuse it
  std::span<const Value* const> epilogue_operands;
  const std::byte* bound = nullptr;  // Binding::data
  std::byte* workspace = nullptr;    // 64-byte aligned; shared by all chunks and phases of the step
  int phase = 0;
  int64_t chunk = 0, chunks = 1;  // of the phase
  Layout layout = Layout::kPlain;  // of the operands that the tactic says follow it
  uint64_t node_key = 0;  // stable per node, for random ops
  RunServices* services = nullptr;
  void* stream = nullptr;                  // of the device the tactic names
  std::span<const GraphPtr> bodies;        // the node's graphs
  std::span<const Value* const> captured;  // values the bodies capture

  int inputs() const { return static_cast<int>(in.size()); }
  bool has(int i) const { return i < inputs() && in[i] && in[i]->has(); }
  const Value& value(int i) const { return *in[i]; }            // precondition: has(i)
  const Tensor& input(int i) const { return in[i]->tensor(); }  // precondition: has(i), a tensor
  bool wants(int i) const { return i < static_cast<int>(out.size()) && out[i]; }
  Tensor& output(int i) const { return out[i]->tensor(); }  // precondition: wants(i) and bound
  template <class A>
  const A& attrs() const {
    return attributes->as<A>();
  }

  // Memory for output i, whose shape inference could not tell.  Not wanted: scratch, so callers need not ask.
  Result<Tensor*> Allocate(int i, DType dtype, const Dims& dims) const;
  // A value that may be stored in another one (a sequence's element, an optional): shares memory that has an owner and
  // copies borrowed memory, which the next step may overwrite.
  Result<Value> Keep(const Value& v) const;
  // Sets a sequence, map, or whole value as output i (nothing if not wanted).
  void Set(int i, Value v) const;

  // Typed scratch until the call ends.
  template <class T>
  Result<std::span<T>> Scratch(int64_t n) const {
    HASTEN_ASSIGN(std::byte * data, services->scratch->Take(static_cast<size_t>(n) * sizeof(T)));
    return std::span<T>(new (data) T[static_cast<size_t>(n)], static_cast<size_t>(n));
  }
  // All elements of an input in a lane, in scratch.  For complex use ReadComplex.
  Result<std::span<double>> Doubles(int i) const;
  Result<std::span<int64_t>> Ints(int i) const;
  bool stopped() const { return services->stop && services->stop->load(std::memory_order_relaxed) != 0; }

  // Runs body `k` of the node by its references (region ops only): its outputs for these inputs.
  Status RunBody(int k, std::span<const Value> inputs, std::vector<Value>* outputs) const;
};

// Shapes and dtypes of a call's operands, for Bind and cost.
struct BoundShapes {
  std::span<const Type> in, out;
  const Attrs* attributes = nullptr;
  const void* params = nullptr;
  const PointwiseProgram* epilogue = nullptr;
  Layout layout = Layout::kPlain;
  std::span<const Type> epilogue_in = {};
  template <class A>
  const A& attrs() const {
    return attributes->as<A>();
  }
};

// What Bind decides for one set of shapes.
struct Binding {
  // Chunks of each phase: those of one may run concurrently, and all end before the next phase begins.  They depend on
  // shapes only, never on the number of threads, and so does every bit of the result.
  std::vector<int64_t> phases = {1};
  size_t workspace_bytes = 0;
  std::vector<std::byte> data = {};  // tables that Run reads: KernelCall::bound
};

}  // namespace hasten
