// How many cores this process may use.
#pragma once

namespace hasten {

// Affinity and the cgroup's CPU quota (v1 and v2) accounted for; at least 1.
int UsableCores();

}  // namespace hasten
