#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <mutex>

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

Status WriteAll(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

// Where files are mapped: start and size.
struct Mappings {
  std::mutex mutex;
  std::map<uintptr_t, size_t> sizes;
};
Mappings& AllMappings() {
  static Mappings* const mappings = new Mappings;  // outlives every file
  return *mappings;
}

// Whole pages of [begin, end).  The mapping is never written to, so nothing is lost.
void DropPages(uintptr_t begin, uintptr_t end) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  begin = (begin + page - 1) / page * page;
  end = end / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace

MappedFile::MappedFile(std::string path, void* data, size_t size) : path_(std::move(path)), data_(data), size_(size) {
  if (!data_) return;
  const std::lock_guard lock(AllMappings().mutex);
  AllMappings().sizes[reinterpret_cast<uintptr_t>(data_)] = size_;
}

void MappedFile::GiveBack(const void* data, size_t bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  Mappings& all = AllMappings();
  const std::lock_guard lock(all.mutex);
  auto after = all.sizes.upper_bound(begin);
  if (after == all.sizes.begin()) return;
  const auto& [start, size] = *std::prev(after);
  if (begin - start < size && bytes <= size - (begin - start)) DropPages(begin, begin + bytes);
}

void MappedFile::GiveBackAll() {
  Mappings& all = AllMappings();
  const std::lock_guard lock(all.mutex);
  for (const auto& [start, size] : all.sizes) DropPages(start, start + size);
}

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
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
  return std::shared_ptr<const MappedFile>(new MappedFile(path, data, size));
}

MappedFile::~MappedFile() {
  if (!data_) return;
  Mappings& all = AllMappings();
  const std::lock_guard lock(all.mutex);
  all.sizes.erase(reinterpret_cast<uintptr_t>(data_));
  ::munmap(data_, size_);
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
