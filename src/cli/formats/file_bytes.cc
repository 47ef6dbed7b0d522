#include "cli/formats/file_bytes.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/mapped_file.h"

namespace hasten::cli {
namespace {

struct NamedForm {
  std::string_view extension;
  FileForm form;
};
constexpr NamedForm kExtensions[] = {
    {".npy", FileForm::kNpy},     {".npz", FileForm::kNpz},      {".pb", FileForm::kPb},
    {".raw", FileForm::kRaw},     {".bin", FileForm::kRaw},      {".json", FileForm::kJson},
    {".txt", FileForm::kText},    {".wav", FileForm::kSound},    {".flac", FileForm::kSound},
    {".ogg", FileForm::kSound},   {".aiff", FileForm::kSound},   {".aif", FileForm::kSound},
    {".jpg", FileForm::kPicture}, {".jpeg", FileForm::kPicture}, {".png", FileForm::kPicture},
    {".bmp", FileForm::kPicture}, {".ppm", FileForm::kPicture},  {".pgm", FileForm::kPicture},
    {".pbm", FileForm::kPicture},
};

bool IsSound(std::string_view b) {
  const std::string_view kind = b.size() >= 12 ? b.substr(8, 4) : "";
  return ((b.starts_with("RIFF") || b.starts_with("RF64")) && kind == "WAVE") || b.starts_with("fLaC") ||
         b.starts_with("OggS") || (b.starts_with("FORM") && (kind == "AIFF" || kind == "AIFC"));
}

bool IsPicture(std::string_view b) {
  const bool pnm =
      b.size() > 2 && b[0] == 'P' && b[1] >= '1' && b[1] <= '6' && std::isspace(static_cast<uint8_t>(b[2]));
  return pnm || b.starts_with("\xff\xd8\xff") || b.starts_with("\x89PNG\r\n\x1a\n") || b.starts_with("BM");
}

Result<FileBytes> ReadStandardInput() {
  std::string all;
  std::array<char, 1 << 16> part;
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Status(Code::kInvalidArgument, Str("standard input: ", std::strerror(errno)));
    if (n == 0) return FileBytes::Of(std::move(all));
    all.append(part.data(), static_cast<size_t>(n));
  }
}

}  // namespace

FileBytes FileBytes::Of(std::string bytes) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return {*owner, owner};
}

Result<FileBytes> ReadBytes(const std::string& path) {
  if (path == kStandardInput) return ReadStandardInput();
  HASTEN_ASSIGN(auto file, MappedFile::Open(path));
  return FileBytes{file->bytes(), file};
}

FileForm FormOfName(std::string_view path) {
  std::string extension = std::filesystem::path(path).extension();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<uint8_t>(c)));
  for (const NamedForm& f : kExtensions)
    if (f.extension == extension) return f.form;
  return FileForm::kUnknown;
}

FileForm FormOfBytes(std::string_view bytes) {
  if (bytes.starts_with("\x93NUMPY")) return FileForm::kNpy;
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return FileForm::kNpz;
  if (IsSound(bytes)) return FileForm::kSound;
  if (IsPicture(bytes)) return FileForm::kPicture;
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  const size_t second = first == std::string_view::npos ? first : bytes.find_first_not_of(" \t\r\n", first + 1);
  if (second == std::string_view::npos) return FileForm::kUnknown;
  // A protocol buffer may begin with '\n', too, so what follows the bracket counts.
  const std::string_view after = bytes[first] == '[' ? "[]{\"-0123456789tfnNI" : bytes[first] == '{' ? "\"}" : "";
  return after.find(bytes[second]) != std::string_view::npos ? FileForm::kJson : FileForm::kUnknown;
}

std::string_view Name(FileForm form) {
  constexpr std::string_view kNames[] = {"unknown", ".npy", ".npz",    ".pb",      ".raw",
                                         "JSON",    "text", "a sound", "a picture"};
  return kNames[static_cast<size_t>(form)];
}

}  // namespace hasten::cli
