// The bytes of a file or of standard input, and what kind of file they are.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace hasten::cli {

struct FileBytes {
  std::string_view bytes;
  std::shared_ptr<const void> owner;  // keeps them where they are

  static FileBytes Of(std::string bytes);
};

// What reading a file may take beyond a small multiple of its size.
struct ReadLimits {
  int64_t decoded_bytes = int64_t{1} << 30;  // of what was compressed in it
};

inline constexpr std::string_view kStandardInput = "-";
// The file mapped, or all of standard input, which ends the process's use of it.
Result<FileBytes> ReadBytes(const std::string& path);

enum class FileForm : uint8_t { kUnknown, kNpy, kNpz, kPb, kRaw, kJson, kText, kSound, kPicture };
FileForm FormOfName(std::string_view path);    // by its extension
FileForm FormOfBytes(std::string_view bytes);  // by how they begin; .pb, .raw and text begin as anything
std::string_view Name(FileForm form);

}  // namespace hasten::cli
