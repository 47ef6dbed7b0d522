#include "cli/python.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/mapped_file.h"

extern char** environ;

namespace hasten::cli {
namespace {

std::string LastLine(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  const size_t line = text.rfind('\n');
  return line == std::string::npos ? text : text.substr(line + 1);
}

}  // namespace

Result<ScratchFolder> ScratchFolder::Make() {
  std::error_code error;
  std::string path = std::filesystem::temp_directory_path(error) / "hasten-XXXXXX";
  if (error || !mkdtemp(path.data()))
    return Status(Code::kInvalidArgument, Str("no folder for temporary files can be made in ", path));
  return ScratchFolder(std::move(path));
}

ScratchFolder& ScratchFolder::operator=(ScratchFolder&& o) noexcept {
  std::swap(path_, o.path_);
  return *this;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<std::string> RunPython(const std::string& python, const std::string& script,
                              const std::vector<std::string>& args, const ScratchFolder& scratch) {
  const std::string out = scratch.path() + "/stdout", err = scratch.path() + "/stderr";
  std::vector<std::string> words = {python, "-c", script};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kFlags = O_CREAT | O_TRUNC | O_WRONLY;
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), kFlags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), kFlags, 0600);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, python.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return Status(Code::kNotFound, Str(python, ": ", std::string_view(std::strerror(failed))));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ReadFile(out);
  HASTEN_ASSIGN(const std::string said, ReadFile(err));
  return Status(Code::kInvalidArgument,
                WIFSIGNALED(status) ? Str("ended by signal ", WTERMSIG(status)) : LastLine(said));
}

}  // namespace hasten::cli
