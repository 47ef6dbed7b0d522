// Str("got ", 3) == "got 3": message building without iostreams.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace hasten {

void AppendText(std::string* out, std::string_view s);
void AppendText(std::string* out, int64_t v);
void AppendText(std::string* out, uint64_t v);
void AppendText(std::string* out, double v);  // shortest text that reads back as the same double
void AppendText(std::string* out, float v);   // shortest text that reads back as the same float

inline void AppendText(std::string* out, const char* s) { AppendText(out, std::string_view(s)); }
inline void AppendText(std::string* out, const std::string& s) { AppendText(out, std::string_view(s)); }
inline void AppendText(std::string* out, char c) { out->push_back(c); }
inline void AppendText(std::string* out, bool b) { AppendText(out, b ? "true" : "false"); }
template <std::integral T>
void AppendText(std::string* out, T v) {
  if constexpr (std::is_signed_v<T>) AppendText(out, static_cast<int64_t>(v));
  else AppendText(out, static_cast<uint64_t>(v));
}
// Types with a `std::string Text() const` print through it.
template <class T>
  requires requires(const T& t) { { t.Text() } -> std::convertible_to<std::string>; }
void AppendText(std::string* out, const T& t) { AppendText(out, std::string_view(t.Text())); }

template <class... Parts>
std::string Str(const Parts&... parts) {
  std::string out;
  (AppendText(&out, parts), ...);
  return out;
}

// "s" with quotes, and \" \\ \n \t \xNN escapes: the text form of names and string values.
std::string Quote(std::string_view s);

// Joins the Text() of each element.
template <class Range>
std::string Join(const Range& range, std::string_view separator) {
  std::string out;
  bool first = true;
  for (const auto& part : range) {
    if (!first) out += separator;
    first = false;
    AppendText(&out, part);
  }
  return out;
}

}  // namespace hasten
