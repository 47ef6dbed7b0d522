// Read-only files: mapped when large, read when small.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace hasten {

// A file mapped for reading; lives as long as anything that points into it.
class MappedFile {
 public:
  static Result<std::shared_ptr<const MappedFile>> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }
  const std::string& path() const { return path_; }

  // Gives memory that holds these bytes back to the system, if they are of a mapped file: they are read again from the
  // file when someone looks at them.  Anything else is left alone.
  static void GiveBack(const void* data, size_t bytes);
  // The same for all that is mapped.
  static void GiveBackAll();

  // From now on, reading where a mapped file has been cut short by someone gives zeros instead of SIGBUS.  For a
  // program's start: it sets the process's handler, which hands all other faults on to the one that was there.
  static void GuardAgainstTruncation();
  // kDataLoss once that has happened: what was computed since is not to be trusted.
  static Status Whole();

 private:
  MappedFile(std::string path, int fd, void* data, size_t size);
  std::string path_;
  int fd_;
  void* data_;
  size_t size_;
};

Result<std::string> ReadFile(const std::string& path);
// Writes to a sibling and renames, so that a reader never sees half a file.
Status WriteFile(const std::string& path, std::string_view bytes);
// The same from pieces, one after the other.
Status WriteFile(const std::string& path, const std::vector<std::string_view>& pieces);

}  // namespace hasten
