// Shared libraries that few runs need: loaded when one does, so that the others do not wait for them at start.
#pragma once
#include <string>

#include "base/status.h"

namespace hasten {

// Stays loaded as long as the process lives.
class LazyLibrary {
 public:
  // kUnsupported where the system has no such library.
  static Result<LazyLibrary> Load(const std::string& soname);

  // `*function` = the library's function of that name; kUnsupported where it has none.
  template <class F>
  Status Find(const char* name, F** function) const {
    HASTEN_ASSIGN(void* const found, Symbol(name));
    *function = reinterpret_cast<F*>(found);
    return {};
  }

 private:
  LazyLibrary(std::string soname, void* handle) : soname_(std::move(soname)), handle_(handle) {}
  Result<void*> Symbol(const char* name) const;

  std::string soname_;
  void* handle_;
};

// The functions of a library, found once: `Calls` has their pointers, kSoname and Status FindIn(const LazyLibrary&).
template <class Calls>
Result<const Calls*> LazyCalls() {
  static Calls calls;
  static const Status found = []() -> Status {
    HASTEN_ASSIGN(const LazyLibrary library, LazyLibrary::Load(Calls::kSoname));
    return calls.FindIn(library);
  }();
  if (!found.ok()) return Status(found.code(), std::string(found.message()));
  return &calls;
}

}  // namespace hasten
