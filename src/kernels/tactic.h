// A tactic: one way to compute one op on one device.  Many tactics serve an op; the planner keeps the best that
// applies.
#pragma once
#include "ops/numerics.h"
#include "ops/op.h"

namespace hasten {

enum class Isa : uint8_t { kBaseline, kAvx2, kAvx512, kAvx512Vnni, kNeon };

// What Supports and Prepare see of a call at plan time: types may be symbolic, constants are there.
struct PlanCall {
  const Node* node = nullptr;
  std::span<const Type> in, out;
  std::span<const Tensor* const> constants;  // per formal input; null: not constant
  bool state = false;                        // some operand is a bound state
  template <class A>
  const A& attrs() const {
    return node->attrs.as<A>();
  }
};

struct Tactic {
  std::string_view name;  // <op>_<how>_<isa>, the file's name
  std::string_view op;    // OpDef::name
  std::string_view device = "cpu";
  Isa isa = Isa::kBaseline;
  bool (*supports)(const PlanCall&) = nullptr;
  std::span<const std::string_view> variants = {};  // tuning points; empty: one
  double bound = 0;  // error against the reference that conformance allows, in ULP of the output's dtype
  Numerics numerics = Numerics::kExact;
  bool fuses_epilogue = false;  // applies KernelCall::epilogue itself
  bool takes_state = false;     // reads and grows bound state in place
  // Plain data computed once per plan and stored in the plan file; null: none.
  Status (*prepare)(const PlanCall&, int variant, std::vector<std::byte>* params) = nullptr;
  // Once per set of shapes; null: one chunk, no workspace.
  Status (*bind)(const BoundShapes&, Binding*) = nullptr;
  // Computes chunk `call.chunk` of `call.chunks`.  Chunks may run concurrently.
  Status (*run)(KernelCall&) = nullptr;
};

// A device's memory and copies.  The CPU needs none; its place is Place{}.
class Device {
 public:
  virtual ~Device() = default;
  virtual std::string_view name() const = 0;  // as tactics name it
  virtual Place place() const = 0;
  virtual Result<Tensor> Allocate(DType dtype, const Dims& dims) = 0;  // in place()
  virtual Status Copy(const Tensor& from, Tensor* to) = 0;             // host to device or back
  // Around each kernel of this device.
  virtual Status Enter() { return {}; }
  virtual void Leave() {}
};

// The tactics in force: built-in ones and the caller's own.
std::span<const Tactic* const> BuiltInTactics();
// Whether this machine has the instructions.
bool Available(Isa isa);

}  // namespace hasten
