#include "base/text.h"

#include <charconv>
#include <cmath>

namespace hasten {
namespace {

template <class T>
void AppendNumber(std::string* out, T v) {
  char buffer[40];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, v);
  out->append(buffer, end);
}

template <class T>
void AppendFloat(std::string* out, T v) {
  if (std::isnan(v)) return AppendText(out, "nan");
  if (std::isinf(v)) return AppendText(out, v < 0 ? "-inf" : "inf");
  AppendNumber(out, v);
}

}  // namespace

void AppendText(std::string* out, std::string_view s) { out->append(s); }
void AppendText(std::string* out, int64_t v) { AppendNumber(out, v); }
void AppendText(std::string* out, uint64_t v) { AppendNumber(out, v); }
void AppendText(std::string* out, double v) { AppendFloat(out, v); }
void AppendText(std::string* out, float v) { AppendFloat(out, v); }

std::string Quote(std::string_view s) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (unsigned char c : s) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      default:
        if (c < 0x20 || c == 0x7f) {
          out += "\\x";
          out += kHex[c >> 4];
          out += kHex[c & 15];
        } else {
          out += static_cast<char>(c);
        }
    }
  }
  return out + '"';
}

}  // namespace hasten
