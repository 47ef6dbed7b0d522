// The environment variable HASTEN_MAX_ISA: the best instructions that may be used, to try what another machine takes.
#pragma once
#include "kernels/tactic.h"

namespace hasten {

// Unset or empty: whatever there is.  An error where it names none of baseline, avx2, avx512, avx512_vnni and neon.
Result<Isa> MaxIsa();

}  // namespace hasten
