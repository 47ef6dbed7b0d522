// Include before Highway: which instruction sets kernels are compiled for (the best one is chosen at run time), and
// what all of them share.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)

// Accumulators stay in registers only where the loops over them are gone.
#ifdef __clang__
#define HASTEN_PRAGMA(x) _Pragma(#x)
#define HASTEN_UNROLL HASTEN_PRAGMA(clang loop unroll(full))
#define HASTEN_UNROLL_BY(n) HASTEN_PRAGMA(clang loop unroll_count(n))
#else
#define HASTEN_UNROLL _Pragma("GCC unroll 32")
#define HASTEN_UNROLL_BY(n)
#endif
