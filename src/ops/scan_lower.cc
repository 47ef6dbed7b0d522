#include "ops/scan.h"

namespace hasten {
namespace {

Attrs NoAttrs() { return Attrs(kRegionLess.attrs); }

Attrs OnAxis(int64_t axis) {
  Attrs attrs(kRegionLength.attrs);
  attrs.as<RegionAxisAttrs>().axis = axis;
  return attrs;
}

// for (i = 0; i < limit; ++i): what is emitted between construction and End() runs once per i.
class CountedLoop {
 public:
  CountedLoop(RegionBuilder& b, SlotId limit) : b_(b), i_(b.Temporary()), top_(b.NewLabel()), end_(b.NewLabel()) {
    const SlotId go = b.Temporary();
    b.Move(b.Constant(ScalarI64(0)), i_);
    b.Place(top_);
    b.Call(kRegionLess, NoAttrs(), {i_, limit}, {go});
    b.BranchIfFalse(go, end_);
  }
  SlotId index() const { return i_; }
  void End() {
    b_.Call(kRegionIncrement, NoAttrs(), {i_}, {i_});
    b_.Jump(top_);
    b_.Place(end_);
  }

 private:
  RegionBuilder& b_;
  SlotId i_;
  LabelId top_, end_;
};

std::vector<SlotId> EmptySequences(RegionBuilder& b, size_t n) {
  std::vector<SlotId> out;
  for (size_t i = 0; i < n; ++i) {
    out.push_back(b.Temporary());
    b.Call(kRegionEmpty, NoAttrs(), {}, {out.back()});
  }
  return out;
}

// One run over the scanned axis.  `states` are overwritten; gives the sequences of what the body yielded.
Result<std::vector<SlotId>> Pass(RegionBuilder& b, const ScanCounts& counts, const std::vector<SlotId>& states,
                                 const std::vector<SlotId>& scans, SlotId length) {
  const auto& attrs = b.node().attrs.as<ScanAttrs>();
  const std::vector<SlotId> sequences = EmptySequences(b, counts.stacks);
  std::vector<SlotId> in = states, next;
  for (size_t i = 0; i < counts.scans; ++i) in.push_back(b.Temporary());
  for (size_t i = 0; i < counts.states; ++i) next.push_back(b.Temporary());
  CountedLoop steps(b, length);
  for (size_t i = 0; i < counts.scans; ++i)
    b.Call(kRegionSlice, ScanSliceAttrs(attrs, i), {scans[i], steps.index()}, {in[counts.states + i]});
  HASTEN_ASSIGN(const std::vector<SlotId> out, b.Body(0, in));
  for (size_t i = 0; i < counts.stacks; ++i)
    b.Call(kRegionAppend, NoAttrs(), {sequences[i], out[counts.states + i]}, {sequences[i]});
  // Two stages: a body may hand one state on as another.
  for (size_t i = 0; i < counts.states; ++i) b.Move(out[i], next[i]);
  for (size_t i = 0; i < counts.states; ++i) b.Move(next[i], states[i]);
  steps.End();
  return sequences;
}

bool Wanted(const RegionBuilder& b, size_t i) { return i < b.node().outputs.size() && b.Output(i) != kNone; }

Status LowerPlain(RegionBuilder& b, const ScanCounts& counts) {
  const auto& attrs = b.node().attrs.as<ScanAttrs>();
  std::vector<SlotId> states, scans;
  for (size_t i = 0; i < counts.states; ++i) {
    states.push_back(b.Temporary());
    b.Move(b.Input(i), states.back());
  }
  for (size_t i = 0; i < counts.scans; ++i) scans.push_back(b.Input(counts.states + i));
  const SlotId length = b.Temporary();
  b.Call(kRegionLength, OnAxis(attrs.InputAxis(0)), {scans[0]}, {length});
  HASTEN_ASSIGN(const std::vector<SlotId> sequences, Pass(b, counts, states, scans, length));
  for (size_t i = 0; i < counts.states; ++i)
    if (Wanted(b, i)) b.Move(states[i], b.Output(i));
  for (size_t i = 0; i < counts.stacks; ++i)
    if (Wanted(b, counts.states + i))
      b.Call(kRegionStack, ScanStackAttrs(attrs, counts, i), {sequences[i]}, {b.Output(counts.states + i)});
  return {};
}

Status LowerBatched(RegionBuilder& b, const ScanCounts& counts) {
  const auto& attrs = b.node().attrs.as<ScanAttrs>();
  const size_t operands = counts.states + counts.scans, results = counts.states + counts.stacks;
  const SlotId batch = b.Temporary(), longest = b.Temporary(), length = b.Temporary();
  b.Call(kRegionLength, OnAxis(0), {b.Input(counts.first + counts.states)}, {batch});
  b.Call(kRegionLength, OnAxis(1), {b.Input(counts.first + counts.states)}, {longest});
  const std::vector<SlotId> gathered = EmptySequences(b, results);
  std::vector<SlotId> states, scans;
  for (size_t i = 0; i < operands; ++i) (i < counts.states ? states : scans).push_back(b.Temporary());
  CountedLoop rows(b, batch);
  if (b.Input(0) == kNone)
    b.Move(longest, length);
  else
    b.Call(kRegionSlice, OnAxis(0), {b.Input(0), rows.index()}, {length});
  for (size_t i = 0; i < operands; ++i) {
    const bool state = i < counts.states;
    const SlotId row = state ? states[i] : b.Temporary();
    b.Call(kRegionSlice, OnAxis(0), {b.Input(counts.first + i), rows.index()}, {row});
    // Cut, so that backwards begins at the row's own end.
    if (!state) b.Call(kRegionPad, NoAttrs(), {row, length}, {scans[i - counts.states]});
  }
  HASTEN_ASSIGN(const std::vector<SlotId> sequences, Pass(b, counts, states, scans, length));
  for (size_t i = 0; i < counts.states; ++i) b.Call(kRegionAppend, NoAttrs(), {gathered[i], states[i]}, {gathered[i]});
  for (size_t i = 0; i < counts.stacks; ++i) {
    const SlotId stacked = b.Temporary(), padded = b.Temporary(), all = gathered[counts.states + i];
    b.Call(kRegionStack, ScanStackAttrs(attrs, counts, i), {sequences[i]}, {stacked});
    b.Call(kRegionPad, NoAttrs(), {stacked, longest}, {padded});
    b.Call(kRegionAppend, NoAttrs(), {all, padded}, {all});
  }
  rows.End();
  for (size_t i = 0; i < results; ++i) {
    if (!Wanted(b, i)) continue;
    Attrs stack = OnAxis(0);
    stack.as<RegionAxisAttrs>().element = attrs.body->value(attrs.body->outputs[i]).type;
    b.Call(kRegionStack, std::move(stack), {gathered[i]}, {b.Output(i)});
  }
  return {};
}

}  // namespace

Status LowerScan(RegionBuilder& b) {
  const auto& attrs = b.node().attrs.as<ScanAttrs>();
  HASTEN_ASSIGN(const ScanCounts counts, ScanCountsOf(attrs, b.node().formal_inputs(), b.node().outputs.size()));
  return attrs.batched ? LowerBatched(b, counts) : LowerPlain(b, counts);
}

}  // namespace hasten
