#include "cli/machine.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/cores.h"
#include "base/memory.h"
#include "base/text.h"
#include "kernels/cpu/gemm_tile.h"
#include "kernels/cpu/simd.h"
// After simd.h, which says what is compiled.
#include <hwy/highway.h>

namespace hasten::cli {
namespace {

std::string FirstLine(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The text after "KEY :" in a file of such lines; empty if there is none.
std::string ValueOf(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

int64_t Number(const std::string& text) { return std::atoll(text.c_str()); }

std::string CpuName() {
  for (const std::string_view key : {"model name", "Model", "Hardware"})
    if (std::string name = ValueOf("/proc/cpuinfo", key); !name.empty()) return name;
  return "unknown";
}

int64_t CoresIn(const std::string& list) {  // "0-3,8"
  int64_t cores = 0;
  for (size_t at = 0; at < list.size();) {
    char* end = nullptr;
    const int64_t first = std::strtoll(list.c_str() + at, &end, 10);
    const int64_t last = *end == '-' ? std::strtoll(end + 1, &end, 10) : first;
    cores += last - first + 1;
    at = static_cast<size_t>(end - list.c_str()) + 1;
  }
  return cores;
}

std::vector<Cache> Caches() {
  std::vector<Cache> caches;
  for (int i = 0;; ++i) {
    const std::filesystem::path folder = Str("/sys/devices/system/cpu/cpu0/cache/index", i);
    Cache cache;
    cache.level = Number(FirstLine(folder / "level"));
    if (cache.level == 0) return caches;
    cache.kind = FirstLine(folder / "type");
    const std::string size = FirstLine(folder / "size");
    cache.bytes = Number(size) << (size.ends_with("M") ? 20 : size.ends_with("K") ? 10 : 0);
    cache.cores = CoresIn(FirstLine(folder / "shared_cpu_list"));
    caches.push_back(std::move(cache));
  }
}

// Better instruction sets have lower bits.
std::vector<std::string> TargetNames(int64_t targets) {
  std::vector<std::string> names;
  for (int bit = 0; bit < 62; ++bit)
    if ((targets >> bit & 1) != 0) names.emplace_back(hwy::TargetName(int64_t{1} << bit));
  return names;
}

}  // namespace

Machine ThisMachine() {
  constexpr int64_t kKilobyte = 1024;
  Machine m;
  m.cpu = CpuName();
  m.cores_online = ::sysconf(_SC_NPROCESSORS_ONLN);
  m.cores_affinity = AffinityCores();
  m.quota = QuotaCores();
  m.cores_usable = UsableCores();
  m.isa = cpu::BestTileKernels().name;
  m.isas_built = TargetNames(HWY_TARGETS);
  m.isas_supported = TargetNames(hwy::SupportedTargets());
  m.caches = Caches();
  m.memory = Number(ValueOf("/proc/meminfo", "MemTotal")) * kKilobyte;
  m.memory_available = Number(ValueOf("/proc/meminfo", "MemAvailable")) * kKilobyte;
  if (UsableMemory() < m.memory) m.memory_limit = UsableMemory();
  return m;
}

}  // namespace hasten::cli
