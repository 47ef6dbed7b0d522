// Ctrl-C, and readers that go away.
#pragma once

namespace hasten::cli {

// From here on SIGINT and SIGTERM end the process at once with status 130 and 143: the line of progress is wiped, files
// that are half written are removed.  Writing to a pipe that nobody reads is an error and no signal.
void HandleInterruptions();

// While it lives, a line of progress may stand on the terminal.
class ProgressLineShown {
 public:
  ProgressLineShown();
  ~ProgressLineShown();
  ProgressLineShown(const ProgressLineShown&) = delete;
  ProgressLineShown& operator=(const ProgressLineShown&) = delete;
};

}  // namespace hasten::cli
