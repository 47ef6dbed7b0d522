#include "runtime/run_memory.h"

#include "base/memory.h"

namespace hasten {

Result<Tensor> RunMemory::AtLeast(int64_t bytes) {
  // Memory far larger than need be is let go of, unless somebody holds it anyway.
  const int64_t had = block_.data ? block_.bytes() : -1;
  if (had >= bytes && (had / 4 <= bytes || block_.owner.use_count() > 1)) return block_;
  block_ = Tensor();
  std::shared_ptr<std::byte> block = NewBlock(bytes, Contents::kAny);
  if (!block) return NoMemory("the arena of a run", bytes);
  std::byte* const data = block.get();
  block_ = Tensor{DType::kU8, {bytes}, data, std::move(block), {}};
  return block_;
}

}  // namespace hasten
