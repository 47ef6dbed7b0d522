// Error vocabulary: Status says why, Result<T> says why or carries a value.
//
// A Status is for what the caller's data or machine may cause (bad model, no memory, no device);
// HASTEN_CHECK aborts and is for our own bugs only.  No exception leaves the library.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace hasten {

enum class Code : unsigned char {
  kOk,
  kInvalidModel,      // the model file breaks the standard or contradicts itself
  kInvalidArgument,   // what the caller passed does not fit the model
  kUnsupported,       // valid, but this build cannot do it
  kNotFound,          // a file, name or op that does not exist
  kOutOfMemory,       // over the machine's or the caller's limit
  kDeadlineExceeded,
  kCancelled,
  kDeviceError,
  kDataLoss,          // truncated or corrupted file
  kInternal,
};

// OK is one null pointer: returning it costs a register, testing it a branch.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : rep_(std::make_unique<Rep>(Rep{code, std::move(message)})) {}
  Status(Status&&) = default;
  Status& operator=(Status&&) = default;

  bool ok() const { return rep_ == nullptr; }
  Code code() const { return rep_ ? rep_->code : Code::kOk; }
  std::string_view message() const { return rep_ ? std::string_view(rep_->message) : std::string_view("ok"); }

  // Prefixes `where`, so that a message reads from the outside in: "m.onnx: node 12 'conv1' (Conv): ...".
  Status At(std::string_view where) && {
    if (rep_) rep_->message = Str(where, ": ", rep_->message);
    return std::move(*this);
  }

 private:
  struct Rep {
    Code code;
    std::string message;
  };
  std::unique_ptr<Rep> rep_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status error) : error_(std::move(error)) {}
  bool ok() const { return value_.has_value(); }
  Status status() && { return std::move(error_); }
  std::string_view message() const { return error_.message(); }
  Code code() const { return error_.code(); }
  // Precondition of the accessors below: ok().
  T& value() & { return *value_; }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }

  Result At(std::string_view where) && {
    if (!ok()) error_ = std::move(error_).At(where);
    return std::move(*this);
  }

 private:
  std::optional<T> value_;
  Status error_;
};

// Prints and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* what);

}  // namespace hasten

#define HASTEN_CAT_(a, b) a##b
#define HASTEN_CAT(a, b) HASTEN_CAT_(a, b)
// Returns from the function if `expr` (a Status) is an error.
#define HASTEN_TRY(expr)                                                                       \
  do {                                                                                         \
    if (::hasten::Status hasten_status_ = (expr); !hasten_status_.ok()) return hasten_status_; \
  } while (0)
// HASTEN_ASSIGN(auto x, F()) takes the value of a Result, or returns its error.
#define HASTEN_ASSIGN(decl, expr)                                                                    \
  auto HASTEN_CAT(hasten_result_, __LINE__) = (expr);                                                \
  if (!HASTEN_CAT(hasten_result_, __LINE__).ok()) return std::move(HASTEN_CAT(hasten_result_, __LINE__)).status(); \
  decl = *std::move(HASTEN_CAT(hasten_result_, __LINE__))
// Returns an InvalidModel error built from the rest unless `cond` holds.
#define HASTEN_REQUIRE(cond, ...)                                                                        \
  do {                                                                                                   \
    if (!(cond)) return ::hasten::Status(::hasten::Code::kInvalidModel, ::hasten::Str(__VA_ARGS__));     \
  } while (0)
#define HASTEN_CHECK(cond) \
  do {                     \
    if (!(cond)) ::hasten::CheckFailed(__FILE__, __LINE__, #cond); \
  } while (0)
