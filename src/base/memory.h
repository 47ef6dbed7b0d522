// Memory of tensors, arenas and scratch: aligned, and counted against one limit of the process, so that a model that
// asks for more than there is ends in an error, not in the system's hands.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/status.h"

namespace hasten {

// Bytes that this process may use: the machine's, or the cgroup's limit (v1 and v2) if that is less.
int64_t UsableMemory();

// Of all blocks that live at once; UsableMemory() unless set.  What lives already stays, and blocks of up to 64 KB are
// always given.
void SetMemoryLimit(int64_t bytes);
int64_t MemoryLimit();
int64_t MemoryInUse();

enum class Contents : uint8_t { kAny, kZero };
// 64-byte aligned; null when over the limit or the machine's.  `bytes` may be 0 or negative (then: null).  Large blocks
// come zeroed from the kernel, page by page as they are touched.  Thread-safe.
std::shared_ptr<std::byte> NewBlock(int64_t bytes, Contents contents);
// The error of a block that was not to be had: "... needs N bytes; the limit is ..., of which ... are in use".
Status NoMemory(std::string_view what, int64_t bytes);

}  // namespace hasten
