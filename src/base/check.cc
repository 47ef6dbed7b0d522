#include <cstdio>
#include <cstdlib>

#include "base/status.h"

namespace hasten {

void CheckFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
  std::abort();
}

}  // namespace hasten
