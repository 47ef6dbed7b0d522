// The outer form of a plan file: a header, a table of sections, and the sections one after another
// (docs/formats/plan.md).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace hasten {

constexpr size_t kSectionAlign = 64;  // of every section and everything in `weights` and `packed`

// What a file begins with.
bool HasPlanMagic(std::string_view bytes);

// A section to be written: pieces one after the other, zeros up to kSectionAlign behind each.
struct SectionPieces {
  std::string_view name;  // up to 15 characters
  uint32_t version = 1;
  std::vector<std::string_view> pieces;
};
// The pieces of a whole file, in order; `head` holds header and table and outlives them.
std::vector<std::string_view> LayOutSections(const std::vector<SectionPieces>& sections, std::string* head);

struct Section {
  std::string name;
  uint32_t version = 0;
  std::string_view bytes;  // padding included
  uint64_t checksum = 0;   // as the table says
};
// Header and table are checked: every byte of the file belongs to one of them or to one section.  Contents are not.
Result<std::vector<Section>> ReadSections(std::string_view file);
// kDataLoss: the contents are not those that were written.
Status VerifySection(const Section& section);
// Makes the checksums of a file true again after it was changed in place: for tests.  False: its table has no sections
// to seal.
bool SealSections(std::string* file);

}  // namespace hasten
