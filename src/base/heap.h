// The heap of a process.
#pragma once

namespace hasten {

// For a command that makes many small things and ends soon, and for each of its threads that do.  The caller's heap
// grows by 24 MB at a time instead of by pages; what is freed stays in it, since memory that goes back to the system is
// cleared when it is asked for again.  Does nothing where malloc is not glibc's.
void PrepareHeapOfThread();

}  // namespace hasten
