// Files that WriteFile has begun and not finished.
#pragma once

namespace hasten {

// Removes them.  Async-signal-safe: for a process that is about to end.
void RemovePartialFiles();

}  // namespace hasten
