#include "cli/report.h"

#include <cerrno>
#include <system_error>

namespace hasten::cli {
namespace {

// The work goes on if nobody reads what is said; any other failure is the caller's to tell.
void Write(std::FILE* to, const std::string& text) {
  const bool all = std::fwrite(text.data(), 1, text.size(), to) == text.size() && std::fflush(to) == 0;
  if (!all && errno != EPIPE) throw std::system_error(errno, std::generic_category(), "standard output");
}

}  // namespace

void Report::Line(std::string_view text) const {
  if (json_) return;
  Write(lines_to_, Str(text, "\n"));
}

void Report::Note(std::string_view text) const {
  if (!quiet_) Write(stderr, Str("hasten: note: ", text, "\n"));
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
  Write(lines_to_, Str(std::string_view(buffer.GetString(), buffer.GetSize()), "\n"));
}

}  // namespace hasten::cli
