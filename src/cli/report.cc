#include "cli/report.h"

#include <fmt/format.h>

namespace hasten::cli {

void Report::Line(std::string_view text) const {
  if (json_) return;
  fmt::print(lines_to_, "{}\n", text);
  std::fflush(lines_to_);
}

void Report::Note(std::string_view text) const {
  if (!quiet_) fmt::print(stderr, "hasten: note: {}\n", text);
}

void Report::Notes(std::span<const std::string> notes) const {
  constexpr size_t kShown = 10;
  for (size_t i = 0; i < std::min(notes.size(), kShown); ++i) Note(notes[i]);
  if (notes.size() > kShown) Note(Str("and ", notes.size() - kShown, " notes more; 'hasten inspect' lists all"));
}

void Report::Print() const {
  if (!json_) return;
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.SetIndent(' ', 2);
  json.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  json.StartObject();
  for (const auto& fact : facts_) fact(&json);
  json.EndObject();
  fmt::print(lines_to_, "{}\n", std::string_view(buffer.GetString(), buffer.GetSize()));
}

}  // namespace hasten::cli
