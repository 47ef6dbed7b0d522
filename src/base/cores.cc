#include "base/cores.h"

#include <sched.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <thread>

namespace hasten {
namespace {

// Two numbers of a file, "max" as -1; false if there are not as many.
bool ReadNumbers(const char* path, double* first, double* second) {
  std::FILE* file = std::fopen(path, "r");
  if (!file) return false;
  char word[32] = {};
  const int read = std::fscanf(file, "%31s %lf", word, second);
  std::fclose(file);
  if (read < 1) return false;
  *first = std::string(word) == "max" ? -1 : std::atof(word);
  return read == 2;
}

}  // namespace

int AffinityCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return static_cast<int>(std::thread::hardware_concurrency());
  return CPU_COUNT(&set);
}

std::optional<double> QuotaCores() {
  double quota = -1, period = 0;
  if (ReadNumbers("/sys/fs/cgroup/cpu.max", &quota, &period) && quota > 0 && period > 0) return quota / period;
  double ignored = 0;
  ReadNumbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", &quota, &ignored);
  ReadNumbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us", &period, &ignored);
  return quota > 0 && period > 0 ? std::optional(quota / period) : std::nullopt;
}

int UsableCores() {
  const double cores = std::min<double>(AffinityCores(), std::ceil(QuotaCores().value_or(INFINITY)));
  return std::max(1, static_cast<int>(cores));
}

}  // namespace hasten
