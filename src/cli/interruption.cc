#include "cli/interruption.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string_view>

#include "base/partial_files.h"

namespace hasten::cli {
namespace {

std::atomic<int> progress_lines{0};

extern "C" void EndAtOnce(int signal) {
  constexpr std::string_view kWipe = "\r\033[K";
  RemovePartialFiles();
  if (progress_lines > 0) {
    const ssize_t ignored = ::write(STDERR_FILENO, kWipe.data(), kWipe.size());
    static_cast<void>(ignored);
  }
  ::_exit(128 + signal);
}

// Unless whoever started the process wants the signal ignored, as nohup does.
void EndOn(int signal) {
  struct sigaction now = {};
  if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) return;
  struct sigaction action = {};
  action.sa_handler = EndAtOnce;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void HandleInterruptions() {
  EndOn(SIGINT);
  EndOn(SIGTERM);
  ::signal(SIGPIPE, SIG_IGN);
}

ProgressLineShown::ProgressLineShown() { ++progress_lines; }
ProgressLineShown::~ProgressLineShown() { --progress_lines; }

}  // namespace hasten::cli
