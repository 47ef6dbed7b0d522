// Times of kernels from earlier starts (docs/formats/timing-cache.md).
#pragma once
#include <map>
#include <optional>

#include "base/mapped_file.h"

namespace hasten {

// Times of candidates by a text that says all they depend on; in a file, one a line, shared between plans and
// processes.  Not for several threads at once.
class TimingCache {
 public:
  // A missing or damaged file is an empty cache.  The file is searched where it lies, never read whole: a small model's
  // start would spend most of its time on other models' lines.
  static TimingCache Load(const std::string& path);
  // Adds to the file whatever others have added meanwhile, and replaces it by renaming.  Errors: the folder cannot be
  // written.
  Status Save(const std::string& path) const;

  // In nanoseconds.  Nothing: never asked for.  0: there was no time left to measure it.
  std::optional<double> Find(const std::string& key) const;
  void Add(const std::string& key, double nanoseconds) { added_[key] = nanoseconds; }
  bool changed() const { return !added_.empty(); }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::string_view lines_;  // of it, sorted by key
  std::map<std::string, double, std::less<>> added_;
};

}  // namespace hasten
