#include "kernels/tactic.h"

#include <cstdlib>

#include "catalog/kernels.inc"
#include "kernels/max_isa.h"

namespace hasten {
namespace {

constexpr std::pair<std::string_view, Isa> kIsas[] = {{"baseline", Isa::kBaseline},
                                                      {"avx2", Isa::kAvx2},
                                                      {"avx512", Isa::kAvx512},
                                                      {"avx512_vnni", Isa::kAvx512Vnni},
                                                      {"neon", Isa::kNeon}};
constexpr Isa kBest = kIsas[std::size(kIsas) - 1].second;

}  // namespace

Result<Isa> MaxIsa() {
  const char* name = std::getenv("HASTEN_MAX_ISA");
  if (!name || !*name) return kBest;
  std::string known;
  for (const auto& [text, isa] : kIsas) {
    if (text == name) return isa;
    known += Str(known.empty() ? "" : ", ", text);
  }
  return Status(Code::kInvalidArgument, Str("HASTEN_MAX_ISA must be one of ", known, ", is '", name, "'"));
}

std::span<const Tactic* const> BuiltInTactics() { return kernels::kCatalog; }

bool Available(Isa isa) {
  static const Isa limit = [] {
    const auto max = MaxIsa();
    return max.ok() ? *max : kBest;
  }();
  if (isa > limit) return false;
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
