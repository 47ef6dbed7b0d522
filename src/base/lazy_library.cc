#include "base/lazy_library.h"

#include <dlfcn.h>

namespace hasten {

Result<LazyLibrary> LazyLibrary::Load(const std::string& soname) {
  void* const handle = dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle) return LazyLibrary(soname, handle);
  const char* const why = dlerror();
  return Status(Code::kUnsupported, Str("this needs a library that cannot be loaded: ", why ? why : soname));
}

Result<void*> LazyLibrary::Symbol(const char* name) const {
  if (void* const found = dlsym(handle_, name)) return found;
  return Status(Code::kUnsupported, Str(soname_, " has no function ", name));
}

}  // namespace hasten
