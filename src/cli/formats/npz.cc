#include "cli/formats/npz.h"

#include <array>

#include "base/nearest.h"
#include "cli/formats/npy.h"
#include "cli/formats/zip_calls.h"

namespace hasten::cli {
namespace {

constexpr std::string_view kSuffix = ".npy";

// zip_error_t as text; libzip keeps the text in it.
struct ZipError {
  const ZipCalls& lib;
  zip_error_t error;
  explicit ZipError(const ZipCalls& calls) : lib(calls) { lib.zip_error_init(&error); }
  ~ZipError() { lib.zip_error_fini(&error); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  Status Because(std::string_view what) {
    return Status(Code::kDataLoss, Str(what, ": ", lib.zip_error_strerror(&error)));
  }
};

// Deflate cannot do better, so that a member which claims to is none.
constexpr uint64_t kMostDeflated = 1032;

class ZipMember {
 public:
  ZipMember(const ZipCalls& calls, zip_t* zip, uint64_t index)
      : lib_(calls), file_(lib_.zip_fopen_index(zip, index, 0)) {}
  ~ZipMember() {
    if (file_) lib_.zip_fclose(file_);
  }
  ZipMember(const ZipMember&) = delete;
  ZipMember& operator=(const ZipMember&) = delete;
  bool open() const { return file_ != nullptr; }

  // At most `limit` bytes; memory grows with what is there, not with what the directory promises.
  Result<std::string> ReadAll(int64_t limit) {
    std::string all;
    std::array<char, 1 << 16> part;
    for (;;) {
      const zip_int64_t n = lib_.zip_fread(file_, part.data(), part.size());
      if (n < 0) return Status(Code::kDataLoss, lib_.zip_error_strerror(lib_.zip_file_get_error(file_)));
      if (n == 0) return all;
      if (n > limit - static_cast<int64_t>(all.size()))
        return Status(Code::kOutOfMemory, Str("more than ", limit, " bytes come out of the archive (--max-memory)"));
      all.append(part.data(), static_cast<size_t>(n));
    }
  }

 private:
  const ZipCalls& lib_;
  zip_file_t* file_;
};

}  // namespace

struct NpzArchive::Zip {
  Zip(const ZipCalls& calls, FileBytes bytes) : lib(calls), file(std::move(bytes)) {}
  ~Zip() {
    if (zip) lib.zip_discard(zip);
  }
  Zip(const Zip&) = delete;
  Zip& operator=(const Zip&) = delete;
  const ZipCalls& lib;
  FileBytes file;
  zip_t* zip = nullptr;
};

Result<NpzArchive> NpzArchive::Open(const FileBytes& file, const ReadLimits& limits) {
  HASTEN_ASSIGN(const ZipCalls* const lib, LazyCalls<ZipCalls>());
  NpzArchive archive(std::make_shared<Zip>(*lib, file));
  ZipError error(*lib);
  zip_source_t* source = lib->zip_source_buffer_create(file.bytes.data(), file.bytes.size(), 0, &error.error);
  if (!source) return error.Because("zip archive");
  archive.zip_->zip = lib->zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error.error);
  if (!archive.zip_->zip) {
    lib->zip_source_free(source);
    return error.Because("is no .npz file");
  }
  const zip_int64_t count = lib->zip_get_num_entries(archive.zip_->zip, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = lib->zip_get_name(archive.zip_->zip, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_GUESS);
    std::string member = name ? name : "";
    if (member.ends_with(kSuffix)) member.resize(member.size() - kSuffix.size());
    archive.names_.push_back(std::move(member));
  }
  archive.left_ = limits.decoded_bytes;
  return archive;
}

bool NpzArchive::Has(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

Result<Tensor> NpzArchive::Read(std::string_view name, DType wanted) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    const std::string nearest = Nearest(name, names_);
    return Status(Code::kNotFound, Str("the archive has no member ", Quote(name),
                                       nearest.empty() ? "" : Str("; did you mean ", Quote(nearest), "?"),
                                       " (members: ", Join(names_, ", "), ")"));
  }
  const auto index = static_cast<zip_uint64_t>(found - names_.begin());
  const std::string where = Str("member ", Quote(name));
  const ZipCalls& lib = zip_->lib;
  zip_stat_t info;
  if (lib.zip_stat_index(zip_->zip, index, 0, &info) != 0 || (info.valid & ZIP_STAT_SIZE) == 0)
    return Status(Code::kDataLoss, Str(where, ": ", lib.zip_strerror(zip_->zip)));
  if ((info.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && info.encryption_method != ZIP_EM_NONE)
    return Status(Code::kUnsupported, Str(where, ": is encrypted"));
  if (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE)
    return Status(Code::kUnsupported, Str(where, ": must be stored or deflated"));
  if (info.size / kMostDeflated > info.comp_size || info.comp_size > zip_->file.bytes.size())
    return Status(Code::kDataLoss, Str(where, ": ", info.comp_size, " bytes cannot become ", info.size));
  ZipMember member(lib, zip_->zip, index);
  if (!member.open()) return Status(Code::kDataLoss, Str(where, ": ", lib.zip_strerror(zip_->zip)));
  HASTEN_ASSIGN(std::string bytes, member.ReadAll(left_).At(where));
  left_ -= static_cast<int64_t>(bytes.size());
  return ReadNpy(FileBytes::Of(std::move(bytes)), wanted).At(where);
}

namespace {

// What zip_close wrote.
Result<std::string> Contents(const ZipCalls& lib, zip_source_t* source) {
  std::string all;
  std::array<char, 1 << 16> part;
  if (lib.zip_source_open(source) != 0) return Status(Code::kInternal, "the archive cannot be read back");
  zip_int64_t n = 0;
  while ((n = lib.zip_source_read(source, part.data(), part.size())) > 0)
    all.append(part.data(), static_cast<size_t>(n));
  lib.zip_source_close(source);
  if (n < 0) return Status(Code::kInternal, "the archive cannot be read back");
  return all;
}

Status AddMember(const ZipCalls& lib, zip_t* zip, const std::string& name, std::string_view bytes) {
  constexpr zip_uint16_t kFirstDay = 1 << 5 | 1;  // 1980-01-01, as old as a zip file can be
  zip_source_t* source = lib.zip_source_buffer(zip, bytes.data(), bytes.size(), 0);
  const zip_int64_t index =
      source ? lib.zip_file_add(zip, Str(name, kSuffix).c_str(), source, ZIP_FL_ENC_UTF_8) : zip_int64_t{-1};
  if (index < 0) {
    if (source) lib.zip_source_free(source);
    return Status(Code::kInvalidArgument, Str("member ", Quote(name), ": ", lib.zip_strerror(zip)));
  }
  const auto at = static_cast<zip_uint64_t>(index);
  lib.zip_set_file_compression(zip, at, ZIP_CM_STORE, 0);
  lib.zip_file_set_dostime(zip, at, 0, kFirstDay, 0);
  return {};
}

}  // namespace

Result<std::string> EncodeNpz(std::span<const NamedTensor> tensors) {
  std::vector<std::string> members;
  for (const NamedTensor& t : tensors) {
    HASTEN_ASSIGN(members.emplace_back(), EncodeNpy(t.tensor));
  }
  HASTEN_ASSIGN(const ZipCalls* const lib, LazyCalls<ZipCalls>());
  ZipError error(*lib);
  zip_source_t* target = lib->zip_source_buffer_create(nullptr, 0, 0, &error.error);
  if (!target) return error.Because("zip archive");
  lib->zip_source_keep(target);
  zip_t* zip = lib->zip_open_from_source(target, ZIP_TRUNCATE, &error.error);
  Status status = zip ? Status() : error.Because("zip archive");
  for (size_t i = 0; i < tensors.size() && status.ok(); ++i) status = AddMember(*lib, zip, tensors[i].name, members[i]);
  if (status.ok() && lib->zip_close(zip) != 0)
    status = Status(Code::kInternal, Str("zip archive: ", lib->zip_strerror(zip)));
  if (!status.ok()) {
    if (zip) lib->zip_discard(zip);
    lib->zip_source_free(target);
    return status;
  }
  Result<std::string> all = Contents(*lib, target);
  lib->zip_source_free(target);
  return all;
}

}  // namespace hasten::cli
