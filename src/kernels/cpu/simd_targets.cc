// The functions that Highway's dispatch and its tests ask at run time, defined here so that its library is not linked:
// libhwy 1.0.3 measures the resolution of the timer each time a process starts, which took 4.8 of the 12 ms of
// `hasten version`.
#include "kernels/cpu/simd.h"
// After simd.h, which says what is compiled.
#include <hwy/targets.h>

#include <atomic>

#include "kernels/tactic.h"

namespace hwy {
namespace {

std::atomic<int64_t> only_these{0};  // 0: what the machine has

int64_t TargetsOfMachine() {
  int64_t targets = HWY_STATIC_TARGET;
#if HWY_ARCH_X86
  if (hasten::Available(hasten::Isa::kAvx2)) targets |= HWY_AVX2;
  if (hasten::Available(hasten::Isa::kAvx512)) targets |= HWY_AVX3;
#endif
  return targets;
}

}  // namespace

int64_t SupportedTargets() {
  const int64_t only = only_these;
  return only == 0 ? TargetsOfMachine() : only;
}

void SetSupportedTargetsForTest(int64_t targets) {
  only_these = targets;
  GetChosenTarget().DeInit();  // chosen anew at the next call
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy
