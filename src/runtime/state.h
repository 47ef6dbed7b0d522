// State that outlives a run: KV caches and their kin, one State per batch row, separate from executors.
#pragma once
#include <memory>
#include <vector>

#include "plan/plan.h"

namespace hasten {

// The entries of one row for every binding of a plan, in pages that grow as needed.  Use by one run at a time; may move
// between executors of the plan it was made for.
class State {
 public:
  // page_entries: entries a page holds; contiguous state is one page of `capacity`.
  static Result<std::unique_ptr<State>> Create(const Plan& plan, int64_t page_entries = 64);

  int64_t length() const { return length_; }
  // Forgets entries from `length` on (speculation, rewinding).  Precondition: 0 <= length <= length().
  void Truncate(int64_t length) { length_ = length; }

 private:
  friend class Executor;
  struct Track {
    DType dtype;
    Dims entry_dims;
    int64_t entry_bytes, capacity;
    std::vector<Tensor> memory;
    std::vector<std::byte*> pages;
  };
  // Room for `entries` in every track, or kOutOfMemory when over a binding's capacity.
  Status Reserve(int64_t entries);
  void Advance(int64_t n) { length_ += n; }

  int64_t page_entries_ = 0, length_ = 0;
  std::vector<Track> tracks_;
};

}  // namespace hasten
