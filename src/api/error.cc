#include <cstring>

#include "api/boundary.h"
#include "base/version.h"

struct hasten_error {
  hasten_code code;
  std::string message;
  const char* fixed = nullptr;  // instead of `message`: one of ours, never freed
};

namespace hasten::api {
namespace {

hasten_error* NewError(hasten_code code, std::string_view message) noexcept {
  try {
    return new hasten_error{code, std::string(message)};
  } catch (...) {
    return OutOfMemory();
  }
}

static_assert(static_cast<int>(Code::kInternal) == HASTEN_INTERNAL);
static_assert(static_cast<int>(Code::kDataLoss) == HASTEN_DATA_LOSS);
static_assert(static_cast<int>(Code::kInvalidModel) == HASTEN_INVALID_MODEL);

}  // namespace

hasten_error* ErrorOf(Status status) noexcept {
  return status.ok() ? nullptr : NewError(static_cast<hasten_code>(status.code()), status.message());
}

Status StatusOf(hasten_error* error) {
  if (!error) return {};
  const hasten_code code = hasten_error_code(error);
  const bool ours = code > HASTEN_OK && code <= HASTEN_INTERNAL;
  Status status(ours ? static_cast<Code>(code) : Code::kInternal, hasten_error_message(error));
  hasten_error_free(error);
  return status;
}

hasten_error* OutOfMemory() noexcept {
  static hasten_error error{HASTEN_OUT_OF_MEMORY, {}, "not enough memory"};
  return &error;
}

hasten_error* Busy(const char* message) noexcept { return NewError(HASTEN_BUSY, message); }

hasten_error* Thrown(const char* what) noexcept {
  try {
    return NewError(HASTEN_INTERNAL, Str("an exception: ", what));
  } catch (...) {
    return OutOfMemory();
  }
}

Status ReadSized(const void* given, size_t known, const char* what, void* out) {
  size_t size;
  std::memcpy(&size, given, sizeof size);
  if (size < sizeof size || size > (size_t{1} << 16))
    return Misuse("struct_size of ", what, " must be sizeof the struct, ", known, ", is ", size);
  const auto* bytes = static_cast<const unsigned char*>(given);
  for (size_t i = known; i < size; ++i)
    if (bytes[i] != 0)
      return Status(Code::kUnsupported, Str(what, " has a member set that this version of the library does not know"));
  std::memcpy(out, given, std::min(size, known));
  return {};
}

Status WriteSized(const void* from, size_t known, const char* what, void* out) {
  size_t size;
  std::memcpy(&size, out, sizeof size);
  if (size < sizeof size || size > (size_t{1} << 16))
    return Misuse("struct_size of ", what, " must be sizeof the struct, ", known, ", is ", size);
  const size_t shared = std::min(size, known);
  std::memset(static_cast<unsigned char*>(out) + sizeof size, 0, size - sizeof size);
  std::memcpy(static_cast<unsigned char*>(out) + sizeof size, static_cast<const unsigned char*>(from) + sizeof size,
              shared - sizeof size);
  return {};
}

}  // namespace hasten::api

using hasten::api::OutOfMemory;

const char* hasten_version(void) {
  static const std::string version(hasten::LibraryVersion());
  return version.c_str();
}

hasten_error* hasten_error_new(hasten_code code, const char* message) {
  return hasten::api::NewError(code == HASTEN_OK ? HASTEN_INTERNAL : code, message ? message : "");
}

hasten_code hasten_error_code(const hasten_error* error) { return error ? error->code : HASTEN_OK; }

const char* hasten_error_message(const hasten_error* error) {
  if (!error) return "ok";
  return error->fixed ? error->fixed : error->message.c_str();
}

void hasten_error_free(hasten_error* error) {
  if (error && !error->fixed) delete error;
}
