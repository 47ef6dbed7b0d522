// Large blocks of memory in pages of 2 MB: fewer faults while it is filled, fewer misses of the address cache after.
#pragma once
#include <cstddef>

namespace hasten {

// Asks the kernel for large pages where whole ones fit into [data, data + bytes), which must not be touched yet to gain
// by it.  Only advice: nothing is lost where there are none.
void AdviseHugePages(void* data, size_t bytes);

}  // namespace hasten
