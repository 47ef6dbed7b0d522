// A tactic: one way to compute one op on one device.  Many tactics serve an op; the planner keeps the best that
// applies.
#pragma once
#include "ops/numerics.h"
#include "ops/op.h"

namespace hasten {

enum class Isa : uint8_t { kBaseline, kAvx2, kAvx512, kAvx512Vnni, kNeon };

// What Supports, Prepare and Pack see of a call at plan time: types may be symbolic, constants are there.
struct PlanCall {
  const Node* node = nullptr;
  std::span<const Type> in, out, epilogue_in;  // formal inputs, outputs, operands of the epilogue
  std::span<const Tensor* const> constants;    // per formal input; null: not constant
  bool state = false;                          // some operand is a bound state
  int variant = 0;
  Layout layout = Layout::kPlain;
  template <class A>
  const A& attrs() const {
    return node->attrs.as<A>();
  }
  bool has(size_t i) const { return i < in.size() && in[i].known(); }
  const Tensor* constant(size_t i) const { return i < constants.size() ? constants[i] : nullptr; }
};

// Which layouts a tactic runs in.
enum class Layouts : uint8_t { kPlain, kChannelsLast, kEither };

inline constexpr uint32_t kAllInputs = ~0u;

struct Tactic {
  std::string_view name;                  // <op>_<how>, the file's name
  std::span<const std::string_view> ops;  // OpDef::name of each op it computes
  std::string_view device = "cpu";
  Isa isa = Isa::kBaseline;
  bool (*supports)(const PlanCall&) = nullptr;      // asked for each variant and layout
  std::span<const std::string_view> variants = {};  // tuning points; empty: one
  // Largest error that conformance allows, over the largest magnitude of the reference's output, in units of the
  // dtype's machine epsilon (integers: of one).
  double bound = 0;
  Numerics numerics = Numerics::kExact;
  bool fuses_epilogue = false;  // applies KernelCall::epilogue itself
  bool takes_state = false;     // reads and grows bound state in place
  bool in_place = false;        // output 0 may lie over the op's in_place_input; of Concat, Split: parts in the whole
  // In a step whose layout is channels last, output 0, the operands of the epilogue and the inputs of these bits (those
  // of rank 3 and more) are so; everything else is plain.
  Layouts layouts = Layouts::kPlain;
  uint32_t layout_inputs = 1;
  // Operations per nanosecond that a core is assumed to do where nothing is measured.
  double speed = 1;
  double (*share)(const PlanCall&) = nullptr;  // of that speed that it reaches in this call; null: 1
  // Bits of the constant inputs that Pack rewrites at plan time, so that weights lie as the kernel reads them.
  uint32_t packs = 0;
  Status (*pack)(const PlanCall&, int input, Tensor* packed) = nullptr;
  // The packed constant's type, by which one that was stored is checked; unknown: Pack leaves it as it is.  Contents
  // of the type must be safe to run on, whatever they are.  Null: constants are packed again, never stored.
  Type (*packed_type)(const PlanCall&, int input) = nullptr;
  // Plain data computed once per plan and stored in the plan file; null: none.
  Status (*prepare)(const PlanCall&, std::vector<std::byte>* params) = nullptr;
  // Once per set of shapes; null: one chunk, no workspace.  Packed inputs have their packed type.
  Status (*bind)(const BoundShapes&, Binding*) = nullptr;
  // Computes chunk `call.chunk` of `call.chunks` of phase `call.phase`.
  Status (*run)(KernelCall&) = nullptr;

  bool Serves(std::string_view op) const {
    for (std::string_view o : ops)
      if (o == op) return true;
    return false;
  }
};

// What Bind leaves for Run: plain data, read through KernelCall::bound.  Its last `unfilled` bytes are not kept, for
// arrays that are seldom full: such a thing must not be copied from there.
template <class T>
void KeepBound(const T& bound, Binding* binding, size_t unfilled = 0) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&bound);
  binding->data.assign(bytes, bytes + sizeof bound - unfilled);
}

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
