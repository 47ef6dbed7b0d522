// The library's edge: where exceptions end and Status becomes hasten_error.
#pragma once
#include <new>

#include "base/status.h"
#include "hasten/hasten.h"

namespace hasten::api {

// Null for an OK status.  Never throws.
hasten_error* ErrorOf(Status status) noexcept;
// Takes the error over; null is OK.
Status StatusOf(hasten_error* error);
hasten_error* OutOfMemory() noexcept;  // allocates nothing
hasten_error* Busy(const char* message) noexcept;
hasten_error* Thrown(const char* what) noexcept;

// Runs `body`, which returns a Status, for an extern "C" function.
template <class Body>
hasten_error* Guard(Body&& body) noexcept {
  try {
    return ErrorOf(body());
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  } catch (const std::exception& e) {
    return Thrown(e.what());
  } catch (...) {
    return Thrown("of a type of its own");
  }
}

template <class... Parts>
Status Misuse(const Parts&... parts) {
  return Status(Code::kInvalidArgument, Str(parts...));
}

#define HASTEN_NOT_NULL(pointer) \
  if (!(pointer)) return ::hasten::api::Misuse(#pointer " must not be NULL")

// Options as the caller's version of the header has them: members that it does not know are 0, and those that this
// library does not know must be.
Status ReadSized(const void* given, size_t known, const char* what, void* out);
template <class Options>
Status ReadOptions(const Options* given, const char* what, Options* out) {
  *out = Options{};
  return given ? ReadSized(given, sizeof *out, what, out) : Status();
}
// The other way: fills as much of the caller's struct as it has.
Status WriteSized(const void* from, size_t known, const char* what, void* out);

}  // namespace hasten::api
