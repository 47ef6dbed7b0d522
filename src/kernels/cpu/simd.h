// Include before Highway: which instruction sets kernels are compiled for.  The best one is chosen at run time.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
