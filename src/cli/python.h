// Scripts of ours, run by a Python of the user's.
#pragma once
#include <string>
#include <vector>

#include "base/status.h"

namespace hasten::cli {

// A fresh folder that goes, with all in it, when this does.
class ScratchFolder {
 public:
  static Result<ScratchFolder> Make();
  ScratchFolder(ScratchFolder&& o) noexcept : path_(std::exchange(o.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&& o) noexcept;
  ~ScratchFolder();
  const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// What the script printed.  `python` is a path, or a name that $PATH knows.  kNotFound where there is no such program;
// otherwise the last line of what a script that failed wrote to standard error.
Result<std::string> RunPython(const std::string& python, const std::string& script,
                              const std::vector<std::string>& args, const ScratchFolder& scratch);

}  // namespace hasten::cli
