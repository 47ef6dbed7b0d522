// What this process runs on.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hasten::cli {

struct Cache {
  int64_t level = 0;
  std::string kind;  // "Data", "Instruction", "Unified"
  int64_t bytes = 0;
  int64_t cores = 0;  // that share one
};

struct Machine {
  std::string cpu;              // as the system names it
  int64_t cores_online = 0;     // of the machine, with hyper-threads
  int64_t cores_affinity = 0;   // that this process may be scheduled on
  std::optional<double> quota;  // cores' worth of time that the cgroup allows
  int64_t cores_usable = 0;
  std::string isa;                                      // that kernels were chosen for
  std::vector<std::string> isas_built, isas_supported;  // best first
  std::vector<Cache> caches;                            // of the first core
  int64_t memory = 0, memory_available = 0;
  std::optional<int64_t> memory_limit;  // of the cgroup
};
Machine ThisMachine();

}  // namespace hasten::cli
