#include "plan/sections.h"

#include <xxhash.h>

#include <array>
#include <bit>
#include <cstring>

namespace hasten {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's numbers are little-endian");

constexpr std::string_view kMagic("\x93hplan\r\n", 8);
constexpr uint32_t kFormat = 1, kMostSections = 64;
constexpr std::array<char, kSectionAlign> kZeros = {};

struct Header {
  char magic[8];
  uint32_t format, sections;
  uint64_t file_bytes;
  uint64_t reserved[4];
  uint64_t checksum;  // of the header up to here and the table
};
static_assert(sizeof(Header) == kSectionAlign);

struct Entry {
  char name[16];
  uint32_t version, reserved;
  uint64_t offset, bytes, checksum;
  uint64_t more[2];
};
static_assert(sizeof(Entry) == kSectionAlign);

size_t Padding(size_t bytes) { return (kSectionAlign - bytes % kSectionAlign) % kSectionAlign; }

uint64_t HeadChecksum(const char* head, size_t sections) {
  const XXH64_hash_t table = XXH3_64bits(head + sizeof(Header), sections * sizeof(Entry));
  return XXH3_64bits_withSeed(head, offsetof(Header, checksum), table);
}

uint64_t Checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t ChecksumOf(std::span<const std::string_view> pieces) {
  XXH3_state_t* state = XXH3_createState();
  XXH3_64bits_reset(state);
  for (std::string_view piece : pieces) XXH3_64bits_update(state, piece.data(), piece.size());
  const uint64_t sum = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return sum;
}

Status Damaged(const std::string& what) { return Status(Code::kDataLoss, what); }

template <class T>
T At(std::string_view file, size_t offset) {
  T out;
  std::memcpy(&out, file.data() + offset, sizeof out);
  return out;
}

bool AllZero(std::span<const uint64_t> words) {
  return std::all_of(words.begin(), words.end(), [](uint64_t w) { return w == 0; });
}

Result<Section> ReadEntry(std::string_view file, uint32_t index, uint64_t begin) {
  const auto e = At<Entry>(file, sizeof(Header) + index * sizeof(Entry));
  Section s;
  s.name = std::string(e.name, strnlen(e.name, sizeof e.name));
  const std::string where = Str("section ", Quote(s.name));
  if (s.name.size() == sizeof e.name || e.reserved != 0 || !AllZero(e.more))
    return Damaged(Str("table: entry ", index, " is malformed"));
  if (e.offset != begin)
    return Damaged(Str(where, ": must begin at ", begin, ", where the one before ends, not at ", e.offset));
  if (e.bytes > file.size() - begin || e.bytes % kSectionAlign != 0)
    return Damaged(Str(where, ": must have at most ", file.size() - begin, " bytes, a multiple of ", kSectionAlign,
                       ", not ", e.bytes));
  s.version = e.version;
  s.bytes = file.substr(begin, e.bytes);
  s.checksum = e.checksum;
  return s;
}

}  // namespace

bool HasPlanMagic(std::string_view bytes) { return bytes.starts_with(kMagic); }

std::vector<std::string_view> LayOutSections(const std::vector<SectionPieces>& sections, std::string* head) {
  std::vector<std::string_view> out;
  std::vector<Entry> table;
  uint64_t at = sizeof(Header) + sections.size() * sizeof(Entry);
  for (const SectionPieces& s : sections) {
    const size_t first = out.size();
    uint64_t bytes = 0;
    for (std::string_view piece : s.pieces) {
      out.push_back(piece);
      const size_t padding = Padding(piece.size());
      if (padding > 0) out.emplace_back(kZeros.data(), padding);
      bytes += piece.size() + padding;
    }
    Entry e = {.version = s.version, .offset = at, .bytes = bytes};
    std::memcpy(e.name, s.name.data(), std::min(s.name.size(), sizeof e.name - 1));
    e.checksum = ChecksumOf(std::span(out).subspan(first));
    table.push_back(e);
    at += bytes;
  }
  Header header = {.format = kFormat, .sections = static_cast<uint32_t>(sections.size()), .file_bytes = at};
  std::memcpy(header.magic, kMagic.data(), kMagic.size());
  head->assign(reinterpret_cast<const char*>(&header), sizeof header);
  head->append(reinterpret_cast<const char*>(table.data()), table.size() * sizeof(Entry));
  const uint64_t checksum = HeadChecksum(head->data(), table.size());
  std::memcpy(head->data() + offsetof(Header, checksum), &checksum, sizeof checksum);
  out.insert(out.begin(), *head);
  return out;
}

Result<std::vector<Section>> ReadSections(std::string_view file) {
  if (!HasPlanMagic(file)) return Status(Code::kInvalidModel, "is not a plan file");
  if (file.size() < sizeof(Header)) return Damaged(Str("header: the file ends after ", file.size(), " bytes"));
  const auto header = At<Header>(file, 0);
  if (header.format != kFormat)
    return Status(Code::kUnsupported, Str("header: must be of format ", kFormat, ", is of format ", header.format));
  if (header.file_bytes != file.size())
    return Damaged(Str("header: the file must have ", header.file_bytes, " bytes, has ", file.size()));
  if (header.sections > kMostSections || file.size() < sizeof(Header) + header.sections * sizeof(Entry))
    return Damaged(Str("header: there cannot be ", header.sections, " sections"));
  if (header.checksum != HeadChecksum(file.data(), header.sections))
    return Damaged("header: checksum of header and table is wrong: the file is damaged");
  if (!AllZero(header.reserved)) return Damaged("header: reserved bytes must be 0");
  std::vector<Section> out;
  uint64_t at = sizeof(Header) + header.sections * sizeof(Entry);
  for (uint32_t i = 0; i < header.sections; ++i) {
    HASTEN_ASSIGN(Section s, ReadEntry(file, i, at));
    for (const Section& other : out)
      if (other.name == s.name) return Damaged(Str("section ", Quote(s.name), ": is there twice"));
    at += s.bytes.size();
    out.push_back(std::move(s));
  }
  if (at != file.size()) return Damaged(Str("header: ", file.size() - at, " bytes are of no section"));
  return out;
}

Status VerifySection(const Section& section) {
  if (Checksum(section.bytes) == section.checksum) return {};
  return Damaged(Str("section ", Quote(section.name), ": checksum is wrong: the file is damaged"));
}

bool SealSections(std::string* file) {
  if (file->size() < sizeof(Header)) return false;
  const auto sections = At<Header>(*file, 0).sections;
  if (sections > kMostSections || file->size() < sizeof(Header) + sections * sizeof(Entry)) return false;
  for (uint32_t i = 0; i < sections; ++i) {
    const size_t at = sizeof(Header) + i * sizeof(Entry);
    auto e = At<Entry>(*file, at);
    if (e.offset > file->size() || e.bytes > file->size() - e.offset) return false;
    e.checksum = Checksum(std::string_view(*file).substr(e.offset, e.bytes));
    std::memcpy(file->data() + at, &e, sizeof e);
  }
  const uint64_t checksum = HeadChecksum(file->data(), sections);
  std::memcpy(file->data() + offsetof(Header, checksum), &checksum, sizeof checksum);
  return true;
}

}  // namespace hasten
