#include "base/mapped_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/nearest.h"
#include "base/partial_files.h"

namespace hasten {
namespace {

Status SystemError(const std::string& path) {
  const int error = errno;
  return Status(error == ENOENT ? Code::kNotFound : Code::kInvalidArgument, Str(path, ": ", std::strerror(error)));
}

// "; did you mean 'b.onnx'?", the nearest name in the folder of a file that is not there.
std::string Suggestion(const std::string& path) {
  constexpr int kMostNames = 10000;
  const std::filesystem::path wanted(path);
  const std::filesystem::path folder = wanted.has_parent_path() ? wanted.parent_path() : std::filesystem::path(".");
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator it(folder, error);
  for (; !error && it != std::filesystem::directory_iterator() && names.size() < kMostNames; it.increment(error))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  const std::string nearest = Nearest(wanted.filename().string(), names);
  return nearest.empty() ? "" : Str("; did you mean '", (wanted.parent_path() / nearest).string(), "'?");
}

Status NotOpened(const std::string& path) {
  if (errno != ENOENT) return SystemError(path);
  Status status = SystemError(path);
  return Status(status.code(), Str(status.message(), Suggestion(path)));
}

// Places for the names of files that are being written, where a signal handler finds them.
struct PartialFile {
  std::atomic<int> state{0};  // 0: free, 1: being filled in, 2: the name of a file
  char path[4096] = {};
};
std::array<PartialFile, 16> partial_files;

// Holds a place, if there is one left, as long as the file is not finished.
class PartialFileName {
 public:
  explicit PartialFileName(const std::string& path) {
    if (path.size() >= sizeof(PartialFile::path)) return;
    for (PartialFile& file : partial_files) {
      int free = 0;
      if (!file.state.compare_exchange_strong(free, 1)) continue;
      std::memcpy(file.path, path.c_str(), path.size() + 1);
      file.state = 2;
      file_ = &file;
      return;
    }
  }
  ~PartialFileName() {
    if (file_) file_->state = 0;
  }
  PartialFileName(const PartialFileName&) = delete;
  PartialFileName& operator=(const PartialFileName&) = delete;

 private:
  PartialFile* file_ = nullptr;
};

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

// Where files are mapped.
struct Mapping {
  size_t size;
  int fd;
};
struct Mappings {
  std::mutex mutex;
  std::map<uintptr_t, Mapping> by_start;

  // The one that holds all of [data, data + bytes), and its start; with the mutex held.
  std::optional<std::pair<uintptr_t, Mapping>> Holding(const void* data, size_t bytes) const {
    const auto begin = reinterpret_cast<uintptr_t>(data);
    const auto after = by_start.upper_bound(begin);
    if (after == by_start.begin()) return std::nullopt;
    const auto& [start, mapping] = *std::prev(after);
    const bool inside = begin - start < mapping.size && bytes <= mapping.size - (begin - start);
    return inside ? std::optional(std::pair(start, mapping)) : std::nullopt;
  }
};
Mappings& AllMappings() {
  static Mappings* const mappings = new Mappings;  // outlives every file
  return *mappings;
}

// How many of these bytes, which lie in a mapped file, the kernel copied from file to file without showing them to us.
size_t CopiedByKernel(int fd, std::string_view bytes) {
  constexpr size_t kWorthIt = 1 << 20;
  if (bytes.size() < kWorthIt) return 0;
  Mappings& all = AllMappings();
  const std::lock_guard lock(all.mutex);  // the file stays open
  const auto found = all.Holding(bytes.data(), bytes.size());
  if (!found) return 0;
  auto from = static_cast<off_t>(reinterpret_cast<uintptr_t>(bytes.data()) - found->first);
  size_t copied = 0;
  while (copied < bytes.size()) {
    const ssize_t n = ::copy_file_range(found->second.fd, &from, fd, nullptr, bytes.size() - copied, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;  // not between these files, or the file was cut short
    copied += static_cast<size_t>(n);
  }
  return copied;
}

// Large pieces of mapped files leave our memory once they are written.
Status WriteAll(int fd, const std::string& path, std::string_view bytes) {
  constexpr size_t kMost = 16 << 20;
  bytes.remove_prefix(CopiedByKernel(fd, bytes));
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), std::min(bytes.size(), kMost));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path);
    if (static_cast<size_t>(n) == kMost) MappedFile::GiveBack(bytes.data(), kMost);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

// The same for a signal handler, which may not lock: files beyond these are not guarded.
struct Guarded {
  std::atomic<uintptr_t> begin{0}, end{0};
};
constexpr size_t kMostGuarded = 1024;
Guarded guarded[kMostGuarded];
std::atomic<bool> truncated{false};
struct sigaction handler_before;

void Guard(uintptr_t begin, size_t size) {
  for (Guarded& g : guarded) {
    uintptr_t none = 0;
    if (!g.begin.compare_exchange_strong(none, begin)) continue;
    g.end = begin + size;
    return;
  }
}

void Unguard(uintptr_t begin) {
  for (Guarded& g : guarded) {
    if (g.begin != begin) continue;
    g.end = 0;
    g.begin = 0;
    return;
  }
}

// Puts a page of zeros where the file has none.
void OnBusError(int signal, siginfo_t* info, void*) {
  const auto at = reinterpret_cast<uintptr_t>(info->si_addr);
  for (const Guarded& g : guarded) {
    if (at < g.begin || at >= g.end) continue;
    const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    void* const start = reinterpret_cast<void*>(at / page * page);
    if (::mmap(start, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) break;
    truncated = true;
    return;
  }
  ::sigaction(signal, &handler_before, nullptr);  // the fault comes again, to it
}

// Whole pages of [begin, end).  The mapping is never written to, so nothing is lost.
void DropPages(uintptr_t begin, uintptr_t end) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  begin = (begin + page - 1) / page * page;
  end = end / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace

MappedFile::MappedFile(std::string path, int fd, void* data, size_t size)
    : path_(std::move(path)), fd_(fd), data_(data), size_(size) {
  if (!data_) return;
  const std::lock_guard lock(AllMappings().mutex);
  AllMappings().by_start[reinterpret_cast<uintptr_t>(data_)] = {size_, fd_};
  Guard(reinterpret_cast<uintptr_t>(data_), size_);
}

void MappedFile::GiveBack(const void* data, size_t bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  Mappings& all = AllMappings();
  const std::lock_guard lock(all.mutex);
  if (all.Holding(data, bytes)) DropPages(begin, begin + bytes);
}

void MappedFile::GuardAgainstTruncation() {
  struct sigaction action = {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &handler_before);
}

Status MappedFile::Whole() {
  if (!truncated) return {};
  return Status(Code::kDataLoss,
                "a file was cut short while it was in use: the parts that are gone were read as zeros");
}

void MappedFile::GiveBackAll() {
  Mappings& all = AllMappings();
  const std::lock_guard lock(all.mutex);
  for (const auto& [start, mapping] : all.by_start) DropPages(start, start + mapping.size);
}

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) return NotOpened(path);
  struct stat info;
  if (::fstat(file.fd, &info) != 0) return SystemError(path);
  if (S_ISDIR(info.st_mode)) return Status(Code::kInvalidArgument, Str(path, ": is a directory, must be a file"));
  if (!S_ISREG(info.st_mode)) return Status(Code::kInvalidArgument, Str(path, ": must be a regular file"));
  const size_t size = static_cast<size_t>(info.st_size);
  void* data = nullptr;
  if (size > 0) {
    data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (data == MAP_FAILED) return SystemError(path);
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(path, std::exchange(file.fd, -1), data, size));
}

MappedFile::~MappedFile() {
  if (data_) {
    Mappings& all = AllMappings();
    const std::lock_guard lock(all.mutex);
    all.by_start.erase(reinterpret_cast<uintptr_t>(data_));
    Unguard(reinterpret_cast<uintptr_t>(data_));
    ::munmap(data_, size_);
  }
  ::close(fd_);
}

void RemovePartialFiles() {
  for (const PartialFile& file : partial_files)
    if (file.state == 2) ::unlink(file.path);
}

Result<std::string> ReadFile(const std::string& path) {
  HASTEN_ASSIGN(auto file, MappedFile::Open(path));
  return std::string(file->bytes());
}

Status WriteFile(const std::string& path, std::string_view bytes) { return WriteFile(path, std::vector{bytes}); }

Status WriteFile(const std::string& path, const std::vector<std::string_view>& pieces) {
  const std::string temporary = Str(path, ".", ::getpid(), ".partial");
  const PartialFileName name(temporary);
  Status status;
  {
    Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (file.fd < 0) return SystemError(path);
    for (const std::string_view piece : pieces)
      if (status.ok()) status = WriteAll(file.fd, path, piece);
  }
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) status = SystemError(path);
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

}  // namespace hasten
