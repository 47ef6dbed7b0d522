// Which values of a binding lie in the memory of others: outputs over the inputs they are computed from, and the parts
// of a Concat or a Split in the whole, where they are contiguous there.
#pragma once
#include "runtime/bound_plan.h"

namespace hasten {

inline constexpr int64_t kArenaAlignment = 64;  // of all that lies in an arena, in bytes

class MemorySharing {
 public:
  // Of the values in the arena whose shapes are fixed.  Both outlive it.
  MemorySharing(const Plan& plan, const BoundPlan& bound);

  struct Lodging {
    SlotId host = kNone;  // whose memory it is: the value's own, or another's that has memory of its own
    int64_t offset = 0;   // in bytes, a multiple of kArenaAlignment
    // Of a host, over all who lie with it: the first step that writes and the last that reads.
    uint32_t first = 0, last = 0;
  };
  bool in_arena(SlotId s) const { return lodgings_[s].host != kNone; }
  const Lodging& of(SlotId s) const { return lodgings_[s]; }

 private:
  void Overwrite(const Step& step);
  void JoinParts(uint32_t index);
  void CutParts(uint32_t index);
  // Of an operand that nobody reads after step `index`, directly or as somebody else's memory.
  bool EndsAt(SlotId s, uint32_t index) const;
  void Move(SlotId s, SlotId to, int64_t offset);

  const Plan& plan_;
  const BoundPlan& bound_;
  std::vector<Lodging> lodgings_;
  std::vector<std::vector<SlotId>> guests_;  // of a host
};

}  // namespace hasten
