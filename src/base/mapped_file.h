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

 private:
  MappedFile(std::string path, void* data, size_t size) : path_(std::move(path)), data_(data), size_(size) {}
  std::string path_;
  void* data_;
  size_t size_;
};

Result<std::string> ReadFile(const std::string& path);
// Writes to a sibling and renames, so that a reader never sees half a file.
Status WriteFile(const std::string& path, std::string_view bytes);
// The same from pieces, one after the other.
Status WriteFile(const std::string& path, const std::vector<std::string_view>& pieces);

}  // namespace hasten
