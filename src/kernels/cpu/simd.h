// Include before Highway: which instruction sets kernels are compiled for (the best one is chosen at run time), and
// what all of them share.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)

// Accumulators stay in registers only where the loops over them are gone.
#ifdef __clang__
#define HASTEN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define HASTEN_UNROLL _Pragma("GCC unroll 32")
#endif
