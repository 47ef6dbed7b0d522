#include "base/heap.h"

#if defined(__GLIBC__)
#include <malloc.h>

#include <cstdlib>
#endif

namespace hasten {

void PrepareHeapOfThread() {
#if defined(__GLIBC__)
  constexpr int kStep = 24 << 20, kMostInHeap = 32 << 20;  // older glibcs refuse a higher limit
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MMAP_THRESHOLD, kMostInHeap);
  mallopt(M_TOP_PAD, kStep);
  // Heaps of threads other than the first know no such padding: a block that is given back at once makes room.
  void* volatile block = std::malloc(kStep);
  std::free(block);
#endif
}

}  // namespace hasten
