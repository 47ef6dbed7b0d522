// How ops that hold graphs (If, Loop, Scan, SequenceMap) become part of the flat step list: their records' `lower`.
#pragma once
#include "ops/op.h"

namespace hasten {

using SlotId = uint32_t;   // a place for one run-time value
using LabelId = uint32_t;  // a position in the step list

// What a lowering may emit; the planner implements it.
class RegionBuilder {
 public:
  virtual ~RegionBuilder() = default;
  virtual const Node& node() const = 0;
  virtual SlotId Input(size_t i) const = 0;   // kNone: absent
  virtual SlotId Output(size_t i) const = 0;  // kNone: not wanted
  virtual SlotId Temporary() = 0;             // a fresh slot whose type is known only at run time
  virtual SlotId Constant(Tensor t) = 0;
  // A call of a reference, outside the portable graph (loop counters, slices of scans).
  virtual void Call(const OpDef& op, Attrs attrs, std::vector<SlotId> in, std::vector<SlotId> out) = 0;
  // to = from.  Contents are copied when the memory under `from` will be used again.
  virtual void Move(SlotId from, SlotId to) = 0;
  // The steps of the node's k-th graph: `inputs` are its inputs; gives the slots of its outputs.
  virtual Result<std::vector<SlotId>> Body(size_t k, std::span<const SlotId> inputs) = 0;
  virtual LabelId NewLabel() = 0;
  virtual void Place(LabelId label) = 0;
  virtual void BranchIfFalse(SlotId condition, LabelId target) = 0;  // condition: one bool
  virtual void Jump(LabelId target) = 0;
};

// Internal ops that lowerings call.  None has a form in ONNX.
extern const OpDef
    kRegionLess;  // (i, limit) -> i < limit; an absent limit is infinite; an absent third operand is true, else && it
extern const OpDef kRegionIncrement;  // i -> i + 1
extern const OpDef kRegionEmpty;      // () -> an empty sequence
extern const OpDef kRegionAppend;     // (sequence, x) -> sequence + [x], the old one is consumed
extern const OpDef kRegionSlice;      // (x, i) -> x at index i of attribute axis, from the end if attribute reverse
extern const OpDef kRegionStack;   // (sequence) -> its elements stacked along a new axis; reversed if attribute reverse
extern const OpDef kRegionAt;      // (sequence, i) -> element i; a tensor instead of the sequence: itself
extern const OpDef kRegionPad;     // (x, n) -> x with n entries along axis 0: cut, or with zeros (empty strings) behind
extern const OpDef kRegionLength;  // (sequence) -> i64 count; of a tensor: its dim at attribute axis

// Calls `op` by its reference from within another's, for its first output.
Status CallOp(const KernelCall& c, const OpDef& op, const Attrs& attrs, std::span<const Value* const> in, Value* out);

struct RegionAxisAttrs {
  int64_t axis = 0;
  bool reverse = false;
  Type element;  // of Stack: what an element would be if there is none
};

}  // namespace hasten
