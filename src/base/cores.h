// How many cores this process may use.
#pragma once
#include <optional>

namespace hasten {

int AffinityCores();                 // that it may be scheduled on
std::optional<double> QuotaCores();  // cores' worth of CPU time that the cgroup allows (v1 and v2), if it sets a quota
// Affinity and the cgroup's CPU quota (v1 and v2) accounted for; at least 1.
int UsableCores();

}  // namespace hasten
