#include "plan/timing_cache.h"

#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdio>

namespace hasten {
namespace {

constexpr std::string_view kHeader = "hasten timing cache 1\n";

struct Line {
  std::string_view key;  // empty: the line does not read as one
  double time = 0;
};

Line ParseLine(std::string_view text) {
  Line line;
  const size_t tab = text.find('\t');
  if (tab == std::string_view::npos) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + tab, line.time);
  if (error != std::errc() || end != text.data() + tab || !std::isfinite(line.time) || line.time < 0) return {};
  line.key = text.substr(tab + 1);
  return line;
}

// The line around `at`, and where the next one begins.
std::pair<std::string_view, size_t> LineAround(std::string_view lines, size_t at) {
  const size_t before = at == 0 ? std::string_view::npos : lines.rfind('\n', at - 1);
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const size_t end = std::min(lines.find('\n', begin), lines.size());
  return {lines.substr(begin, end - begin), std::min(end + 1, lines.size())};
}

}  // namespace

TimingCache TimingCache::Load(const std::string& path) {
  TimingCache cache;
  auto file = MappedFile::Open(path);
  if (!file.ok() || !(*file)->bytes().starts_with(kHeader)) return cache;
  cache.file_ = *std::move(file);
  cache.lines_ = cache.file_->bytes().substr(kHeader.size());
  return cache;
}

std::optional<double> TimingCache::Find(const std::string& key) const {
  if (const auto it = added_.find(key); it != added_.end()) return it->second;
  for (size_t first = 0, end = lines_.size(); first < end;) {
    const auto [text, next] = LineAround(lines_, first + (end - first) / 2);
    const Line line = ParseLine(text);
    if (line.key == key && !line.key.empty()) return line.time;
    if (line.key < key)
      first = next;
    else
      end = static_cast<size_t>(text.data() - lines_.data());
  }
  return std::nullopt;
}

Status TimingCache::Save(const std::string& path) const {
  const TimingCache others = Load(path);
  std::map<std::string_view, double> all;
  for (size_t at = 0; at < others.lines_.size();) {
    const auto [text, next] = LineAround(others.lines_, at);
    if (const Line line = ParseLine(text); !line.key.empty()) all[line.key] = line.time;
    at = next;
  }
  for (const auto& [key, time] : added_)
    if (time > 0 || !all.contains(key)) all[key] = time;
  std::string text(kHeader);
  for (const auto& [key, time] : all) text += Str(time, "\t", key, "\n");
  return WriteFile(path, text);
}

}  // namespace hasten
