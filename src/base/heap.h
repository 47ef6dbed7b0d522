// The heap of a process.
#pragma once

namespace hasten {

// For a command that makes many small things and ends soon, and for each of its threads that do: the heap of the caller
// grows by 24 MB at a time, not by pages, and nothing goes back before the process ends, only to be cleared again when
// it is asked for once more.  Does nothing where malloc is not glibc's.
void PrepareHeapOfThread();

}  // namespace hasten
