#include "kernels/tactic.h"

#include "catalog/kernels.inc"

namespace hasten {

std::span<const Tactic* const> BuiltInTactics() { return kernels::kCatalog; }

bool Available(Isa isa) {
  switch (isa) {
    case Isa::kBaseline: return true;
#if defined(__x86_64__)
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    case Isa::kAvx512:
      return Available(Isa::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case Isa::kAvx512Vnni: return Available(Isa::kAvx512) && __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__)
    case Isa::kNeon: return true;
#endif
    default: return false;
  }
}

}  // namespace hasten
