#include "cli/vision/font.h"

#include <string_view>

namespace hasten::cli {
namespace {

// Seven rows a character, each a digit of base 32 whose highest bit is the leftmost dot; from ' ' to '~'.
constexpr std::string_view kGlyphs[] = {
    "0000000", "4444404", "AAA0000", "AAVAVAA", "4FKE5U4", "OP248J3", "CIK8LID", "4480000", "2488842", "8422248",
    "04LEL40", "044V440", "0000448", "000V000", "00000CC", "01248G0",                                              // /
    "EHJLPHE", "4C4444E", "EH1248V", "V2421HE", "26AIV22", "VGU11HE", "68GUHHE", "V124888", "EHHEHHE", "EHHF12C",  // 9
    "0CC0CC0", "0CC0C48", "248G842", "00V0V00", "8421248", "EH12404", "EHNLNGF",                                   // @
    "EHHVHHH", "UHHUHHU", "EHGGGHE", "SIHHHIS", "VGGUGGV", "VGGUGGG", "EHGNHHF", "HHHVHHH", "E44444E", "72222IC",
    "HIKOKIH", "GGGGGGV", "HRLLHHH", "HHPLJHH", "EHHHHHE", "UHHUGGG", "EHHHLID", "UHHUKIH", "FGGE11U", "V444444",
    "HHHHHHE", "HHHHHA4", "HHHLLLA", "HHA4AHH", "HHHA444", "V1248GV",  // Z
    "E88888E", "0G84210", "E22222E", "4AH0000", "000000V", "8420000",  // `
    "00E1FHF", "GGMPHHU", "00EGGHE", "11DJHHF", "00EHVGE", "698S888", "0FHHF1E", "GGMPHHH", "40C444E", "20622IC",
    "GGIKOKI", "C44444E", "00QLLHH", "00MPHHH", "00EHHHE", "00UHUGG", "00DJF11", "00MPGGG", "00EGE1U", "88S8896",
    "00HHHJD", "00HHHA4", "00HHLLA", "00HA4AH", "00HHF1E", "00V248V",  // z
    "2448442", "4444444", "8442448", "008L200",
};
constexpr char kFirst = ' ', kLast = '~';
constexpr std::string_view kUnknown = "VHHHHHV";
static_assert(std::size(kGlyphs) == kLast - kFirst + 1);

constexpr int Digit(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

}  // namespace

bool GlyphDot(char c, int row, int column) {
  const std::string_view glyph = c >= kFirst && c <= kLast ? kGlyphs[c - kFirst] : kUnknown;
  return (Digit(glyph[static_cast<size_t>(row)]) >> (kGlyphWidth - 1 - column) & 1) != 0;
}

}  // namespace hasten::cli
